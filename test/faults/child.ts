/** The command line as a child process that can be killed, starved or lied to. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parse } from '../../engine/json.ts';

export const BIN = fileURLToPath(new URL('../../bin/plumbline.mjs', import.meta.url));
/** A child that runs longer than this hangs: it is killed, and its result says so. */
const HANG_MS = 120_000;

export interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
  readonly hung: boolean;
  /** From start to end. */
  readonly ms: number;
}

export interface Running {
  readonly child: ChildProcess;
  /** Resolves when the process is gone and has been read to the end. */
  readonly ended: Promise<Result>;
  readonly isOver: () => boolean;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Runs the program through a shell that executes this first, e.g. `ulimit -f 2000`. */
  readonly shell?: string;
}

/** Starts `plumbline <args> -w <folder> --json`. */
export function start(folder: string, args: readonly string[], options: StartOptions = {}): Running {
  return startScript([BIN, ...args, '-w', folder, '--json'], options);
}

/** Starts a script with its arguments. */
export function startScript(script: readonly string[], options: StartOptions = {}): Running {
  const line = [process.execPath, ...script];
  const [command = '', ...rest] =
    options.shell === undefined ? line : ['/bin/bash', '-c', `${options.shell}; exec "$@"`, 'bash', ...line];
  const startedAt = performance.now();
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  let out = '';
  let err = '';
  let hung = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const hanging = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, HANG_MS);
  const ended = once(child, 'close').then(([code, signal]): Result => {
    clearTimeout(hanging);
    return { code, signal, out, err, hung, ms: performance.now() - startedAt };
  });
  return { child, ended, isOver: () => child.exitCode !== null || child.signalCode !== null };
}

/** Runs a verb to its end. */
export const run = (folder: string, args: readonly string[], options: StartOptions = {}): Promise<Result> =>
  start(folder, args, options).ended;

/** The JSON of a verb that ends with one of these exit codes. @throws Error with all that it said otherwise. */
export async function expectRun<T>(
  folder: string,
  args: readonly string[],
  codes: readonly number[] = [0],
): Promise<T> {
  const result = await run(folder, args);
  if (result.code === null || !codes.includes(result.code)) {
    throw new Error(
      `plumbline ${args.join(' ')} ends with ${result.code ?? result.signal}: ${result.out}${result.err}`,
    );
  }
  return parse(result.out) as T;
}

/** The error that a verb answered with, whether as a whole or of its first unsuccessful job; null where there is none. */
export function errorOf({ out }: Pick<Result, 'out'>): { code: string; message: string } | null {
  try {
    return (parse(out) as { error?: { code: string; message: string } }).error ?? null;
  } catch {
    return null;
  }
}
