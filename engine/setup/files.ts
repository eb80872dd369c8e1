/** Folders of this machine, for choosing a source or a workspace: names, kinds and sizes, nothing of what files hold. */
import { closeSync, openSync, readSync, type Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { z } from 'zod';
import { CONFIG_FILE } from '../config.ts';
import { PlumblineError } from '../errors.ts';
import type { fileEntrySchema, SetupInput, SetupOutput } from '../setup-contract.ts';
import { sourceLabel } from '../source-config.ts';
import { dataFormat } from '../sources/files/data-format.ts';
import { sourceConfig } from '../workspace.ts';
import type { SetupContext } from './context.ts';
import { absolutePath, realPath } from './paths.ts';

type FileEntry = z.infer<typeof fileEntrySchema>;

/** More than anybody scrolls through. */
const MAX_ENTRIES = 1000;
const ENTRIES_AT_ONCE = 5000;

const SQLITE_HEADER = 'SQLite format 3\0';
/** SQLite's smallest page: its files are multiples of it. */
const SQLITE_PAGE = 512;
/** What SQLite keeps beside a database. Its locks in WAL mode are on `-shm`, and opening that to look would drop them. */
const BESIDE_SQLITE = /-(?:wal|shm|journal)$/;
const SQLITE_EXTENSIONS = new Set(['.sqlite', '.sqlite3', '.db', '.db3', '.s3db', '.sl3']);

/** @throws PlumblineError `PATH_INVALID`, `FOLDER_NOT_FOUND`, `FOLDER_UNREADABLE`. */
export async function files(
  context: SetupContext,
  input: SetupInput<'files'>,
): Promise<SetupOutput<'files'>> {
  const folder = absolutePath(input.folder ?? homedir(), context.startFolder);
  const found = (await list(folder)).filter(({ name }) => !name.startsWith('.'));
  const shown = await firstOf(folder, found);
  const inUse = sourceInUse(context);
  const entries = await Promise.all(shown.map(({ name }) => entryOf(join(folder, name), inUse)));
  const parent = dirname(folder);
  return {
    folder,
    parent: parent === folder ? null : parent,
    places: await places(context),
    entries,
    truncated: found.length > MAX_ENTRIES,
  };
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw unreadable(folder, error);
  }
}

interface Named {
  readonly name: string;
  readonly isFolder: boolean;
}

/** Folders first, then by name. A collator of its own: `localeCompare` makes one for every pair, which took 9 s for 100,000. */
const byName = new Intl.Collator('en', { numeric: true });
const inOrder = (a: Named, b: Named): number =>
  Number(b.isFolder) - Number(a.isFolder) || byName.compare(a.name, b.name);

/** Those that are shown, a part at a time: everything else that the server does goes on in between. */
async function firstOf(folder: string, entries: readonly Dirent[]): Promise<Named[]> {
  let first: Named[] = [];
  for (let at = 0; at < entries.length; at += ENTRIES_AT_ONCE) {
    const part = await Promise.all(
      entries
        .slice(at, at + ENTRIES_AT_ONCE)
        .map(async (entry) => ({ name: entry.name, isFolder: await leadsToFolder(folder, entry) })),
    );
    first = [...first, ...part].sort(inOrder).slice(0, MAX_ENTRIES);
    await nextTurn();
  }
  return first;
}

async function leadsToFolder(folder: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(join(folder, entry.name)).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function entryOf(path: string, inUse: string | null): Promise<FileEntry> {
  const name = basename(path);
  const found = await stat(path).catch(() => null);
  if (found === null) return { name, path, kind: 'other', bytes: null, modifiedAt: null };
  const modifiedAt = Math.round(found.mtimeMs);
  if (found.isDirectory()) {
    const isWorkspace = await stat(join(path, CONFIG_FILE)).then(
      (config) => config.isFile(),
      () => false,
    );
    return { name, path, kind: isWorkspace ? 'workspace' : 'folder', bytes: null, modifiedAt };
  }
  const isSource = found.isFile() && looksLikeSource(path, found.size, inUse);
  return { name, path, kind: isSource ? 'source' : 'other', bytes: found.size, modifiedAt };
}

/** By its name; by its first bytes only where that says nothing. */
function looksLikeSource(path: string, bytes: number, inUse: string | null): boolean {
  const extension = extname(path).toLowerCase();
  if (SQLITE_EXTENSIONS.has(extension) || dataFormat(path) !== null) return true;
  if (BESIDE_SQLITE.test(path) || bytes === 0 || bytes % SQLITE_PAGE !== 0) return false;
  // Closing a descriptor of a file that SQLite has open in this process drops SQLite's locks on it.
  if (inUse !== null && realPath(path) === inUse) return true;
  return hasSqliteHeader(path);
}

function hasSqliteHeader(path: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    const header = Buffer.alloc(SQLITE_HEADER.length);
    readSync(descriptor, header, 0, header.length, 0);
    return header.toString('latin1') === SQLITE_HEADER;
  } catch {
    return false;
  } finally {
    closeSync(descriptor);
  }
}

function sourceInUse({ engine }: SetupContext): string | null {
  return engine === null ? null : realPath(sourceLabel(sourceConfig(engine.paths, engine.config)));
}

async function places({ startFolder, home }: SetupContext): Promise<{ name: string; path: string }[]> {
  const candidates = [
    { name: 'Home', path: homedir() },
    ...['Desktop', 'Documents', 'Downloads'].map((name) => ({ name, path: join(homedir(), name) })),
    { name: 'Started in', path: startFolder },
    { name: 'Workspaces', path: home.workspaces },
    ...roots(),
  ];
  const there = await Promise.all(
    candidates.map(async (place) =>
      (await stat(place.path).catch(() => null))?.isDirectory() ? [place] : [],
    ),
  );
  const found = there.flat();
  return found.filter(({ path }, i) => found.findIndex((other) => other.path === path) === i);
}

function roots(): { name: string; path: string }[] {
  if (process.platform !== 'win32') return [{ name: 'Computer', path: '/' }];
  return [...'CDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter) => ({ name: `${letter}:`, path: `${letter}:\\` }));
}

function unreadable(folder: string, error: unknown): PlumblineError {
  const code = String((error as NodeJS.ErrnoException).code);
  if (code === 'ENOENT')
    return new PlumblineError('FOLDER_NOT_FOUND', `there is no folder ${folder}`, {
      hint: 'It may have been moved, or its disk is not connected.',
      cause: error,
    });
  if (code === 'ENOTDIR')
    return new PlumblineError('FOLDER_NOT_FOUND', `${folder} is a file, not a folder`, {
      hint: 'Give the folder that it lies in.',
      cause: error,
    });
  const reason =
    code === 'EACCES' || code === 'EPERM' ? 'this user may not read it' : (error as Error).message;
  return new PlumblineError('FOLDER_UNREADABLE', `${folder} cannot be listed: ${reason}`, {
    hint: 'Give this user read permission there, or choose another folder.',
    cause: error,
  });
}
