/**
 * `npm run soak`: the fault tests in large. What is asked for runs, the rest does not:
 *
 *   --runs 200 [--rows 1500] [--kinds index,rebuild] [--workers 2]   kills at random instants of every kind of job
 *   --flips 50 [--files catalog,wal]                                 flipped bytes, per kind of file
 *   --calls 20                                                       failing calls of the disk, per verb and kind of call
 *   --properties 500                                                 random sequences of changes and jobs
 *   --disk                                                           a full disk at every durable step of every job
 *
 * `--seed n` repeats a run. Exits 1 where anything diverged.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { flipBytes, flipTable, flipTargets, type FlipTarget } from './bitflip.ts';
import { faultyVerbs, sweepFaults } from './io-errors.ts';
import { killAndResume, killKinds, type KillKind, type KillResult } from './kill-harness.ts';
import { noShim } from './shim.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    rows: { type: 'string', default: '1500' },
    kinds: { type: 'string', default: killKinds.join(',') },
    workers: { type: 'string', default: '2' },
    flips: { type: 'string' },
    files: { type: 'string', default: flipTargets.join(',') },
    calls: { type: 'string' },
    properties: { type: 'string' },
    disk: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const { runs = nothingAsked() ? '20' : undefined, flips, calls, properties, disk } = values;
const seed = Number(values.seed);
const log = (line: string): void => console.log(line);

let divergences = 0;
const startedAt = performance.now();
if (runs !== undefined) divergences += await soakKills(Number(runs));
if (flips !== undefined) divergences += await soakFlips(Number(flips));
if (calls !== undefined) divergences += await soakCalls(Number(calls));
if (properties !== undefined) divergences += soakProperties(properties);
if (disk) divergences += soakDisk();
log(
  `${divergences} divergences; seed ${seed}; ${((performance.now() - startedAt) / 1000).toFixed(0)} s in all`,
);
process.exitCode = divergences === 0 ? 0 : 1;

function nothingAsked(): boolean {
  const { runs: kills, flips: flipped, calls: failing, properties: sequences } = values;
  return !values.disk && [kills, flipped, failing, sequences].every((value) => value === undefined);
}

async function soakKills(count: number): Promise<number> {
  const result = await killAndResume({
    rows: Number(values.rows),
    runs: count,
    seed,
    kinds: someOf<KillKind>('--kinds', values.kinds, killKinds),
    workers: Number(values.workers),
    killAgain: 0.3,
    log,
  });
  summariseKills(result);
  return result.divergences.length;
}

function someOf<T extends string>(option: string, text: string, all: readonly T[]): T[] {
  const names = text.split(',');
  const some = all.filter((name) => names.includes(name));
  if (some.length === names.length) return some;
  throw new RangeError(`${option} takes some of ${all.join(',')}`);
}

function summariseKills({ runs: done, kills, resumes, firstRowMs, divergences: found }: KillResult): void {
  const total = Object.values(kills).reduce((sum, count) => sum + count, 0);
  const perKind = Object.entries(kills).map(([kind, count]) => `${kind} ${count}`);
  const sorted = firstRowMs.toSorted((a, b) => a - b);
  log(
    `${done} runs, ${total} kills (${perKind.join(', ')}), ${resumes} resumes, ${found.length} divergences`,
  );
  if (sorted.length === 0) return;
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  log(
    `from the start of resume to its first new row: median ${median} ms, longest ${sorted.at(-1)} ms of ${sorted.length}`,
  );
  for (const { run, message, folder } of found) log(`run ${run} in ${folder}: ${message}`);
}

async function soakFlips(count: number): Promise<number> {
  return inFolder(async (folder) => {
    const result = await flipBytes({
      folder,
      seed,
      flips: count,
      targets: someOf<FlipTarget>('--files', values.files, flipTargets),
      log,
    });
    flipTable(result).forEach(log);
    result.divergences.forEach(log);
    return result.divergences.length;
  });
}

async function soakCalls(count: number): Promise<number> {
  const reason = noShim();
  if (reason !== null) {
    log(`failing calls skipped: ${reason}`);
    return 0;
  }
  return inFolder(async (folder) => {
    const {
      faults,
      answers,
      divergences: found,
    } = await sweepFaults({
      folder,
      seed,
      verbs: faultyVerbs,
      tries: count,
      log,
    });
    log(`${faults} failing calls`);
    for (const [answer, times] of [...answers].toSorted(([, a], [, b]) => b - a)) log(`  ${times} ${answer}`);
    found.forEach(log);
    return found.length;
  });
}

/** In the test runner, which shortens what fails. */
function soakProperties(count: string): number {
  return inTestRunner('test/faults/model.property.test.ts', {
    PLUMBLINE_PROPERTY_RUNS: count,
    PLUMBLINE_PROPERTY_SEED: values.seed,
  });
}

/** In the test runner, too: the same steps of which `npm run test:all` takes one of each kind. */
function soakDisk(): number {
  return inTestRunner('test/faults/disk.test.ts', { PLUMBLINE_DISK_STEPS: 'all' });
}

function inTestRunner(file: string, settings: Readonly<Record<string, string>>): number {
  const { status } = spawnSync('npx', ['vitest', 'run', file], {
    stdio: 'inherit',
    env: { ...process.env, ...settings },
  });
  return status === 0 ? 0 : 1;
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-soak-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
