/** The desktop as `npm run build` leaves it, for tests that run or pack it: built once, whichever file of tests comes first. */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isStale } from '../../scripts/start/staleness.ts';
import { DESKTOP, PAGE } from '../../scripts/start/builds.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LOCK = join(ROOT, 'dist', '.building');
const LOCK_MS = 60_000;

export async function buildDesktop(): Promise<void> {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  await inTurn(async () => {
    for (const { built, sources, script } of [DESKTOP, PAGE])
      if (isStale(ROOT, built, sources))
        await promisify(execFile)('npm', ['run', '-s', script], { cwd: ROOT });
  });
}

/** Files of tests run in processes of their own. One that died does not lock the others out for long. */
async function inTurn(work: () => Promise<void>): Promise<void> {
  const givenUpAt = Date.now() + LOCK_MS;
  while (!isMine() && Date.now() < givenUpAt) await wait(200);
  try {
    await work();
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

function isMine(): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch {
    return false;
  }
}
