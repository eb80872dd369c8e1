/** The command line as people start it: real child processes of `bin/plumbline.mjs`. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { expect, onTestFinished } from 'vitest';
import { errorSchema, type Job } from '../../engine/contract.ts';
import { parse } from '../../engine/json.ts';

export const BIN = fileURLToPath(new URL('../../bin/plumbline.mjs', import.meta.url));

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface CliProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<CliResult>;
}

/** What would change how the program behaves, from npm or from whoever runs the tests. */
const FOREIGN = /^(npm_|INIT_CWD|FORCE_COLOR|NO_COLOR|NODE_|VITEST|HF_|PLUMBLINE|CI$)/i;

export function cleanEnvironment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name));
  return { ...Object.fromEntries(own), ...more };
}

/** Starts `plumbline <args>`; killed, if need be, when the test ends. */
export function startPlumbline(args: readonly string[], options: CliOptions = {}): CliProcess {
  return startProcess(process.execPath, [BIN, ...args], options);
}

export function startProcess(command: string, args: readonly string[], options: CliOptions = {}): CliProcess {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: cleanEnvironment(options.env),
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const { promise: ended, resolve, reject } = Promise.withResolvers<CliResult>();
  child.once('error', reject);
  child.once('close', (code, signal) => resolve({ code, signal, out, err }));
  onTestFinished(() => {
    if (child.exitCode === null) child.kill('SIGKILL');
  });
  return { child, ended };
}

/** Runs `plumbline <args>` to its end. */
export function plumbline(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startPlumbline(args, options).ended;
}

/** The one JSON document on standard output. */
export function documentOf(result: CliResult): unknown {
  expect(result.out).toMatch(/^\{[^]*\}\n$/);
  return parse(result.out);
}

export interface Failure {
  readonly code: string;
  readonly exit: number;
  readonly message?: RegExp;
  readonly hint?: RegExp;
}

/**
 * A failure as the contract has it: for people one line with the code and one with the remedy, on standard error and
 * without a stack; for programs `{error}`; and the exit code.
 */
export async function expectFailure(
  args: readonly string[],
  expected: Failure,
  options: CliOptions = {},
): Promise<void> {
  const result = await plumbline([...args, '--json'], options);
  const label = `plumbline ${args.join(' ')}\n${result.err}`;
  const { error } = documentOf(result) as { error: unknown };
  expect(errorSchema.strict().parse(error), label).toMatchObject({
    code: expected.code,
    message: expect.stringMatching(expected.message ?? /./),
    hint: expect.stringMatching(expected.hint ?? /./),
  });
  expect(result.code, label).toBe(expected.exit);
  const lines = result.err.trimEnd().split('\n');
  expect(lines[0], label).toMatch(new RegExp(`^error ${expected.code}: .`));
  expect(lines[1], label).toMatch(/^ {2}\S/);
  expect(lines, label).toHaveLength(2);
}

/** The newest job in the catalog, read beside whoever writes it; null before there is one. */
export function newestJob(folder: string): (Pick<Job, 'state' | 'processed'> & { id: number }) | null {
  try {
    const db = new Database(join(folder, '.plumbline', 'catalog.db'), {
      readonly: true,
      fileMustExist: true,
    });
    try {
      const row = db.prepare('SELECT id, state, processed FROM job ORDER BY id DESC LIMIT 1').get();
      return (row as ReturnType<typeof newestJob> | undefined) ?? null;
    } finally {
      db.close();
    }
  } catch {
    return null;
  }
}

/** Waits until the newest job has committed rows and is not done: the middle of a job. */
export async function untilInTheMiddle(folder: string, { child }: CliProcess): Promise<void> {
  for (;;) {
    const job = newestJob(folder);
    if (job?.state === 'running' && job.processed > 0) return;
    if (child.exitCode !== null || (job !== null && job.state !== 'running' && job.state !== 'queued'))
      throw new Error('the job ended before its middle was seen: give it more rows');
    await wait(5);
  }
}

/** Waits until a process is stopped for good (SIGSTOP is delivered a little later than it is sent). */
export async function pause({ child }: CliProcess): Promise<void> {
  child.kill('SIGSTOP');
  await wait(50);
}
