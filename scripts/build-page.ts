/**
 * Builds the page into `dist/page` where it is absent or older than what it is made from. Several processes may ask at
 * once: each builds into a folder of its own, and the last rename counts.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isStale } from './start/staleness.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PAGE = join(ROOT, 'dist/page');
/** What the page is made from: its own files, those of the engine that it imports, and the packages. */
const MADE_FROM = ['renderer/**', 'engine/**', 'package-lock.json'];

/** @throws Error with what Vite said, where it failed. */
export function ensurePage(note: (line: string) => void): string {
  if (!isStale(ROOT, 'dist/page/index.html', MADE_FROM)) return PAGE;
  note('Building the page …');
  const parent = join(ROOT, 'dist');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'page-'));
  const startedAt = new Date();
  try {
    build(folder);
    // As old as what it was made from: a file may have changed while it was being built.
    utimesSync(join(folder, 'index.html'), startedAt, startedAt);
    replace(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return PAGE;
}

/**
 * In a process of its own: Vite changes the environment of the one that it runs in. For production, whoever asks: a test
 * runner's NODE_ENV would make React's development build of it, which runs effects twice.
 */
function build(folder: string): void {
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  const config = join(ROOT, 'renderer/vite.config.ts');
  const { status, stderr, error } = spawnSync(
    process.execPath,
    [vite, 'build', '-c', config, '--outDir', folder, '--emptyOutDir', '--logLevel', 'error'],
    { cwd: ROOT, encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' } },
  );
  if (status !== 0) throw new Error(`the page could not be built: ${error?.message ?? stderr}`);
}

/** Files of a page that is being read stay readable: only the folder's name changes hands. */
function replace(folder: string): void {
  const former = `${folder}-former`;
  if (existsSync(PAGE)) renameSync(PAGE, former);
  try {
    renameSync(folder, PAGE);
  } catch (error) {
    // Another process was faster, and built from the same files.
    if (!existsSync(PAGE)) throw error;
  }
  rmSync(former, { recursive: true, force: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensurePage((line) => console.error(line));
