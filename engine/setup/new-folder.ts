/** The folder of a new workspace: nothing stays of one that could not be made. */
import { existsSync, mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode, PlumblineError } from '../errors.ts';
import { fileError } from '../file-errors.ts';
import { makeFolders } from '../make-folders.ts';
import { workspacePaths } from '../workspace.ts';

/** More folders of one name than anybody makes. */
const MAX_TRIES = 1000;
const MAX_NAME = 60;

/**
 * Makes a folder named like `name` in `parent`, with a number where that one is there already, and takes it away again
 * where `work` fails.
 * @throws PlumblineError `WORKSPACE_UNWRITABLE`, `DISK_FULL`; those of `work`.
 */
export async function inNewFolder<T>(
  parent: string,
  name: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = makeFolder(parent, folderName(name));
  try {
    return await work(folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Makes a workspace in a folder that a person has named, and takes away again what it has made there where `work` fails.
 * What was there before, or is somebody else's, stays.
 */
export async function inNamedFolder<T>(folder: string, work: (folder: string) => Promise<T>): Promise<T> {
  const { config, data } = workspacePaths(folder);
  const isNew = !existsSync(folder);
  const absent = [config, data].filter((path) => !existsSync(path));
  try {
    return await work(folder);
  } catch (error) {
    // Another process was faster: it is its workspace.
    if (hasCode(error, 'WORKSPACE_EXISTS', 'WORKSPACE_LOCKED')) throw error;
    for (const path of absent) rmSync(path, { recursive: true, force: true });
    if (isNew) removeEmpty(folder);
    throw error;
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Something else is in it by now, or it was never made.
  }
}

/** What any file system takes for a name; letters of all scripts stay. */
export function folderName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N}\p{M}._-]+/gu, '-')
    .replaceAll(/^[.-]+|[.-]+$/g, '');
  // By code points, so that no character is cut in two.
  return [...plain].slice(0, MAX_NAME).join('') || 'workspace';
}

/** The folder that {@link inNewFolder} would make. */
export function nextFolder(parent: string, name: string): string {
  const candidates = numbered(parent, folderName(name));
  return candidates.find((folder) => !existsSync(folder)) ?? join(parent, folderName(name));
}

function makeFolder(parent: string, name: string): string {
  try {
    makeFolders(parent);
    const folder = numbered(parent, name).find(isMade);
    if (folder !== undefined) return folder;
  } catch (error) {
    throw fileError(error, join(parent, name));
  }
  throw new PlumblineError('WORKSPACE_EXISTS', `${parent} has ${MAX_TRIES} folders of the name ${name}`, {
    hint: 'Name the folder yourself, or remove some.',
  });
}

/** Unlike a look before it, this lets only one of two callers have the name. */
function isMade(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

const numbered = (parent: string, name: string): string[] =>
  Array.from({ length: MAX_TRIES }, (_, i) => join(parent, i === 0 ? name : `${name}-${i + 1}`));
