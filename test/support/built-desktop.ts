/** The desktop as `npm run build` leaves it, for tests that run or pack it: built by whichever file of tests comes first. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensureDesktop } from '../../scripts/build-desktop.ts';
import { ensurePage } from '../../scripts/build-page.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LOCK = join(ROOT, 'dist', '.building');
const LOCK_MS = 60_000;

/** Files of tests run in processes of their own. One that died does not lock the others out for long. */
export async function buildDesktop(): Promise<void> {
  ensurePage(() => {});
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  const givenUpAt = Date.now() + LOCK_MS;
  while (!isMine() && Date.now() < givenUpAt) await wait(200);
  try {
    ensureDesktop(() => {});
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
