/**
 * Kills real `plumbline index` processes at random instants and holds the workspace to the promise of docs: `resume`
 * completes, nothing is counted or indexed twice, nothing is lost. Used by a test in small and by the soak in large.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { openCatalogForWriting } from '../../engine/catalog/catalog.ts';
import type { Job, Report } from '../../engine/contract.ts';
import { Engine } from '../../engine/engine.ts';
import { servingGeneration } from '../../engine/jobs/context.ts';
import { initWorkspace } from '../../engine/operations/init.ts';
import { SHOP_TABLES, writeSampleShop } from '../../engine/sample/shop.ts';
import { workerUrls } from '../../workers/urls.ts';
import { seededRandom, type Random } from '../support/vectors.ts';

const BIN = fileURLToPath(new URL('../../bin/plumbline.mjs', import.meta.url));
const BUILTIN_MODEL = fileURLToPath(new URL('../../models/builtin/', import.meta.url));
/** How often the catalog is looked at from outside. */
const LOOK_MS = 3;
/** A kill comes up to this long after its row, so that it meets every part of a commit. */
const MAX_DELAY_MS = 40;
/** The first kill comes within this share of the rows, so that there is a process to kill. */
const FIRST_KILL_SHARE = 0.9;
/** Kills in one run, so that it ends. */
const MAX_KILLS = 3;

export interface KillOptions {
  readonly rows: number;
  readonly runs: number;
  readonly seed: number;
  /** Share of resumes that are killed, too. */
  readonly killAgain: number;
  readonly log: (line: string) => void;
}

export interface KillResult {
  readonly kills: number;
  /** Per resume that had something left to do: from its start to its first new row, in milliseconds. */
  readonly firstRowMs: readonly number[];
}

/** Runs the whole thing `runs` times, each on a fresh workspace. @throws AssertionError where a promise is broken. */
export async function killAndResume(options: KillOptions): Promise<KillResult> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-kill-'));
  const random = seededRandom(options.seed);
  const firstRowMs: number[] = [];
  let kills = 0;
  options.log(`seed ${options.seed}, ${options.runs} runs on ${options.rows} rows`);
  try {
    const template = join(folder, 'template');
    mkdirSync(template);
    await writeSampleShop(join(template, 'shop.sqlite'), { rows: options.rows, seed: options.seed });
    await initWorkspace({ folder: template, source: join(template, 'shop.sqlite') }, workerUrls);
    for (let run = 1; run <= options.runs; run += 1) {
      const workspace = join(folder, `run-${run}`);
      cpSync(template, workspace, { recursive: true });
      const result = await oneRun(workspace, options, random);
      kills += result.kills.length;
      firstRowMs.push(...result.firstRowMs);
      options.log(
        `run ${run}: killed at row ${result.kills.join(', ')} of ${options.rows}; first new row after ${result.firstRowMs.map((ms) => `${ms} ms`).join(', ') || '- (nothing was left)'}`,
      );
      rmSync(workspace, { recursive: true, force: true });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { kills, firstRowMs };
}

async function oneRun(workspace: string, { rows, killAgain }: KillOptions, random: Random) {
  const kills: number[] = [];
  const firstRowMs: number[] = [];
  const kill = async (running: Running, row: number): Promise<void> => {
    if (await killWithin(running, workspace, row, random)) kills.push(countProcessed(workspace));
  };
  const indexing = start(workspace, 'index');
  await kill(indexing, Math.floor(random() * rows * FIRST_KILL_SHARE));
  assert.equal(kills.length, 1, 'the first kill meets a living process');
  for (;;) {
    const { jobs } = await plumbline<{ jobs: Job[] }>(workspace, 'jobs', '--state', 'interrupted');
    assert.ok(jobs.length <= 1, 'one job runs at a time, so one can be interrupted');
    const [job] = jobs;
    if (job === undefined) break;
    assertAddsUp(job, null);
    const resuming = start(workspace, 'resume', job.id);
    const startedAt = performance.now();
    const firstRow = watchFirstRow(workspace, job, resuming, startedAt);
    if (kills.length < MAX_KILLS && random() < killAgain) {
      const left = (job.total ?? rows) - job.processed;
      await kill(resuming, countProcessed(workspace) + Math.floor(random() * left));
    }
    await resuming.ended;
    const ms = await firstRow;
    if (ms !== null) firstRowMs.push(ms);
  }
  // What the killed process had not begun; what is done already is found unchanged.
  const { jobs } = await plumbline<{ jobs: Job[] }>(workspace, 'index');
  jobs.forEach((job) => assert.equal(job.state, 'completed'));
  await verify(workspace);
  return { kills, firstRowMs };
}

interface Running {
  readonly child: ChildProcess;
  /** Standard output and error; resolves when the process is gone. */
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
}

function start(workspace: string, ...args: string[]): Running {
  const child = spawn(process.execPath, [BIN, ...args, '-w', workspace, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }));
  return { child, ended };
}

/** Runs a verb to its end in the workspace's folder; its JSON. @throws AssertionError unless it exits 0. */
async function plumbline<T>(workspace: string, verb: string, ...args: string[]): Promise<T> {
  const { code, out, err } = await start(workspace, verb, ...args).ended;
  assert.equal(code, 0, `plumbline ${verb} exits ${code}: ${out}${err}`);
  return JSON.parse(out) as T;
}

/** Kills a process when the workspace's jobs have processed so many rows, or a moment later; false if it had ended. */
async function killWithin(
  running: Running,
  workspace: string,
  row: number,
  random: Random,
): Promise<boolean> {
  const { child } = running;
  while (child.exitCode === null && countProcessed(workspace) < row) await wait(LOOK_MS);
  await wait(random() * MAX_DELAY_MS);
  child.kill('SIGKILL');
  await running.ended;
  return child.signalCode === 'SIGKILL';
}

/** Milliseconds until the resumed job has written a row; null where it ended without one. */
async function watchFirstRow(
  workspace: string,
  before: Job,
  { child }: Running,
  startedAt: number,
): Promise<number | null> {
  const written = (): number =>
    look(workspace, 'SELECT embedded + reused FROM job WHERE id = ?', Number(before.id));
  for (;;) {
    const over = child.exitCode !== null || child.signalCode !== null;
    if (written() > before.embedded + before.reused) return Math.round(performance.now() - startedAt);
    if (over) return null;
    await wait(LOOK_MS);
  }
}

const countProcessed = (workspace: string): number =>
  look(workspace, 'SELECT coalesce(sum(processed), 0) FROM job');

/** One number from the catalog, read beside the process that writes it; 0 before there is one. */
function look(workspace: string, sql: string, ...params: number[]): number {
  const db = new Database(join(workspace, '.plumbline', 'catalog.db'), { readonly: true });
  try {
    return (
      db
        .prepare<number[], number>(sql)
        .pluck()
        .get(...params) ?? 0
    );
  } finally {
    db.close();
  }
}

/** Every row that a job read is in exactly one of its counts. */
function assertAddsUp(job: Job, rows: number | null): void {
  const { processed, embedded, reused, unchanged, deleted, failed } = job;
  assert.equal(embedded + reused + unchanged + deleted + failed, processed, JSON.stringify(job));
  if (rows !== null) assert.equal(processed, rows, JSON.stringify(job));
}

async function verify(workspace: string): Promise<void> {
  const { reports } = await plumbline<{ reports: Report[] }>(workspace, 'validate');
  assert.equal(reports.length, SHOP_TABLES.length);
  for (const report of reports) {
    assert.equal(report.state, 'in_sync', JSON.stringify(report));
    assert.equal(report.source, sourceRows(workspace, report.entityType));
    assert.equal(report.indexed, report.source);
  }
  await verifyGraphs(workspace);
  verifyCatalog(workspace);
  verifyFiles(workspace);
}

function sourceRows(workspace: string, table: string): number {
  const db = new Database(join(workspace, 'shop.sqlite'), { readonly: true });
  try {
    return db.prepare<[], number>(`SELECT count(*) FROM "${table}"`).pluck().get() ?? 0;
  } finally {
    db.close();
  }
}

/** After loading, replaying or rebuilding, whatever the kills made necessary. */
async function verifyGraphs(workspace: string): Promise<void> {
  const engine = new Engine({
    folder: workspace,
    workers: workerUrls,
    builtinModel: BUILTIN_MODEL,
    access: 'read',
  });
  try {
    const { sync, vectors } = engine.searchContext();
    for (const table of SHOP_TABLES) {
      const generation = servingGeneration(engine.catalog, table);
      assert.ok(generation !== null);
      await sync.catchUp(generation.id);
      const inGraph = [...(await vectors.call('labels', generation.id))];
      assert.deepEqual(inGraph, [...engine.catalog.opLog.labels(generation.id)]);
      assert.equal(generation.entities, sourceRows(workspace, table));
    }
  } finally {
    await engine.close();
  }
}

function verifyCatalog(workspace: string): void {
  const catalog = openCatalogForWriting(join(workspace, '.plumbline', 'catalog.db'));
  try {
    assert.deepEqual(catalog.integrityProblems(), []);
    for (const { job } of catalog.jobs.list({})) {
      assert.equal(job.state, 'completed');
      if (job.kind === 'index') assertAddsUp(job, sourceRows(workspace, job.entityType));
    }
  } finally {
    catalog.close();
  }
  for (const [what, sql] of [
    ['entities that exist twice', 'SELECT count(*) - count(DISTINCT hex(key) || generation_id) FROM entity'],
    [
      'texts without a chunk',
      `SELECT count(*) FROM entity WHERE document <> '' AND id NOT IN (SELECT entity_id FROM chunk)`,
    ],
    [
      'labels that nothing uses',
      `SELECT count(*) FROM label WHERE NOT EXISTS (SELECT 1 FROM chunk
         WHERE chunk.generation_id = label.generation_id AND chunk.label = label.label)`,
    ],
    ['jobs that still run', `SELECT count(*) FROM job WHERE state IN ('running', 'interrupted', 'queued')`],
  ] as const) {
    assert.equal(look(workspace, sql), 0, what);
  }
}

function verifyFiles(workspace: string): void {
  const files = readdirSync(join(workspace, '.plumbline'), { recursive: true }).map(String);
  const leftovers = files.filter((name) => /tmp|partial|lock\.json|journal/.test(name));
  assert.deepEqual(leftovers, []);
}
