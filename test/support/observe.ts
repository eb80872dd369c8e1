/** What tests look at from outside: the catalog's rows, the graph's labels, the drift list, and calls into threads. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished } from 'vitest';
import { MAX_PAGE, type DriftClass, type Job, type Report } from '../../engine/contract.ts';
import { servingGeneration } from '../../engine/jobs/context.ts';
import type { TestEngine } from './workspace.ts';

/** Rows of a query on a workspace's catalog, over a connection of its own. */
export function catalogRows<T>(folder: string, sql: string, ...params: unknown[]): T[] {
  const db = new Database(join(folder, '.plumbline', 'catalog.db'), { readonly: true });
  try {
    return db.prepare<unknown[], T>(sql).all(...params);
  } finally {
    db.close();
  }
}

/** The one number that a query answers. */
export function catalogNumber(folder: string, sql: string, ...params: unknown[]): number {
  return Object.values(catalogRows<Record<string, number>>(folder, sql, ...params)[0] ?? {})[0] ?? NaN;
}

/** All bytes of the catalog as readers see it, for comparing before and after. */
export function catalogBytes(folder: string): Buffer {
  const db = new Database(join(folder, '.plumbline', 'catalog.db'), { readonly: true });
  try {
    return db.serialize();
  } finally {
    db.close();
  }
}

/** What is indexed, without the jobs and reports around it: entities with their chunks, labels and vectors. */
export function indexedContent(folder: string): unknown[] {
  return catalogRows(
    folder,
    `SELECT e.generation_id, hex(e.key), e.recipe_id, hex(e.text_hash), e.document, e.job_id, c.ordinal, c.label,
            hex(m.vector)
     FROM entity e LEFT JOIN chunk c ON c.entity_id = e.id
     LEFT JOIN label l ON l.generation_id = c.generation_id AND l.label = c.label
     LEFT JOIN embedding m ON m.id = l.embedding_id ORDER BY e.id, c.ordinal`,
  );
}

/** The keys of the latest report by class, each list sorted; classes without any are left out. */
export async function driftOf(
  engine: TestEngine,
  entityType = 'note',
): Promise<Partial<Record<DriftClass, string[]>>> {
  const { items, total } = await engine.run('drift', { entityType, limit: MAX_PAGE });
  while (items.length < total) {
    const page = await engine.run('drift', { entityType, limit: MAX_PAGE, offset: items.length });
    expect(page.items.length).toBeGreaterThan(0);
    items.push(...page.items);
  }
  expect(items).toHaveLength(total);
  const classes: Partial<Record<DriftClass, string[]>> = {};
  for (const item of items) (classes[item.class] ??= []).push(item.key);
  for (const keys of Object.values(classes)) keys.sort(byNumberThenText);
  return classes;
}

export const byNumberThenText = (a: string, b: string): number =>
  Number(a) - Number(b) || (a < b ? -1 : Number(a > b));

/** Validates one type; its report, after checking that drift list and numbers agree. */
export async function validate(engine: TestEngine, entityType = 'note'): Promise<Report> {
  const { reports } = await engine.run('validate', { entityTypes: [entityType] });
  const report = only(reports);
  const listed = await driftOf(engine, entityType);
  for (const name of ['missing', 'stale', 'orphaned', 'outdated', 'failed'] as const) {
    expect(report[name], name).toBe(listed[name]?.length ?? 0);
  }
  return report;
}

/** In sync, nothing failed, and the graph holds exactly the catalog's labels. */
export async function expectInSync(engine: TestEngine, entityType = 'note'): Promise<void> {
  expect(await validate(engine, entityType)).toMatchObject({ state: 'in_sync', inSyncPercent: 100 });
  await expectLabelsAgree(engine, entityType);
}

/** The labels of the serving generation: as many as distinct chunk texts, and the same in graph and catalog. */
export async function expectLabelsAgree(engine: TestEngine, entityType = 'note'): Promise<number> {
  const generation = servingGeneration(engine.engine.catalog, entityType);
  if (generation === null) throw new Error(`${entityType} was never indexed`);
  const { sync, vectors } = engine.engine.searchContext();
  await sync.catchUp(generation.id);
  const inGraph = [...(await vectors.call('labels', generation.id))];
  expect(inGraph).toEqual([...engine.engine.catalog.opLog.labels(generation.id)]);
  const folder = engine.engine.paths.root;
  const used = catalogNumber(
    folder,
    'SELECT count(DISTINCT label) FROM chunk WHERE generation_id = ?',
    generation.id,
  );
  expect(inGraph).toHaveLength(used);
  expect(catalogNumber(folder, 'SELECT count(*) FROM entity WHERE generation_id = ?', generation.id)).toBe(
    generation.entities,
  );
  return inGraph.length;
}

/** Every row that a job read is in exactly one of its counts. */
export function expectCountsAddUp(job: Job): void {
  const { processed, embedded, reused, unchanged, deleted, failed } = job;
  expect(embedded + reused + unchanged + deleted + failed, JSON.stringify(job)).toBe(processed);
}

/** What a failing call is refused with; code `none` where it succeeds. */
export const error = (work: Promise<unknown>): Promise<{ code: string; message: string; hint: string }> =>
  work.then(
    () => ({ code: 'none', message: '', hint: '' }),
    (thrown: { code: string; message: string; hint: string }) => thrown,
  );

/** Starts one job and stops it as soon as it has counted something: the job as it is then. */
export async function stopInTheMiddle(
  engine: TestEngine,
  name: 'index' | 'rebuild' | 'rollback',
  input: object = {},
): Promise<Job> {
  const stop = new AbortController();
  const { jobs } = await engine.run(name, input, {
    signal: stop.signal,
    onProgress: ({ job }) => {
      if (job.processed > 0) stop.abort(new Error('stop'));
    },
  });
  return only(jobs);
}

/** The only element. */
export function only<T>(list: readonly T[] | undefined): T {
  expect(list).toHaveLength(1);
  return list?.[0] as T;
}

/** A thread's `call`, as far as an observer needs it. */
interface Calls {
  call: (name: string, ...args: unknown[]) => Promise<unknown>;
}

/**
 * Runs `action` right before the n-th call (from 1) of this name goes to a thread: how a test does something at an exact
 * moment of a job. The call itself goes through. Ends with the test, or by the function it returns.
 */
export function beforeCall(
  threads: object,
  name: string,
  action: (nth: number, args: unknown[]) => void,
): () => void {
  const observed = threads as Calls;
  const { call } = observed;
  let count = 0;
  observed.call = (called, ...args) => {
    if (called === name) action((count += 1), args);
    return call.call(observed, called, ...args);
  };
  const restore = (): void => {
    observed.call = call;
  };
  onTestFinished(restore);
  return restore;
}

/** Runs `action` once, before the n-th source call of this name. */
export async function atSourceCall(
  engine: TestEngine,
  name: string,
  nth: number,
  action: () => void,
): Promise<() => void> {
  const { thread } = await engine.engine.source();
  return beforeCall(thread, name, (count) => {
    if (count === nth) action();
  });
}
