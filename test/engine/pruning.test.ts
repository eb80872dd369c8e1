import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { WritableCatalog } from '../../engine/catalog/catalog.ts';
import type { Retention } from '../../engine/config.ts';
import {
  measurePrunable,
  pruneAfterJob,
  pruneEmbeddings,
  pruneType,
  selectPrunable,
  type PruneContext,
} from '../../engine/jobs/prune.ts';
import { generationsBeyond, undoBeyond } from '../../engine/retention.ts';
import { differentTexts, makeNotes, type Notes } from '../support/notes.ts';
import { catalogNumber, catalogRows, expectInSync, indexedContent, only } from '../support/observe.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { expectSoundCatalog, type TestEngine } from '../support/workspace.ts';

const DAY = 24 * 60 * 60 * 1000;
const NOW = 1_800_000_000_000;
const KEEP_ALL: Retention = { undoJobs: 1000, undoDays: 1000, generations: 1000, generationDays: 1000 };
const never = new AbortController().signal;

/** What a job prunes with, under another retention than the configured one. */
const contextOf = (engine: TestEngine, retention: Partial<Retention>): PruneContext => ({
  ...engine.engine.catalogJobContext({}),
  retention: { ...KEEP_ALL, ...retention },
});

const typeOf = (engine: TestEngine, name = 'note'): number =>
  engine.engine.catalog.generations.typeId(name) ?? 0;

/** Changes the catalog over a connection of its own: times pass, and jobs are left open, as tests need it. */
function alter(folder: string, sql: string): void {
  const db = new Database(join(folder, '.plumbline', 'catalog.db'));
  try {
    db.exec(sql);
  } finally {
    db.close();
  }
}

const undoOf = (folder: string, jobId: number | string): number =>
  catalogNumber(folder, 'SELECT count(*) FROM undo WHERE job_id = ?', Number(jobId));

/** A workspace with `jobs` index jobs behind it, each of which changed note 1 and added another one. */
async function withHistory(jobs: number): Promise<{ notes: Notes; engine: TestEngine; folder: string }> {
  const notes = await makeNotes(['the first text']);
  // Nothing is pruned unless the test does it.
  notes.configure({
    model: './tiny',
    retention: { undoJobs: 1000 },
    entityTypes: { note: { key: ['id'], template: '{{body}}' } },
  });
  const engine = notes.open();
  await engine.run('index');
  for (let i = 2; i <= jobs; i += 1) {
    notes.put({ 1: `the text number ${i}`, [i]: `another text number ${i}` });
    await engine.run('index');
  }
  return { notes, engine, folder: notes.folder };
}

/** Two generations: one of a former model, with 30 notes, that another one has replaced. */
async function withRetired(): Promise<{ notes: Notes; engine: TestEngine; folder: string }> {
  const notes = await makeNotes(differentTexts(30));
  await notes.run('index');
  writeTinyModel(join(notes.folder, 'tiny'), { seed: 2 });
  const engine = notes.open();
  await engine.run('index');
  expect(generations(notes.folder)).toMatchObject([{ state: 'retired', entities: 30 }, { state: 'serving' }]);
  return { notes, engine, folder: notes.folder };
}

const generations = (folder: string) =>
  catalogRows<{
    id: number;
    state: string;
    entities: number;
    labels: number;
    started: number | null;
    pruned: number | null;
  }>(
    folder,
    'SELECT id, state, entities, labels, prune_started_at AS started, pruned_at AS pruned FROM generation ORDER BY id',
  );

const rowsOf = (folder: string, generationId: number): number =>
  ['entity', 'label', 'chunk', 'op', 'op_commit', 'undo']
    .map((table) =>
      catalogNumber(folder, `SELECT count(*) FROM ${table} WHERE generation_id = ?`, generationId),
    )
    .reduce((sum, count) => sum + count, 0);

/** The catalog's transactions from now on, the n-th of which (from 1) is followed by `action`. */
function afterTransaction(catalog: WritableCatalog, action: (nth: number) => unknown): () => void {
  const { transaction } = catalog;
  let count = 0;
  const observed = catalog as { transaction: WritableCatalog['transaction'] };
  observed.transaction = (work) => {
    const result = transaction.call(catalog, work) as ReturnType<typeof work>;
    action((count += 1));
    return result;
  };
  return () => void (observed.transaction = transaction);
}

describe('which undo records are beyond retention', () => {
  const job = (id: number, from: number, to: number | null) => ({ id, startedAt: from, endedAt: to });
  const inTurn = [1, 2, 3, 4, 5].map((id) => job(id, NOW - 100 + id * 10, NOW - 95 + id * 10));

  test('those of all but the newest jobs', () => {
    expect(undoBeyond(inTurn, { ...KEEP_ALL, undoJobs: 2 }, NOW)).toEqual([3, 2, 1]);
    expect(undoBeyond(inTurn, { ...KEEP_ALL, undoJobs: 0 }, NOW)).toEqual([5, 4, 3, 2, 1]);
    expect(undoBeyond(inTurn, { ...KEEP_ALL, undoJobs: 5 }, NOW)).toEqual([]);
  });

  test('those that are too old, however few', () => {
    const jobs = [job(1, NOW - 9 * DAY, NOW - 8 * DAY), job(2, NOW - 6 * DAY, NOW - 5 * DAY)];
    expect(undoBeyond(jobs, { ...KEEP_ALL, undoDays: 7 }, NOW)).toEqual([1]);
    expect(undoBeyond(jobs, { ...KEEP_ALL, undoDays: 0 }, NOW)).toEqual([2, 1]);
  });

  test('not of a job that can go on, nor of those that ran since it began', () => {
    const jobs = [...inTurn.slice(0, 2), job(3, NOW - 70, null), ...inTurn.slice(3)];
    expect(undoBeyond(jobs, { ...KEEP_ALL, undoJobs: 0 }, NOW)).toEqual([2, 1]);
  });

  test('not of those that ran since a kept job began, and so on', () => {
    // 1 was interrupted, 2 ran meanwhile, 3 began before 2 had ended.
    const jobs = [
      job(1, NOW - 100, NOW - 10),
      job(2, NOW - 90, NOW - 60),
      job(3, NOW - 120, NOW - 80),
      job(4, NOW - 200, NOW - 150),
    ];
    expect(undoBeyond(jobs, { ...KEEP_ALL, undoJobs: 1 }, NOW)).toEqual([4]);
  });
});

test('retired generations are beyond retention by number and age, those that never served at once', () => {
  const retired = [
    { id: 1, retiredAt: NOW - 9 * DAY },
    { id: 2, retiredAt: null },
    { id: 3, retiredAt: NOW - 2 * DAY },
    { id: 4, retiredAt: NOW - DAY },
  ];
  expect(generationsBeyond(retired, { ...KEEP_ALL, generations: 1 }, NOW)).toEqual([1, 2, 3]);
  expect(generationsBeyond(retired, { ...KEEP_ALL, generations: 0 }, NOW)).toEqual([1, 2, 3, 4]);
  expect(generationsBeyond(retired, { ...KEEP_ALL, generationDays: 7 }, NOW)).toEqual([1, 2]);
});

describe('undo records', () => {
  test('of the newest jobs stay and can be rolled back; older ones go, and say so', async () => {
    const { engine, folder } = await withHistory(4);
    const context = contextOf(engine, { undoJobs: 2 });
    const measured = await measurePrunable(
      engine.engine.catalog,
      [selectPrunable(engine.engine.catalog, typeOf(engine), context.retention)],
      never,
    );
    expect(measured.undo).toBe(3);
    expect(measured.undoBytes).toBeGreaterThan(3 * 20);
    expect(await pruneAfterJob(context, typeOf(engine), never)).toEqual({
      undo: 3,
      generations: 0,
      embeddings: 0,
    });
    expect([1, 2, 3, 4].map((id) => undoOf(folder, id))).toEqual([0, 0, 2, 2]);
    expect(
      catalogNumber(folder, 'SELECT count(*) FROM undo_chunk WHERE undo_id NOT IN (SELECT id FROM undo)'),
    ).toBe(0);
    const marked = catalogRows<{ id: number }>(folder, 'SELECT id FROM job WHERE undo_pruned_at IS NOT NULL');
    expect(marked.map((row) => row.id)).toEqual([1, 2]);
    expect(await pruneAfterJob(context, typeOf(engine), never)).toMatchObject({ undo: 0 });
    await expect(engine.run('rollback', { job: '2', force: true })).rejects.toMatchObject({
      code: 'UNDO_PRUNED',
    });
    expect(only((await engine.run('rollback', { job: '4' })).jobs)).toMatchObject({ state: 'completed' });
    expect(catalogRows(folder, `SELECT document FROM entity WHERE document LIKE 'the text%'`)).toEqual([
      { document: 'the text number 3' },
    ]);
  });

  test('of other entity types do not count', async () => {
    const { engine, folder } = await withHistory(3);
    alter(folder, `INSERT INTO entity_type (name) VALUES ('other')`);
    expect(
      await pruneAfterJob(contextOf(engine, { undoJobs: 0 }), typeOf(engine, 'other'), never),
    ).toMatchObject({ undo: 0 });
    expect(undoOf(folder, 1)).toBe(1);
  });

  test('of a job that can go on stay, with those of later jobs', async () => {
    const { engine, folder } = await withHistory(4);
    const context = contextOf(engine, { undoJobs: 0 });
    for (const state of ['interrupted', 'paused', 'queued', 'running']) {
      alter(folder, `UPDATE job SET state = '${state}' WHERE id = 2`);
      await pruneAfterJob(context, typeOf(engine), never);
      expect(
        [1, 2, 3, 4].map((id) => undoOf(folder, id)),
        state,
      ).toEqual([0, 2, 2, 2]);
    }
    alter(folder, `UPDATE job SET state = 'cancelled' WHERE id = 2`);
    await pruneAfterJob(context, typeOf(engine), never);
    expect([1, 2, 3, 4].map((id) => undoOf(folder, id))).toEqual([0, 0, 0, 0]);
  });

  test('of a job whose rollback was interrupted stay: it goes on with them', async () => {
    const { engine, folder } = await withHistory(3);
    await engine.run('rollback', { job: '3' });
    alter(folder, `UPDATE job SET state = 'interrupted' WHERE kind = 'rollback'`);
    await pruneAfterJob(contextOf(engine, { undoJobs: 0 }), typeOf(engine), never);
    expect(undoOf(folder, 3)).toBe(2);
    expect(undoOf(folder, 2)).toBe(0);
  });

  test('go by age', async () => {
    const { engine, folder } = await withHistory(3);
    alter(
      folder,
      `UPDATE job SET started_at = started_at - ${40 * DAY}, finished_at = finished_at - ${40 * DAY} WHERE id <= 2`,
    );
    await pruneAfterJob(contextOf(engine, { undoDays: 30 }), typeOf(engine), never);
    expect([1, 2, 3].map((id) => undoOf(folder, id))).toEqual([0, 0, 2]);
  });

  test('of a job that is half pruned are never rolled back, and the next pruning takes the rest', async () => {
    const notes = await makeNotes(differentTexts(450));
    const engine = notes.open();
    await engine.run('index');
    const stop = new AbortController();
    // The first transaction says that the job is pruned, the second one removes the first records.
    const restore = afterTransaction(engine.engine.writable(), (nth) => {
      if (nth === 2) stop.abort(new Error('stopped'));
    });
    const context = contextOf(engine, { undoJobs: 0 });
    await expect(pruneAfterJob(context, typeOf(engine), stop.signal)).rejects.toThrow('stopped');
    restore();
    const left = undoOf(notes.folder, 1);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(450);
    await expect(engine.run('rollback', { job: '1', force: true })).rejects.toMatchObject({
      code: 'UNDO_PRUNED',
    });
    expect(await pruneAfterJob(contextOf(engine, {}), typeOf(engine), never)).toMatchObject({ undo: left });
    expect(undoOf(notes.folder, 1)).toBe(0);
  });
});

describe('a retired generation', () => {
  test('beyond retention goes with all its rows, words, jobs to take back, and its folder', async () => {
    const { engine, folder } = await withRetired();
    const vectors = join(folder, '.plumbline', 'vectors', '1');
    await engine.engine.catalogJobContext({}).follower.withGraph(1, async () => {});
    const serving = indexedContent(folder).filter(
      (row) => (row as { generation_id: number }).generation_id === 2,
    );
    const context = contextOf(engine, { generations: 0 });
    const measured = await measurePrunable(
      engine.engine.catalog,
      [selectPrunable(engine.engine.catalog, typeOf(engine), context.retention)],
      never,
    );
    expect(measured).toMatchObject({ generations: 1, undo: 30, embeddings: 30 });
    expect(measured.generationBytes).toBeGreaterThan(30 * 100);
    expect(await pruneAfterJob(context, typeOf(engine), never)).toEqual({
      undo: 30,
      generations: 1,
      embeddings: 0,
    });
    expect(rowsOf(folder, 1)).toBe(0);
    expect(generations(folder)[0]).toMatchObject({ state: 'retired', entities: 0, labels: 0 });
    expect(generations(folder)[0]?.pruned).not.toBeNull();
    expect(existsSync(vectors)).toBe(false);
    expect(
      catalogNumber(folder, 'SELECT count(*) FROM job WHERE id = 1 AND undo_pruned_at IS NOT NULL'),
    ).toBe(1);
    expect(indexedContent(folder)).toEqual(serving);
    expect(await pruneEmbeddings(engine.engine.writable(), never)).toBe(30);
    expect(await pruneAfterJob(context, typeOf(engine), never)).toMatchObject({ generations: 0 });
    await expectInSync(engine);
    expectSoundCatalog(folder);
  });

  test('within retention stays; it ages from when it was replaced, however long it had served', async () => {
    const { engine, folder } = await withRetired();
    const context = contextOf(engine, { generationDays: 30 });
    alter(
      folder,
      `UPDATE generation SET created_at = created_at - ${90 * DAY}, switched_at = switched_at - ${90 * DAY} WHERE id = 1`,
    );
    expect(await pruneType(context, typeOf(engine), never)).toMatchObject({ generations: 0 });
    alter(folder, `UPDATE generation SET switched_at = switched_at - ${31 * DAY} WHERE id = 2`);
    expect(await pruneType(context, typeOf(engine), never)).toMatchObject({ generations: 1 });
  });

  test('stays while a job that can go on writes to it, or may switch back to it', async () => {
    const { engine, folder } = await withRetired();
    for (const column of ['generation_id = 1', 'previous_generation_id = 1']) {
      alter(
        folder,
        `UPDATE job SET state = 'interrupted', generation_id = NULL, previous_generation_id = NULL WHERE id = 2;
         UPDATE job SET ${column} WHERE id = 2`,
      );
      await pruneType(contextOf(engine, { generations: 0 }), typeOf(engine), never);
      expect(generations(folder)[0], column).toMatchObject({ started: null, entities: 30 });
    }
  });

  test('that a rebuild replaced can be gone back to until it is pruned', async () => {
    const notes = await makeNotes(differentTexts(10));
    const engine = notes.open();
    await engine.run('index');
    await engine.run('rebuild', { entityType: 'note' });
    await pruneAfterJob(contextOf(engine, { generations: 1 }), typeOf(engine), never);
    await engine.run('rollback', { job: '2' });
    expect(generations(notes.folder)).toMatchObject([
      { state: 'serving' },
      { state: 'retired', entities: 10 },
    ]);
    // The rollback can be taken back as well, until the generation of the rebuild is gone.
    await pruneAfterJob(contextOf(engine, { generations: 0 }), typeOf(engine), never);
    expect(generations(notes.folder)).toMatchObject([
      { state: 'serving' },
      { state: 'retired', entities: 0 },
    ]);
    await expect(engine.run('rollback', { job: '3', force: true })).rejects.toMatchObject({
      code: 'GENERATION_PRUNED',
    });
    await expectInSync(engine);
  });

  test('may be left at any step: the next pruning goes on where it stopped', async () => {
    const { engine, folder } = await withRetired();
    const catalog = engine.engine.writable();
    let stops = 0;
    for (let done = false; !done;) {
      const stop = new AbortController();
      // Every run says once more that the pruning was begun, and takes one step.
      const last = stops === 0 ? 1 : 2;
      const restore = afterTransaction(catalog, (nth) => nth === last && stop.abort(new Error('stopped')));
      // A retention that would keep it: what was begun is ended all the same.
      const context = contextOf(engine, { generations: stops === 0 ? 0 : 5 });
      try {
        await pruneAfterJob(context, typeOf(engine), stop.signal);
        done = generations(folder)[0]?.pruned !== null;
      } catch {
        stops += 1;
        expect(generations(folder)[0]).toMatchObject({ state: 'retired', pruned: null });
        expect(generations(folder)[0]?.started).not.toBeNull();
      }
      restore();
      expectSoundCatalog(folder);
      expect(stops).toBeLessThan(50);
    }
    expect(stops).toBeGreaterThan(3);
    expect(rowsOf(folder, 1)).toBe(0);
    await expectInSync(engine);
  });
});

describe('a generation that was being built', () => {
  /** Stops an index job with a new model in its middle. */
  async function withBuilding(): Promise<{ notes: Notes; engine: TestEngine; folder: string }> {
    const notes = await makeNotes(differentTexts(10));
    await notes.run('index');
    writeTinyModel(join(notes.folder, 'tiny'), { seed: 2 });
    const engine = notes.open();
    await engine.run('index', { limit: 3 });
    alter(
      notes.folder,
      `UPDATE generation SET state = CASE id WHEN 1 THEN 'serving' ELSE 'building' END, switched_at = NULL`,
    );
    return { notes, engine, folder: notes.folder };
  }

  test('stays while a job can go on with it, or the next one would', async () => {
    const { engine, folder } = await withBuilding();
    for (const state of ['completed', 'interrupted', 'failed']) {
      alter(folder, `UPDATE job SET state = '${state}' WHERE id = 2`);
      await pruneType(contextOf(engine, { generations: 0 }), typeOf(engine), never);
      expect(generations(folder)).toMatchObject([{ state: 'serving' }, { state: 'building', entities: 3 }]);
    }
  });

  test('goes where a later job left it alone, with compaction and not after every job', async () => {
    const { notes, engine, folder } = await withBuilding();
    await engine.close();
    writeTinyModel(join(folder, 'tiny'), { seed: 1 });
    await notes.run('index');
    const again = notes.open();
    expect(await pruneAfterJob(contextOf(again, {}), typeOf(again), never)).toMatchObject({ generations: 0 });
    expect(await pruneType(contextOf(again, {}), typeOf(again), never)).toMatchObject({ generations: 1 });
    expect(generations(folder)).toMatchObject([
      { state: 'serving', entities: 10 },
      { state: 'retired', entities: 0 },
    ]);
    expect(rowsOf(folder, 2)).toBe(0);
    await expectInSync(again);
  });
});

test('embeddings go when neither a label nor an undo record refers to them, and not before', async () => {
  const { engine, folder } = await withHistory(3);
  const catalog = engine.engine.writable();
  const embeddings = (): number => catalogNumber(folder, 'SELECT count(*) FROM embedding');
  expect(embeddings()).toBe(5);
  expect(await pruneEmbeddings(catalog, never)).toBe(0);
  const context = contextOf(engine, { undoJobs: 1 });
  const selection = selectPrunable(catalog, typeOf(engine), context.retention);
  expect(await measurePrunable(catalog, [selection], never)).toMatchObject({ undo: 3, embeddings: 1 });
  await pruneAfterJob(context, typeOf(engine), never);
  expect(await pruneEmbeddings(catalog, never)).toBe(1);
  expect(embeddings()).toBe(4);
  const [rolledBack] = (await engine.run('rollback', { job: '3' })).jobs;
  expect(rolledBack).toMatchObject({ state: 'completed', embedded: 0 });
  expect(catalogNumber(folder, `SELECT count(*) FROM entity WHERE document = 'the text number 2'`)).toBe(1);
});
