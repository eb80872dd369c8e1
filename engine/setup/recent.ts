/** Workspaces that were open lately: a file that may be damaged or gone without harm to any of them. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeFileDurably } from '../durable-file.ts';
import { PlumblineError } from '../errors.ts';
import { fileProblem } from '../file-errors.ts';
import type { HomePaths } from '../home.ts';
import { makeFolders } from '../make-folders.ts';

/** More than anybody looks through. */
const MAX_RECENT = 30;

const recentSchema = z.object({ folder: z.string().min(1), name: z.string(), lastOpenedAt: z.int() });
export type Recent = z.infer<typeof recentSchema>;

/** Newest first. Entries that are none are left out, and a file that is none holds none. */
export function readRecent(home: HomePaths): Recent[] {
  let entries: unknown;
  try {
    entries = (JSON.parse(readFileSync(home.recent, 'utf8')) as { workspaces?: unknown } | null)?.workspaces;
  } catch {
    return [];
  }
  if (!Array.isArray(entries)) return [];
  return entries
    .flatMap((entry) => recentSchema.safeParse(entry).data ?? [])
    .toSorted((a, b) => b.lastOpenedAt - a.lastOpenedAt);
}

/** @throws PlumblineError `HOME_UNWRITABLE`. */
export function rememberWorkspace(home: HomePaths, workspace: Recent): void {
  const others = readRecent(home).filter(({ folder }) => folder !== workspace.folder);
  write(home, [workspace, ...others].slice(0, MAX_RECENT));
}

/** @throws PlumblineError `HOME_UNWRITABLE`. */
export function forgetWorkspace(home: HomePaths, folder: string): void {
  const all = readRecent(home);
  const kept = all.filter((entry) => entry.folder !== folder);
  if (kept.length < all.length) write(home, kept);
}

function write(home: HomePaths, workspaces: readonly Recent[]): void {
  try {
    makeHome(home);
    writeFileDurably(home.recent, `${JSON.stringify({ workspaces }, null, 2)}\n`);
  } catch (error) {
    throw homeError(error, home);
  }
}

/** For its owner alone: the token lies there. */
export function makeHome({ root }: HomePaths): void {
  makeFolders(root, 0o700);
}

/** A home that cannot be written is no workspace that can be chosen otherwise. */
export function homeError(error: unknown, { root }: HomePaths): PlumblineError {
  return new PlumblineError('HOME_UNWRITABLE', `${root} cannot be written: ${fileProblem(error)}`, {
    hint: 'Give this user write permission there, or name another folder in the environment variable PLUMBLINE_HOME.',
    cause: error,
  });
}
