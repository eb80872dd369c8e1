/**
 * Requests from other processes to pause or cancel a job: one small file each, `<job>.<pause|cancel>`. Only the holder of
 * the workspace's lock writes the catalog, so whoever else wants a job stopped leaves word here.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { stopRequests, type StopRequest } from './control.ts';
import { writeFileDurably } from './durable-file.ts';
import { fileError } from './file-errors.ts';

export interface Request {
  readonly jobId: number;
  readonly request: StopRequest;
}

const fileOf = (folder: string, { jobId, request }: Request): string => join(folder, `${jobId}.${request}`);

/**
 * Leaves a request, unless it is there already.
 * @throws PlumblineError `WORKSPACE_UNWRITABLE`, `DISK_FULL`.
 */
export function placeRequest(folder: string, request: Request): void {
  const path = fileOf(folder, request);
  if (existsSync(path)) return;
  try {
    removeIfFile(folder);
    mkdirSync(folder, { recursive: true });
    writeFileDurably(path, '');
  } catch (error) {
    throw fileError(error, path);
  }
}

/** The requests that were left, in no particular order. */
export function readRequests(folder: string): Request[] {
  const requests: Request[] = [];
  for (const name of list(folder)) {
    const [, id, word] = /^(\d{1,15})\.(\w+)$/.exec(name) ?? [];
    const request = stopRequests.find((known) => known === word);
    if (id !== undefined && request !== undefined) requests.push({ jobId: Number(id), request });
  }
  return requests;
}

export function removeRequest(folder: string, request: Request): void {
  try {
    rmSync(fileOf(folder, request), { force: true });
  } catch (error) {
    // Where a file is in the folder's place nobody has asked anything.
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
  }
}

/** Removes whatever was asked about a job. */
export function removeRequestsOf(folder: string, jobId: number): void {
  for (const request of stopRequests) removeRequest(folder, { jobId, request });
}

/** Removes everything, half-written files included. */
export function clearRequests(folder: string): void {
  for (const name of list(folder)) rmSync(join(folder, name), { force: true, recursive: true });
}

/** Nothing but requests has a place here. */
function removeIfFile(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isFile() === true) rmSync(folder);
}

/** A folder that cannot be read holds nothing that anybody could have asked. */
function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
