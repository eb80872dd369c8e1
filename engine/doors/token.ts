/** The bearer token of a REST door: 256 random bits, made once, in a file that only its owner may read. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { createDataFolder, type WorkspacePaths } from '../workspace.ts';
import { createPrivateFile, keepPrivate, readPrivateFile, writePrivateFile } from '../private-file.ts';

const TOKEN_BYTES = 32;
const TOKEN = /^[\w-]{43}$/;

export const tokenFile = (paths: WorkspacePaths): string => join(paths.data, 'token');

/**
 * The workspace's token, made if there is none yet.
 * @throws PlumblineError `WORKSPACE_UNWRITABLE`, `DISK_FULL`.
 */
export function ensureToken(paths: WorkspacePaths): string {
  return ensureTokenFile(tokenFile(paths), () => createDataFolder(paths));
}

/** Null where there is none, or none that is whole. */
export const readToken = (paths: WorkspacePaths): string | null => readTokenFile(tokenFile(paths));

/**
 * The token in a file, made if there is none yet.
 * @throws PlumblineError `WORKSPACE_UNWRITABLE`, `DISK_FULL`.
 */
export function ensureTokenFile(path: string, makeFolder: () => void): string {
  const found = readTokenFile(path);
  if (found !== null) {
    keepPrivate(path);
    return found;
  }
  makeFolder();
  const token = newToken();
  if (createPrivateFile(path, token)) return token;
  const others = readTokenFile(path);
  if (others !== null) return others;
  // What lies there is no token: somebody emptied or edited it.
  writePrivateFile(path, token);
  return token;
}

/** @throws PlumblineError `WORKSPACE_UNWRITABLE`, `DISK_FULL`. */
export function renewTokenFile(path: string): string {
  const token = newToken();
  writePrivateFile(path, token);
  return token;
}

function readTokenFile(path: string): string | null {
  const text = readPrivateFile(path)?.trim() ?? '';
  return TOKEN.test(text) ? text : null;
}

const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');

/** Compares in a time that tells nothing about how much of it was right. */
export function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** What only a holder of the token can answer to a nonce: by it a client knows a server before it shows its token. */
export function proofOf(token: string, nonce: string): string {
  return createHmac('sha256', token).update(`plumbline:${nonce}`).digest('base64url');
}
