/** What the catalog's file takes, and giving back what it no longer needs. */
import type { ReadableDatabase, WritableDatabase } from './database.ts';

export interface CatalogSize {
  readonly bytes: number;
  /** Of pages that hold nothing; new rows use them, or compaction gives them back. */
  readonly freeBytes: number;
  /** Free pages can be given back a few at a time; else only by writing the whole file anew. */
  readonly isIncremental: boolean;
}

/** Value of `PRAGMA auto_vacuum` for INCREMENTAL. */
const INCREMENTAL = 2;
/** Free pages given back per step. */
const STEP_PAGES = 256;
/** Pages of the full-text index merged per step, about. */
const MERGE_PAGES = 64;
/** How long the end of compaction waits for readers before it leaves the write-ahead log to the next checkpoint. */
const CHECKPOINT_MS = 200;

export function spaceReader(db: ReadableDatabase) {
  const number = (name: string): number => db.pragma(name, { simple: true }) as number;
  return {
    size(): CatalogSize {
      const page = number('page_size');
      return {
        bytes: number('page_count') * page,
        freeBytes: number('freelist_count') * page,
        isIncremental: number('auto_vacuum') === INCREMENTAL,
      };
    },
  };
}
export type SpaceReader = ReturnType<typeof spaceReader>;

export function spaceWriter(db: WritableDatabase) {
  const segments = db.prepare<[], number>('SELECT count(DISTINCT segid) FROM document_fts_idx').pluck();
  const merge = db.prepare<[number]>(`INSERT INTO document_fts (document_fts, rank) VALUES ('merge', ?)`);
  const changes = db.prepare<[], number>('SELECT total_changes()').pluck();
  const changed = (): number => changes.get() ?? 0;
  return {
    ...spaceReader(db),
    /** Whether the full-text index lies in several parts: merging them drops what was deleted. */
    isTextScattered: (): boolean => (segments.get() ?? 0) > 1,
    /**
     * Merges a little of the full-text index, inside a transaction; false when it is in one part. The first call names all
     * parts that are there to be merged (https://sqlite.org/fts5.html, "The merge command").
     */
    mergeText(isFirst: boolean): boolean {
      const before = changed();
      merge.run(isFirst ? -MERGE_PAGES : MERGE_PAGES);
      return changed() - before >= 2;
    },
    /** Gives some free pages back to the file system; false when there are none left. Takes effect at a checkpoint. */
    shrink(): boolean {
      const free = (): number => db.pragma('freelist_count', { simple: true }) as number;
      const before = free();
      if (before === 0) return false;
      db.pragma(`incremental_vacuum(${STEP_PAGES})`);
      return free() < before;
    },
    /**
     * Writes the whole file anew without its free pages, and so that from now on `shrink` can do it: for catalogs that an
     * older version made. Takes its time in one go, and twice the file's size on disk meanwhile; all or nothing.
     */
    rewrite(): void {
      db.pragma('auto_vacuum = INCREMENTAL');
      db.exec('VACUUM');
    },
    /** Moves the write-ahead log into the file and empties it, unless readers need it. */
    checkpoint(): void {
      const timeout = db.pragma('busy_timeout', { simple: true }) as number;
      db.pragma(`busy_timeout = ${CHECKPOINT_MS}`);
      try {
        db.pragma('wal_checkpoint(TRUNCATE)');
      } finally {
        db.pragma(`busy_timeout = ${timeout}`);
      }
    },
  };
}
export type SpaceWriter = ReturnType<typeof spaceWriter>;
