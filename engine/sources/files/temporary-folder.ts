import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';

export interface TemporaryFolder {
  readonly path: string;
  /** Removes it with all in it. May be repeated. */
  remove(): void;
}

const PREFIX = 'plumbline-files-';
/** Locked for as long as the folder is in use; the system lets go of it when a process dies, however it does. */
const OWNER = 'owner.db';
/** Of a folder that is younger, the owner may not have locked it yet. */
const SETTLED_MS = 60_000;

/** A folder for copies of data. Those that killed processes of this user left behind are removed first: they can be large. */
export function makeTemporaryFolder(): TemporaryFolder {
  removeAbandoned();
  const path = mkdtempSync(join(tmpdir(), PREFIX));
  const owner = new Database(join(path, OWNER));
  const folder = {
    path,
    remove() {
      owner.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
  try {
    lock(owner);
    return folder;
  } catch (error) {
    folder.remove();
    throw error;
  }
}

function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    try {
      const path = join(tmpdir(), name);
      if (Date.now() - statSync(path).mtimeMs > SETTLED_MS && isAbandoned(path)) {
        rmSync(path, { recursive: true, force: true });
      }
    } catch {
      // In use, somebody else's, or removed by another process just now.
    }
  }
}

/** @throws where it is in use. */
function isAbandoned(path: string): boolean {
  const owner = new Database(join(path, OWNER), { fileMustExist: true, timeout: 0 });
  try {
    lock(owner);
    return true;
  } finally {
    owner.close();
  }
}

function lock(owner: Database.Database): void {
  owner.pragma('journal_mode = MEMORY');
  owner.exec('BEGIN EXCLUSIVE');
}
