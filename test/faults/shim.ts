/** A disk that fails at a chosen call: `shim.c`, compiled where there is a compiler, and the runs under it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, type Result } from './child.ts';

export interface Fault {
  /** `w`rite, `s`ync, `t`runcate, `r`ename: which calls are counted. */
  readonly calls: string;
  /** The call that fails, from 1; 0 to count only. */
  readonly at: number;
  /** A short write stops half way and says so, as the system may at any time. */
  readonly error: 'EIO' | 'ENOSPC' | 'short';
  /** Everything after it fails, too. */
  readonly sticky: boolean;
  /** Only files below this folder of the workspace. */
  readonly below: string;
}

export interface FaultyResult {
  readonly result: Result;
  /** How many calls of each kind there were, up to the end of the process. */
  readonly calls: ReadonlyMap<string, number>;
  /** What failed: the kind of call and its file. */
  readonly failed: readonly { readonly call: string; readonly file: string }[];
}

/** Why there can be no shim here, or null. */
export function noShim(): string | null {
  if (process.platform !== 'linux') return 'LD_PRELOAD is of Linux';
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'there is no C compiler (cc)';
  }
}

/** Compiles the shim into a folder; its path. */
export function compileShim(folder: string): string {
  const library = join(folder, 'shim.so');
  const source = fileURLToPath(new URL('shim.c', import.meta.url));
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], { stdio: 'pipe' });
  return library;
}

/** Runs a verb on a disk with this fault. */
export async function runWithFault(
  library: string,
  folder: string,
  args: readonly string[],
  fault: Fault,
): Promise<FaultyResult> {
  const log = join(folder, 'faults.log');
  rmSync(log, { force: true });
  const result = await run(folder, args, {
    env: {
      LD_PRELOAD: library,
      FAULT_PREFIX: join(folder, fault.below),
      FAULT_CALLS: fault.calls,
      FAULT_AT: String(fault.at),
      FAULT_STICKY: fault.sticky ? '1' : '0',
      FAULT_ERRNO: String(fault.error === 'short' ? 0 : constants.errno[fault.error]),
      FAULT_LOG: log,
    },
  });
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  const failed = lines.flatMap((line) => {
    const [call = '', , file = ''] = line.split(' ');
    return call === 'all' ? [] : [{ call, file: file.slice(folder.length + 1) }];
  });
  const counts = lines.filter((line) => line.startsWith('all ')).map((line) => line.split(' '));
  const calls = new Map(counts.map(([, count, kind = '']) => [kind, Number(count)]));
  return { result, calls, failed };
}
