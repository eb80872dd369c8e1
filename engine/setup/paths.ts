/** Paths as people type them or a page sends them. */
import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { PlumblineError } from '../errors.ts';

/**
 * Absolute; `~` is the person's own folder.
 * @throws PlumblineError `PATH_INVALID`.
 */
export function absolutePath(path: string, from: string): string {
  if (path.trim() === '') throw invalidPath('the path is empty');
  if (path.includes('\0')) throw invalidPath('a path cannot hold a NUL character');
  return resolve(from, withHome(path));
}

/** `~` at the beginning is the person's own folder, as a shell would have it. */
export function withHome(path: string): string {
  return path === '~' || /^~[\\/]/.test(path) ? join(homedir(), path.slice(1)) : path;
}

/** One name for a folder, whatever links lead to it; as it is where there is none. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

const invalidPath = (message: string): PlumblineError =>
  new PlumblineError('PATH_INVALID', message, { hint: 'Give the path of a file or folder on this machine.' });
