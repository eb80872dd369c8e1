/** A folder that really cannot be written: tests may run as root, for whom mode bits mean nothing. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Fills a fresh tmpfs by `fill`, makes it read-only, and runs `test` on it. */
export async function inReadOnlyFolder(
  fill: (folder: string) => void,
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-ro-'));
  run('mount', '-t', 'tmpfs', 'plumbline-test', folder);
  try {
    fill(folder);
    run('mount', '-o', 'remount,ro', folder);
    await test(folder);
  } finally {
    run('umount', '--lazy', folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Why {@link inReadOnlyFolder} cannot work here, or null. */
export function noReadOnlyFolder(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-ro-'));
  try {
    run('mount', '-t', 'tmpfs', 'plumbline-test', folder);
    run('umount', folder);
    return null;
  } catch {
    return 'mounting a tmpfs is not permitted';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const run = (command: string, ...args: string[]): unknown => execFileSync(command, args, { stdio: 'pipe' });
