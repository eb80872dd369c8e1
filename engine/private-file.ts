/** Files in a workspace's data folder that only its owner may read: the token, where a server is, passwords. */
import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileError } from './file-errors.ts';

const OWNER_ONLY = 0o600;

/** The text of a file; null where there is none. */
export function readPrivateFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fileError(error, path);
  }
}

/** Replaces a file, whole or not at all. */
export function writePrivateFile(path: string, text: string): void {
  writeBeside(path, text, (temporary) => renameSync(temporary, path));
}

/** Makes a file that is not there yet; false where somebody was faster. */
export function createPrivateFile(path: string, text: string): boolean {
  return writeBeside(path, text, (temporary) => {
    try {
      // Unlike a rename it fails where the file exists, and unlike `wx` it shows nobody an empty one.
      linkSync(temporary, path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  });
}

/** Takes the file away from everybody else, should its mode have been changed. */
export function keepPrivate(path: string): void {
  try {
    chmodSync(path, OWNER_ONLY);
  } catch (error) {
    throw fileError(error, path);
  }
}

function writeBeside<T>(path: string, text: string, put: (temporary: string) => T): T {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode: OWNER_ONLY });
    return put(temporary);
  } catch (error) {
    throw fileError(error, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
