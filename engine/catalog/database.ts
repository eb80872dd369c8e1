/**
 * Opens the catalog. Write access is a type: only {@link openWritableCatalog} gives a `WritableDatabase`, and only the
 * holder of the workspace's lock calls it. Modules of this folder take one or the other.
 */
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { syncFile, syncFolder } from '../durable-file.ts';
import { EXIT, PlumblineError } from '../errors.ts';
import { diskFailed, diskFull, fileError, fileTooLarge, isAtSizeLimit, fileProblem } from '../file-errors.ts';
import { migrations } from './migrations.ts';
import { needsCopy, openCopy } from './private-copy.ts';

declare const access: unique symbol;

/** A connection that statements may read through. */
export type ReadableDatabase = Database.Database & { readonly [access]?: 'read' | 'write' };
/** The one connection that writes. */
export type WritableDatabase = Database.Database & { readonly [access]: 'write' };

const LATEST = migrations.at(-1)?.number ?? 0;

/** Pages of SQLite's cache per connection, as negative KiB. */
const CACHE_KIB = 8 * 1024;

/**
 * Opens the catalog for writing, makes it where there is none, and brings an older one up to date (after a copy of it,
 * `catalog.v<N>.<time>.backup.db`). `synchronous=FULL`, because a snapshot of the index must never outlive a commit it contains.
 * @throws PlumblineError `CATALOG_NEWER`, `CATALOG_DAMAGED`, `CATALOG_UNREADABLE`.
 */
export function openWritableCatalog(path: string): WritableDatabase {
  if (!existsSync(path)) create(path);
  checkNotEmpty(path);
  const db = connect(path, { timeout: 5000 });
  try {
    // Before anything is written: even the switch to WAL changes a file that a newer Plumbline knows better.
    const version = schemaVersion(db);
    checkNotNewer(version, path);
    checkIsCatalog(version, path);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    configure(db);
    migrate(db, path);
    return db as WritableDatabase;
  } catch (error) {
    db.close();
    throw catalogError(error, path);
  }
}

/**
 * Opens the catalog for reading beside a writer.
 * @throws PlumblineError `CATALOG_OLDER` where a writer has to migrate it first, and those of the writable one.
 */
export function openReadableCatalog(path: string): ReadableDatabase {
  checkNotEmpty(path);
  const db = connectForReading(path);
  try {
    configure(db);
    const version = schemaVersion(db);
    checkNotNewer(version, path);
    checkIsCatalog(version, path);
    if (version < LATEST) {
      throw new PlumblineError('CATALOG_OLDER', `${path} was written by an older Plumbline`, {
        hint: 'Run `plumbline validate` (or any writing verb) once: it upgrades the catalog and keeps a backup.',
      });
    }
    return db;
  } catch (error) {
    db.close();
    throw catalogError(error, path);
  }
}

function connect(path: string, options: Database.Options): Database.Database {
  try {
    return new Database(path, options);
  } catch (error) {
    throw catalogError(error, path);
  }
}

function connectForReading(path: string): Database.Database {
  const db = connect(path, { readonly: true, fileMustExist: true, timeout: 5000 });
  try {
    // Opening reads nothing; this does.
    schemaVersion(db);
    return db;
  } catch (error) {
    db.close();
    if (!needsCopy(path)) throw catalogError(error, path);
    try {
      return openCopy(path);
    } catch (failure) {
      throw catalogError(failure, path);
    }
  }
}

/**
 * Makes a catalog, which gets its name when it is whole and on the disk: what is called a catalog and holds nothing has lost
 * what it held. Without a write-ahead log, so that everything is in the one file.
 */
function create(path: string): void {
  const partial = `${path}.new`;
  discardNew(partial);
  const db = connect(partial, {});
  try {
    makeShrinkable(db);
    db.pragma('synchronous = FULL');
    configure(db);
    migrate(db, path);
  } catch (error) {
    db.close();
    discardNew(partial);
    throw catalogError(error, path);
  }
  db.close();
  try {
    // SQLite would take the log of a catalog that is gone for this one's.
    for (const end of ['-wal', '-shm', '-journal']) rmSync(`${path}${end}`, { force: true });
    syncFolder(dirname(path));
    renameSync(partial, path);
    syncFolder(dirname(path));
  } catch (error) {
    throw fileError(error, path);
  }
}

/** What a crash, or a full disk, has left of a catalog that was being made. */
function discardNew(partial: string): void {
  for (const end of ['', '-journal']) discard(`${partial}${end}`);
}

/** By its size, before SQLite opens it: it would remove the write-ahead log of a file without a page. */
function checkNotEmpty(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.size === 0) throw holdsNothing(path);
}

function checkIsCatalog(version: number, path: string): void {
  if (version === 0) throw holdsNothing(path);
}

function holdsNothing(path: string): PlumblineError {
  return new PlumblineError('CATALOG_DAMAGED', `${path} is damaged (it holds no catalog)`, {
    hint: DAMAGED_HINT,
  });
}

/** So that compaction can give free pages back a few at a time. Only a file without a page takes it, and WAL makes one. */
function makeShrinkable(db: Database.Database): void {
  db.pragma('auto_vacuum = INCREMENTAL');
}

function configure(db: Database.Database): void {
  db.pragma('foreign_keys = ON');
  // A page whose cells make no sense is an error when it is read, not when a wrong answer comes of it.
  db.pragma('cell_size_check = ON');
  db.pragma(`cache_size = -${CACHE_KIB}`);
  // Sorting and temporary tables stay off the heap: memory must not grow with the data.
  db.pragma('temp_store = FILE');
}

function schemaVersion(db: Database.Database): number {
  return db.pragma('user_version', { simple: true }) as number;
}

function checkNotNewer(version: number, path: string): void {
  if (version <= LATEST) return;
  throw new PlumblineError(
    'CATALOG_NEWER',
    `${path} was written by a newer Plumbline (catalog version ${version}, this one knows ${LATEST})`,
    { hint: 'Update Plumbline; nothing was changed.' },
  );
}

function migrate(db: Database.Database, path: string): void {
  const from = schemaVersion(db);
  checkNotNewer(from, path);
  if (from === LATEST) return;
  if (from > 0) backUp(db, path, from);
  for (const migration of migrations.filter((step) => step.number > from)) {
    db.transaction(() => {
      db.exec(migration.sql);
      db.pragma(`user_version = ${migration.number}`);
    })();
  }
}

/**
 * A copy through SQLite, not through `fs`: closing a descriptor of an open database drops its locks. It gets its name when
 * it is whole and on the disk, so that what is called a backup is one.
 * @throws PlumblineError `DISK_FULL`, `CATALOG_BACKUP_FAILED`, those of a damaged catalog; nothing is migrated then.
 */
function backUp(db: Database.Database, path: string, version: number): void {
  const base = `${path.replace(/\.db$/, '')}.v${version}`;
  const partial = `${base}.backup.tmp`;
  try {
    rmSync(partial, { force: true });
    db.prepare('VACUUM INTO ?').run(partial);
    syncFile(partial);
    renameSync(partial, `${base}.${Date.now()}.backup.db`);
    syncFolder(dirname(path));
  } catch (error) {
    discard(partial);
    throw backupError(error, path);
  }
}

/** What cannot be removed now is removed before the next attempt. */
function discard(partial: string): void {
  try {
    rmSync(partial, { force: true });
  } catch {
    // The error that led here is the one to hear of.
  }
}

function backupError(error: unknown, path: string): unknown {
  const known = catalogError(error, path);
  if (known instanceof PlumblineError && known.code === 'CATALOG_DAMAGED') return known;
  const isFull =
    known instanceof PlumblineError
      ? known.code === 'DISK_FULL'
      : (error as NodeJS.ErrnoException).code === 'ENOSPC';
  return new PlumblineError(
    isFull ? 'DISK_FULL' : 'CATALOG_BACKUP_FAILED',
    `${path} was written by an older Plumbline and has to be upgraded, but a backup of it could not be made first: ${fileProblem(error)}`,
    {
      hint: `Nothing was changed. Make room for a copy of it in ${dirname(path)} and let this user write there, then run the same command again.`,
      retryable: isFull,
      exitCode: isFull ? EXIT.interrupted : EXIT.usage,
      cause: error,
    },
  );
}

export const DAMAGED_HINT =
  'Restore a backup of the workspace, or move its .plumbline folder away and index again.';

/** SQLite's errors about the catalog, in words that say what to do; others as they are. */
export function catalogError(error: unknown, path: string): unknown {
  if (error instanceof PlumblineError) return error;
  const code = String((error as { code?: unknown } | null)?.code ?? '');
  if (code === 'SQLITE_FULL') return diskFull(path, error);
  // Our statements fit our schema: where SQLite finds an error in one, a byte of the schema has changed.
  if (code === 'SQLITE_NOTADB' || code === 'SQLITE_ERROR' || code.startsWith('SQLITE_CORRUPT')) {
    return new PlumblineError('CATALOG_DAMAGED', `${path} is damaged (${(error as Error).message})`, {
      hint: DAMAGED_HINT,
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_IOERR')) {
    // SQLite does not say which error the system gave, and a limit on the size of files is one that people can lift.
    if (isAtSizeLimit([path, `${path}-wal`])) return fileTooLarge(path, error);
    return diskFailed(path, error);
  }
  if (code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY')) {
    return new PlumblineError('CATALOG_UNREADABLE', `cannot open ${path} (${code})`, {
      hint: 'Check that this user may read and write the file and its folder.',
      cause: error,
    });
  }
  return error;
}
