/** Builds engine, workers and the window's processes into `dist` where they are absent or older than their sources. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isStale } from './start/staleness.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
/** What every build writes last. */
const BUILT = 'dist/electron/preload.cjs';
const MADE_FROM = ['electron/**', 'engine/**', 'workers/**', 'electron.vite.config.ts', 'package-lock.json'];

/** @throws Error with what the build said, where it failed. */
export function ensureDesktop(note: (line: string) => void): void {
  if (!isStale(ROOT, BUILT, MADE_FROM)) return;
  note('Building the desktop …');
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    ['node_modules/electron-vite/bin/electron-vite.js', 'build', '--ignoreConfigWarning'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  if (status !== 0)
    throw new Error(`the desktop could not be built: ${error?.message ?? `${stdout}\n${stderr}`}`);
}
