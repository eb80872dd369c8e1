/** Whether something that is built has to be built anew: its sources are looked at, not read. */
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param built a file that every build writes.
 * @param sources glob patterns.
 * @returns true where it is not there, or older than the newest of its sources.
 */
export function isStale(root: string, built: string, sources: readonly string[]): boolean {
  const builtAt = statSync(join(root, built), { throwIfNoEntry: false })?.mtimeMs;
  if (builtAt === undefined) return true;
  return globSync([...sources], { cwd: root }).some((path) => {
    // Folders, too: a file that was removed shows in its folder alone.
    const changedAt = statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return changedAt > builtAt;
  });
}
