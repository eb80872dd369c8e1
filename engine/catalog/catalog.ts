/** The catalog as the rest of the engine sees it: one object per group of tables, and transactions. */
import type { Database } from 'better-sqlite3';
import { auditReader, auditWriter, type AuditReader, type AuditWriter } from './audit.ts';
import { catalogError, openReadableCatalog, openWritableCatalog, type ReadableDatabase } from './database.ts';
import {
  deadLetterReader,
  deadLetterWriter,
  type DeadLetterReader,
  type DeadLetterWriter,
} from './dead-letters.ts';
import { embeddingReader, type EmbeddingReader } from './embeddings.ts';
import { entityReader, type EntityReader } from './entities.ts';
import { entityWriter, type EntityWriter } from './entity-writer.ts';
import {
  generationReader,
  generationWriter,
  type GenerationReader,
  type GenerationWriter,
} from './generations.ts';
import { jobReader, jobWriter, type JobReader, type JobWriter } from './jobs.ts';
import { opLogReader, opLogWriter, type OpLogReader, type OpLogWriter } from './op-log.ts';
import { pruningReader, pruningWriter, type PruningReader, type PruningWriter } from './pruning.ts';
import { reportReader, reportWriter, type ReportReader, type ReportWriter } from './reports.ts';
import { spaceReader, spaceWriter, type SpaceReader, type SpaceWriter } from './space.ts';
import { undoReader, type UndoReader } from './undo.ts';

export interface ReadableCatalog {
  readonly path: string;
  readonly generations: GenerationReader;
  readonly entities: EntityReader;
  readonly embeddings: EmbeddingReader;
  readonly opLog: OpLogReader;
  readonly jobs: JobReader;
  readonly reports: ReportReader;
  readonly deadLetters: DeadLetterReader;
  readonly audit: AuditReader;
  readonly undo: UndoReader;
  readonly pruning: PruningReader;
  readonly space: SpaceReader;
  /** SQLite's own checks; empty when all is well. */
  integrityProblems(): string[];
  /** May be repeated. */
  close(): void;
}

export interface WritableCatalog extends ReadableCatalog {
  readonly generations: GenerationWriter;
  readonly writer: EntityWriter;
  readonly opLog: OpLogWriter;
  readonly jobs: JobWriter;
  readonly reports: ReportWriter;
  readonly deadLetters: DeadLetterWriter;
  readonly audit: AuditWriter;
  readonly pruning: PruningWriter;
  readonly space: SpaceWriter;
  /**
   * Runs `work` in one transaction; its index operations get a commit record. All or nothing.
   * @throws PlumblineError `DISK_FULL`, resumable, when the disk is full; `CATALOG_DAMAGED`, `CATALOG_UNREADABLE`.
   */
  transaction<T>(work: () => T): T;
}

export function openCatalogForReading(path: string): ReadableCatalog {
  const db = openReadableCatalog(path);
  return {
    path,
    generations: generationReader(db),
    entities: entityReader(db),
    embeddings: embeddingReader(db),
    opLog: opLogReader(db),
    jobs: jobReader(db),
    reports: reportReader(db),
    deadLetters: deadLetterReader(db),
    audit: auditReader(db),
    undo: undoReader(db),
    pruning: pruningReader(db),
    space: spaceReader(db),
    integrityProblems: () => integrityProblems(db),
    close: () => void db.close(),
  };
}

/** Only for the holder of the workspace's write lock. */
export function openCatalogForWriting(path: string): WritableCatalog {
  const db = openWritableCatalog(path);
  const writer = entityWriter(db);
  return {
    path,
    generations: generationWriter(db),
    entities: entityReader(db),
    embeddings: embeddingReader(db),
    writer,
    opLog: opLogWriter(db),
    jobs: jobWriter(db),
    reports: reportWriter(db),
    deadLetters: deadLetterWriter(db),
    audit: auditWriter(db, path),
    undo: undoReader(db),
    pruning: pruningWriter(db),
    space: spaceWriter(db),
    integrityProblems: () => integrityProblems(db),
    transaction<T>(work: () => T): T {
      try {
        return db
          .transaction(() => {
            const result = work();
            writer.sealOperations();
            return result;
          })
          .immediate();
      } catch (error) {
        writer.abandonOperations();
        throw catalogError(error, path);
      }
    },
    close: () => void db.close(),
  };
}

function integrityProblems(db: ReadableDatabase): string[] {
  const integrity = (db.pragma('integrity_check') as { integrity_check: string }[])
    .map((row) => row.integrity_check)
    .filter((line) => line !== 'ok');
  const foreignKeys = (db.pragma('foreign_key_check') as { table: string; rowid: number }[]).map(
    (row) => `${row.table} row ${row.rowid} refers to a row that is not there`,
  );
  return [...integrity, ...foreignKeys, ...fullTextProblems(db)];
}

function fullTextProblems(db: Database): string[] {
  if (db.readonly) return [];
  try {
    db.exec(`INSERT INTO document_fts (document_fts, rank) VALUES ('integrity-check', 1)`);
    return [];
  } catch (error) {
    return [`full text: ${(error as Error).message}`];
  }
}
