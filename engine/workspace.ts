/**
 * A workspace is a folder with `plumbline.yaml` and `.plumbline/`. This file knows the paths and who holds the write
 * lock; it never opens the catalog.
 */
import { accessSync, constants, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { CONFIG_FILE, parseConfig, type Config } from './config.ts';
import { PlumblineError } from './errors.ts';
import { fileError } from './file-errors.ts';
import { makeFolders } from './make-folders.ts';
import { readSecrets } from './secrets.ts';
import { withPath, type SourceConfig } from './source-config.ts';

/** Absolute paths of everything in a workspace. */
export interface WorkspacePaths {
  readonly root: string;
  readonly config: string;
  readonly data: string;
  readonly catalog: string;
  readonly lock: string;
  /** Who holds the lock, for people; only the lock itself decides. */
  readonly lockInfo: string;
  readonly vectors: string;
  readonly models: string;
  /** What other processes ask of the one that runs jobs; see `requests.ts`. */
  readonly requests: string;
}

export function workspacePaths(folder: string): WorkspacePaths {
  const root = resolve(folder);
  const data = join(root, '.plumbline');
  return {
    root,
    config: join(root, CONFIG_FILE),
    data,
    catalog: join(data, 'catalog.db'),
    lock: join(data, 'lock.db'),
    lockInfo: join(data, 'lock.json'),
    vectors: join(data, 'vectors'),
    models: join(data, 'models'),
    requests: join(data, 'requests'),
  };
}

/** @throws PlumblineError `WORKSPACE_NOT_FOUND`, `CONFIG_INVALID`. */
export function loadConfig(paths: WorkspacePaths): Config {
  let text: string;
  try {
    text = readFileSync(paths.config, 'utf8');
  } catch (error) {
    throw noConfig(error, paths);
  }
  return parseWorkspaceConfig(paths, text);
}

/**
 * What `plumbline.yaml` would say with this text, its secrets filled in.
 * @throws PlumblineError `CONFIG_INVALID`, `SECRETS_INVALID`.
 */
export function parseWorkspaceConfig(paths: WorkspacePaths, text: string): Config {
  return parseConfig(text, paths.config, { ...readSecrets(paths.data), ...process.env });
}

function noConfig(cause: unknown, paths: WorkspacePaths): PlumblineError {
  const { code } = cause as NodeJS.ErrnoException;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') {
    return new PlumblineError(
      'CONFIG_UNREADABLE',
      `${paths.config} cannot be read: ${(cause as Error).message}`,
      {
        hint: 'It has to be a file that this user may read.',
        cause,
      },
    );
  }
  const remedy = existsSync(paths.data)
    ? 'Restore it from version control, or write a new one with `plumbline init --source <database>`: what is indexed stays.'
    : 'Make a workspace here with `plumbline init --source <database>`, or name one with -w <folder>.';
  return new PlumblineError('WORKSPACE_NOT_FOUND', `there is no ${CONFIG_FILE} in ${paths.root}`, {
    hint: remedy,
    cause,
  });
}

/** The source as the engine opens it: paths made absolute from the workspace folder. */
export function sourceConfig(paths: WorkspacePaths, config: Config): SourceConfig {
  return withPath(config.source, (path) => resolve(paths.root, path));
}

/**
 * Makes the data folder, kept out of version control. Existing files stay.
 * @throws PlumblineError `WORKSPACE_UNWRITABLE`, `DISK_FULL`.
 */
export function createDataFolder(paths: WorkspacePaths): void {
  try {
    makeFolders(paths.data);
    // SQLite would open what it cannot write for reading, and let an exclusive lock on it pass.
    accessSync(paths.data, constants.W_OK);
    const ignore = join(paths.data, '.gitignore');
    if (!existsSync(ignore)) writeFileSync(ignore, '*\n');
  } catch (error) {
    throw fileError(error, paths.data);
  }
}

/** The write lock, held. */
export interface WriteLock {
  release(): void;
}

/** How long a writer waits for a reader's momentary probe of the lock. */
const LOCK_PROBE_MS = 1500;

/**
 * Takes the write lock: `BEGIN EXCLUSIVE` on `lock.db`, which the operating system ends with the process, so that a crash
 * never leaves it behind.
 * @throws PlumblineError `WORKSPACE_LOCKED`.
 */
export function takeWriteLock(paths: WorkspacePaths): WriteLock {
  let db: Database.Database;
  try {
    db = new Database(paths.lock, { timeout: LOCK_PROBE_MS });
  } catch (error) {
    throw fileError(openError(error), paths.lock);
  }
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (sqliteCode(error).startsWith('SQLITE_BUSY')) throw locked(paths, error);
    throw fileError(openError(error), paths.lock);
  }
  tellHolder(paths);
  return {
    release() {
      if (!db.open) return;
      rmSync(paths.lockInfo, { force: true });
      db.exec('ROLLBACK');
      db.close();
    },
  };
}

/** For people; a full disk that has no room for it is no reason to stop. */
function tellHolder(paths: WorkspacePaths): void {
  try {
    const info = { pid: process.pid, since: new Date().toISOString() };
    writeFileSync(paths.lockInfo, JSON.stringify(info), { mode: 0o600 });
  } catch {
    // The lock itself is held.
  }
}

/**
 * True when no process holds the write lock: then a job that the catalog calls running is interrupted. False also where
 * this user may not look: a job must not be called dead on a guess.
 */
export function isLockFree(paths: WorkspacePaths): boolean {
  if (!existsSync(paths.lock)) return true;
  let db: Database.Database;
  try {
    db = new Database(paths.lock, { readonly: true, timeout: 0 });
  } catch {
    return false;
  }
  try {
    // A shared lock is enough: it fails against the writer's exclusive one and not against other readers.
    db.exec('BEGIN; SELECT count(*) FROM sqlite_schema; ROLLBACK');
    return true;
  } catch (error) {
    return !sqliteCode(error).startsWith('SQLITE_BUSY');
  } finally {
    db.close();
  }
}

function locked(paths: WorkspacePaths, cause: unknown): PlumblineError {
  return new PlumblineError('WORKSPACE_LOCKED', `another Plumbline process${holder(paths)} is writing here`, {
    hint: 'Wait for it or stop it. Reading verbs (status, jobs, drift, search) work meanwhile.',
    retryable: true,
    cause,
  });
}

function holder(paths: WorkspacePaths): string {
  try {
    const info = JSON.parse(readFileSync(paths.lockInfo, 'utf8')) as { pid?: number; since?: string };
    return ` (process ${info.pid}, since ${info.since})`;
  } catch {
    return '';
  }
}

const sqliteCode = (error: unknown): string => String((error as { code?: unknown }).code ?? '');

/** SQLite's open errors as the system codes that {@link fileError} explains. */
function openError(error: unknown): unknown {
  const code = sqliteCode(error);
  const system = code.startsWith('SQLITE_FULL')
    ? 'ENOSPC'
    : code.startsWith('SQLITE_READONLY') ||
        code.startsWith('SQLITE_CANTOPEN') ||
        code.startsWith('SQLITE_IOERR')
      ? 'EACCES'
      : undefined;
  return system === undefined ? error : Object.assign(new Error((error as Error).message), { code: system });
}

/** True where the folder holds a catalog, that is, where something was initialised. */
export function isInitialised(paths: WorkspacePaths): boolean {
  return existsSync(paths.catalog) && statSync(paths.catalog).isFile();
}
