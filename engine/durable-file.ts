/**
 * Files that survive power loss: written under a temporary name, flushed, renamed over the old file, and the folder
 * flushed too, because a rename lives in the folder and not in the file (see fsync(2)).
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** What {@link writeFileDurably} calls its file until it is complete; one left behind by a crash may be deleted. */
export const TEMPORARY_SUFFIX = '.tmp';

/**
 * Replaces `path` by `bytes`, whole or not at all. Another process that reads meanwhile sees the old file or the new
 * one. The folder must exist.
 */
export function writeFileDurably(path: string, bytes: Uint8Array | string): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}${TEMPORARY_SUFFIX}`;
  try {
    writeFileSync(temporary, bytes, { flag: 'wx', flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Flushes a file that something else wrote. Opened for writing, which Windows demands of a flush. */
export function syncFile(path: string): void {
  flush(path, 'r+');
}

/** Flushes a folder's entries: files made, renamed or removed in it. Windows has no such call and needs none. */
export function syncFolder(path: string): void {
  if (process.platform !== 'win32') flush(path, 'r');
}

function flush(path: string, flags: 'r' | 'r+'): void {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
