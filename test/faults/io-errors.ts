/**
 * Sweeps a failing call over whole runs of Plumbline: the n-th write, flush, cut or rename of whatever file in the
 * workspace. After each one, the process must have said what happened, and the workspace must be whole.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from '../../engine/contract.ts';
import { Random } from '../../engine/sample/random.ts';
import { hasCatalog, readIndexed, textsOf } from './catalog-state.ts';
import { errorOf, expectRun, type Result } from './child.ts';
import { makeFaultWorkspace, mutateSource, readSource, type Texts } from './notes.ts';
import { compileShim, runWithFault, type Fault } from './shim.ts';
import { verify } from './verify.ts';

export const faultyVerbs = ['index', 'fix-drift', 'snapshot'] as const;
/** `snapshot` indexes enough for one to be written, and fails its files alone; the others are small. */
export type FaultyVerb = (typeof faultyVerbs)[number];

export interface SweepOptions {
  readonly folder: string;
  readonly seed: number;
  readonly verbs: readonly FaultyVerb[];
  /** Failing calls per verb, error and kind of call, spread evenly over the run with a random start. */
  readonly tries: number;
  /** How many of the kinds of errors. */
  readonly kinds?: number;
  readonly log: (line: string) => void;
}

export interface SweepResult {
  readonly faults: number;
  /** Code of the answer, `none` where the verb got by without the call that failed, to how often. */
  readonly answers: ReadonlyMap<string, number>;
  readonly divergences: readonly string[];
}

const ROWS: Readonly<Record<FaultyVerb, number>> = { index: 300, 'fix-drift': 300, snapshot: 1100 };
const BELOW: Readonly<Record<FaultyVerb, string>> = {
  index: '.plumbline',
  'fix-drift': '.plumbline',
  snapshot: '.plumbline/vectors',
};
const KINDS: readonly Omit<Fault, 'at' | 'below'>[] = [
  { calls: 'w', error: 'EIO', sticky: false },
  { calls: 'w', error: 'ENOSPC', sticky: true },
  { calls: 's', error: 'EIO', sticky: false },
  { calls: 'w', error: 'short', sticky: false },
  { calls: 'tr', error: 'EIO', sticky: false },
  { calls: 'w', error: 'EIO', sticky: true },
  { calls: 'str', error: 'EIO', sticky: true },
];

export async function sweepFaults(options: SweepOptions): Promise<SweepResult> {
  const { folder, seed, tries, log } = options;
  const random = new Random(seed);
  const library = compileShim(folder);
  const answers = new Map<string, number>();
  const divergences: string[] = [];
  let faults = 0;
  log(`seed ${seed}`);
  for (const verb of options.verbs) {
    const template = join(folder, verb);
    await prepare(template, verb, random);
    const counting = { calls: 'w', at: 0, error: 'EIO', sticky: false, below: BELOW[verb] } as const;
    const counted = await inCopy(template, folder, (copy) =>
      runWithFault(library, copy, argsOf(verb), counting),
    );
    for (const some of KINDS.slice(0, options.kinds)) {
      const kind = { ...some, below: BELOW[verb] };
      const calls = [...kind.calls].reduce((sum, letter) => sum + (counted.calls.get(letter) ?? 0), 0);
      for (let i = 0; i < Math.min(tries, calls); i += 1) {
        const at = 1 + Math.floor(((i + random.next()) * calls) / Math.min(tries, calls));
        faults += 1;
        const what = `${verb}, ${kind.error}${kind.sticky ? ' from' : ' at'} call ${at} of ${calls} (${kind.calls})`;
        try {
          const answer = await inCopy(template, folder, (copy) =>
            oneFault(library, copy, verb, { ...kind, at }, random),
          );
          answers.set(answer, (answers.get(answer) ?? 0) + 1);
          log(`${what}: ${answer}`);
        } catch (error) {
          const message = `${what}: ${(error as Error).message.slice(0, 1500)}`;
          divergences.push(message);
          log(`DIVERGES ${message}`);
        }
      }
    }
  }
  return { faults, answers, divergences };
}

async function prepare(template: string, verb: FaultyVerb, random: Random): Promise<void> {
  makeFaultWorkspace(template, random, ROWS[verb]);
  if (verb !== 'fix-drift') return;
  await expectRun(template, ['index']);
  mutateSource(template, random, 60);
}

async function inCopy<T>(template: string, folder: string, work: (copy: string) => Promise<T>): Promise<T> {
  const copy = join(folder, 'copy');
  mkdirSync(copy);
  try {
    cpSync(template, copy, { recursive: true });
    return await work(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

const argsOf = (verb: FaultyVerb): string[] => [verb === 'snapshot' ? 'index' : verb];

async function oneFault(
  library: string,
  folder: string,
  verb: FaultyVerb,
  fault: Fault,
  random: Random,
): Promise<string> {
  const before = textsOf(readIndexed(folder));
  const { result, failed } = await runWithFault(library, folder, argsOf(verb), fault);
  const answer = readableAnswer(result);
  const place = failed[0] === undefined ? 'not reached' : `${failed[0].call} ${generalName(failed[0].file)}`;
  for (const job of await interrupted(folder)) {
    const { jobs } = await expectRun<{ jobs: Job[] }>(folder, ['resume', job.id]);
    assert.equal(jobs[0]?.state, 'completed', JSON.stringify(jobs));
  }
  // What the failed process had not begun; and the verb must work as if nothing had been.
  if (result.code !== 0) await expectRun(folder, argsOf(verb));
  await verify(folder, wanted(verb, folder, before), random);
  return `${answer} (${place})`;
}

/** What the process answered. @throws AssertionError where that is a crash, a hang, or nothing that a person can read. */
function readableAnswer(result: Result): string {
  const { code, signal, out, err, hung } = result;
  assert.ok(!hung, 'it hangs');
  assert.equal(signal, null, `it crashes: ${err.slice(-800)}`);
  if (code === 0) return 'none';
  const error = errorOf(result);
  assert.ok(error !== null, `it ends with ${code} and says nothing: ${out}${err}`);
  assert.notEqual(error.code, 'UNEXPECTED', error.message);
  assert.ok(code === 5, `it ends with ${code}, not resumable: ${error.code} ${error.message}`);
  return error.code;
}

async function interrupted(folder: string): Promise<Job[]> {
  if (!hasCatalog(folder)) return [];
  return (await expectRun<{ jobs: Job[] }>(folder, ['jobs', '--state', 'interrupted'])).jobs;
}

function wanted(verb: FaultyVerb, folder: string, before: Texts): Texts {
  const source = readSource(folder);
  return verb === 'fix-drift' ? source : new Map([...before, ...source]);
}

/** A file's name without what is different in each run. */
const generalName = (file: string): string =>
  file.replaceAll(/[0-9a-f]{6,}|\d+/g, '#').replace('.plumbline/', '');
