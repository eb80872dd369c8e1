/**
 * Opening a source file so that nothing is written to it and nothing stays behind. Never read the file through `fs`
 * while SQLite has it open in this process: closing that descriptor would drop SQLite's locks (POSIX). `stat` is safe.
 */
import {
  accessSync,
  constants,
  copyFileSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  type Stats,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { PlumblineError } from '../../errors.ts';
import { SqliteConnection } from './connection.ts';

export interface OpenSource {
  readonly connection: SqliteConnection;
  /** True when `connection` reads a private copy: what others write to the file is not seen. */
  readonly copied: boolean;
  /** Closes the connection and removes what opening it left behind. May be repeated. */
  close(): void;
}

/**
 * Opens a database file read-only.
 *
 * A file in WAL mode whose folder cannot be written and that has no `-wal` cannot be opened in place: SQLite wants to
 * create the `-shm` file. The driver is built without URI names, so `immutable=1` is out of reach; a private copy in the
 * temporary folder is read instead, which needs the file's size there for as long as it is open.
 *
 * @throws PlumblineError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`, `SOURCE_NOT_A_DATABASE`, `SOURCE_CORRUPT`,
 * `SOURCE_BUSY`
 */
export function openSource(path: string): OpenSource {
  checkFile(path);
  // Behind a link, `-wal` and `-journal` lie beside the file and not beside the link.
  const file = realpathSync(path);
  try {
    return openInPlace(path, file);
  } catch (error) {
    if (!(error instanceof PlumblineError) || error.code !== 'SOURCE_UNREADABLE') throw error;
    if (sizeOf(`${file}-journal`) > 0) throw needsRecovery(`${file}-journal`, path, error);
    if (exists(`${file}-wal`)) throw needsRecovery(`${file}-wal`, path, error);
    if (error.details?.sqlite !== 'SQLITE_CANTOPEN') throw error;
    return openCopy(path, file, error);
  }
}

function checkFile(path: string): void {
  const stat = statOf(path);
  if (stat === undefined) {
    throw new PlumblineError('SOURCE_NOT_FOUND', `there is no file ${path}`, {
      hint: 'Check the path of the source; the file may have been moved or its disk is not connected.',
      details: { path },
    });
  }
  if (!stat.isFile()) {
    const what = stat.isDirectory() ? 'a folder' : 'not a regular file';
    throw new PlumblineError('SOURCE_UNREADABLE', `${path} is ${what}`, {
      hint: 'Give the path of the database file itself.',
      details: { path },
    });
  }
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw notPermitted(path, cause);
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw notPermitted(path, cause);
  }
}

function notPermitted(path: string, cause: unknown): PlumblineError {
  return new PlumblineError('SOURCE_UNREADABLE', `${path} cannot be read: ${(cause as Error).message}`, {
    hint: 'Give this user read permission for the file and its folder.',
    cause,
    details: { path },
  });
}

function openInPlace(path: string, file: string): OpenSource {
  const alias = aliasFor(file);
  try {
    const connection = new SqliteConnection(path, alias.file);
    return {
      connection,
      copied: false,
      close: once(() => {
        connection.close();
        removeEmptyWal(file, alias.file);
        alias.remove();
      }),
    };
  } catch (error) {
    alias.remove();
    throw error;
  }
}

/**
 * The driver trims file names. A name that trimming would change is reached through a link: SQLite resolves links
 * before it looks for `-wal` and `-journal`, so it sees the right ones.
 */
function aliasFor(original: string): { file: string; remove(): void } {
  if (original === original.trim()) return { file: original, remove() {} };
  const folder = temporaryFolder();
  const file = join(folder, 'source.db');
  symlinkSync(original, file);
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * A read-only connection to a WAL database creates `-wal` and `-shm` and, being read-only, leaves them. While `-wal` is
 * empty, opening once for writing and closing lets SQLite remove both by its own protocol, which does nothing while
 * another program has the file open. Deleting them ourselves could pull them away under such a program. The database
 * file itself is not touched: there is nothing to check in.
 */
function removeEmptyWal(file: string, alias: string): void {
  if (sizeOf(`${file}-wal`) !== 0) return;
  try {
    const database = new Database(alias, { fileMustExist: true, timeout: 0 });
    try {
      database.prepare('SELECT count(*) FROM main.sqlite_schema').get();
    } finally {
      database.close();
    }
  } catch {
    // Two small empty files stay; any program that next opens the database removes them.
  }
}

function openCopy(path: string, original: string, reason: PlumblineError): OpenSource {
  const folder = temporaryFolder();
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const file = join(folder, 'source.db');
    copyUnchanged(original, file);
    leaveWalMode(file);
    const connection = new SqliteConnection(path, file);
    // Where an open file can be deleted it goes at once, so that even a killed process leaves no copy of the data.
    if (process.platform !== 'win32') remove();
    return {
      connection,
      copied: true,
      close: once(() => {
        connection.close();
        remove();
      }),
    };
  } catch (error) {
    remove();
    if (error instanceof PlumblineError) throw error;
    throw new PlumblineError(
      'SOURCE_UNREADABLE',
      `${path} is in WAL mode in a folder that cannot be written, and copying it failed: ${(error as Error).message}`,
      {
        hint: `Make room in ${tmpdir()}, or copy the file into a folder that can be written and use that path.`,
        cause: reason,
        details: { path },
      },
    );
  }
}

function copyUnchanged(path: string, file: string): void {
  const before = fingerprint(path);
  copyFileSync(path, file, constants.COPYFILE_FICLONE);
  if (fingerprint(path) === before && !exists(`${path}-wal`)) return;
  throw new PlumblineError('SOURCE_BUSY', `${path} was written to while it was copied`, {
    hint: 'Another program is writing to it; try again when it is done.',
    retryable: true,
    details: { path },
  });
}

/** A copy that is not in WAL mode needs no other files beside it. */
function leaveWalMode(file: string): void {
  const database = new Database(file, { fileMustExist: true });
  try {
    database.pragma('journal_mode = DELETE');
  } finally {
    database.close();
  }
}

/** A file that somebody has to finish writing before it can be read, which needs a writable folder. */
function needsRecovery(beside: string, path: string, cause: unknown): PlumblineError {
  return new PlumblineError(
    'SOURCE_UNREADABLE',
    `${path} cannot be read: changes wait in ${beside} and its folder cannot be written`,
    {
      hint: 'Copy both files together into a folder that can be written and use that path, or open the database once with its own program.',
      cause,
      details: { path },
    },
  );
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}

const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'plumbline-source-'));
const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;
const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? -1;

function fingerprint(path: string): string {
  const { ino, size, mtimeNs } = statSync(path, { bigint: true });
  return `${ino}:${size}:${mtimeNs}`;
}
