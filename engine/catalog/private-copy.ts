/**
 * Reading a catalog in a folder that cannot be written. SQLite in WAL mode wants to make a `-shm` file beside the
 * database, and the driver is built without URI names, so `immutable=1` is out of reach: a private copy is read instead.
 */
import { accessSync, constants, copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { EXIT, PlumblineError } from '../errors.ts';
import { fileProblem } from '../file-errors.ts';

/** True where the catalog is there and only its folder stands in the way. */
export function needsCopy(path: string): boolean {
  return isAllowed(path, constants.R_OK) && !isAllowed(dirname(path), constants.W_OK);
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/**
 * Opens a copy that nobody else sees; it takes the catalog's size in the temporary folder for as long as it is open. Only
 * for a catalog that this process has not open: `fs` would drop SQLite's locks.
 * @throws PlumblineError `CATALOG_UNREADABLE`.
 */
export function openCopy(path: string): Database.Database {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-catalog-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const file = join(folder, 'catalog.db');
    copyUnchanged(path, file);
    // Recovers what a `-wal` holds, and leaves a file that needs no other beside it.
    const writable = new Database(file, { fileMustExist: true });
    writable.pragma('journal_mode = DELETE');
    writable.close();
    const db = new Database(file, { readonly: true, fileMustExist: true });
    // Where an open file can be deleted it goes at once, so that even a killed process leaves nothing.
    if (process.platform === 'win32') process.once('exit', remove);
    else remove();
    return db;
  } catch (error) {
    remove();
    if (error instanceof PlumblineError || isDamage(error)) throw error;
    throw new PlumblineError(
      'CATALOG_UNREADABLE',
      `${path} lies in a folder that cannot be written, and a copy for reading failed: ${fileProblem(error)}`,
      { hint: `Make room in ${tmpdir()}, or copy the workspace to where it can be written.`, cause: error },
    );
  }
}

function copyUnchanged(path: string, file: string): void {
  const before = fingerprint(path);
  copyFileSync(path, file, constants.COPYFILE_FICLONE);
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${file}-wal`);
  if (fingerprint(path) === before) return;
  // The folder is read-only for us and not for a writer elsewhere.
  throw new PlumblineError('CATALOG_UNREADABLE', `${path} was written to while it was copied`, {
    hint: 'Try again when the writer is done.',
    retryable: true,
    exitCode: EXIT.usage,
  });
}

function fingerprint(path: string): string {
  return [path, `${path}-wal`]
    .map((name) => statSync(name, { bigint: true, throwIfNoEntry: false }))
    .map((stat) => (stat === undefined ? '' : `${stat.ino}:${stat.size}:${stat.mtimeNs}`))
    .join(' ');
}

function isDamage(error: unknown): boolean {
  return /^SQLITE_(NOTADB|CORRUPT)/.test(String((error as { code?: unknown }).code));
}
