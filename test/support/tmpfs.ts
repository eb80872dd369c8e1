/** Small file systems of their own: disks that are full, folders that cannot be written even by root. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface Disk {
  readonly folder: string;
  resize(size: string): void;
  makeReadOnly(): void;
}

/** A tmpfs of this size (`200k`, `12m`), gone when the test ends. */
export function mountDisk(size: string): Disk {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-disk-'));
  run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'plumbline-test', folder);
  onTestFinished(() => {
    run('umount', '--lazy', folder);
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    resize: (newSize) => run('mount', '-o', `remount,size=${newSize}`, folder),
    makeReadOnly: () => run('mount', '-o', 'remount,ro', folder),
  };
}

const run = (command: string, ...args: string[]): void => {
  execFileSync(command, args, { stdio: 'pipe' });
};
