/** Rebuild: a second index beside the one that serves, one switch, and the way back. */
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Job } from '../../engine/contract.ts';
import {
  atSourceCall,
  catalogNumber,
  catalogRows,
  error,
  expectCountsAddUp,
  expectInSync,
  only,
  stopInTheMiddle,
} from '../support/observe.ts';
import { plumbline } from '../support/cli.ts';
import { differentTexts, makeNotes, unrenderable } from '../support/notes.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import type { TestEngine } from '../support/workspace.ts';

const generations = (folder: string): { number: number; state: string; entities: number }[] =>
  catalogRows(folder, 'SELECT number, state, entities FROM generation ORDER BY number');

const vectorOf = (folder: string): string[] =>
  catalogRows<{ vector: string }>(
    folder,
    `SELECT hex(m.vector) AS vector FROM generation g JOIN label l ON l.generation_id = g.id
     JOIN embedding m ON m.id = l.embedding_id WHERE g.state = 'serving' ORDER BY vector`,
  ).map((row) => row.vector);

const rebuild = async (engine: TestEngine, input: object = {}): Promise<Job> =>
  only((await engine.run('rebuild', { entityType: 'note', ...input })).jobs);

test('afresh: everything is read again, nothing embedded twice, one switch, and a verdict', async () => {
  const notes = await makeNotes(differentTexts(60));
  const engine = notes.open();
  await engine.run('index');
  notes.put({ 1: 'a red apple', 61: 'a new shoe' });
  notes.remove(2);
  const { jobs, reports } = await engine.run('rebuild', { entityType: 'note' });
  expect(only(jobs)).toMatchObject({
    kind: 'rebuild',
    state: 'completed',
    processed: 60,
    embedded: 2,
    reused: 58,
  });
  expect(only(reports)).toMatchObject({ state: 'in_sync', source: 60, indexed: 60 });
  expect(generations(notes.folder)).toEqual([
    { number: 1, state: 'retired', entities: 60 },
    { number: 2, state: 'serving', entities: 60 },
  ]);
  await expectInSync(engine);
});

test('--force embeds everything again', async () => {
  const notes = await makeNotes(differentTexts(30));
  const engine = notes.open();
  await engine.run('index');
  const before = vectorOf(notes.folder);
  expect(await rebuild(engine, { force: true })).toMatchObject({ embedded: 30, reused: 0 });
  expect(vectorOf(notes.folder)).toEqual(before);
  await expectInSync(engine);
});

test('a new model: outdated at once, rebuilt in its own space, and one command back', async () => {
  const notes = await makeNotes(differentTexts(40));
  await notes.run('index');
  const before = vectorOf(notes.folder);
  writeTinyModel(join(notes.folder, 'other'), { seed: 7 });
  notes.reconfigure({ model: './other' });
  const engine = notes.open();
  expect(only((await engine.run('validate')).reports)).toMatchObject({ outdated: 40, missing: 0 });
  const rebuilt = await rebuild(engine);
  expect(rebuilt).toMatchObject({ state: 'completed', embedded: 40 });
  const after = vectorOf(notes.folder);
  expect(after).toHaveLength(40);
  expect(after.filter((vector) => before.includes(vector))).toEqual([]);
  await expectInSync(engine);

  const back = only((await engine.run('rollback', { job: rebuilt.id })).jobs);
  expect(back).toMatchObject({ kind: 'rollback', state: 'completed', processed: 40 });
  expect(vectorOf(notes.folder)).toEqual(before);
  // Searches embed their query with the model that the index was made with.
  const { hits } = await engine.run('search', { entityType: 'note', query: 'book number 7', mode: 'vector' });
  expect(hits[0]?.similarity).toBeGreaterThan(0.8);
  expect(only((await engine.run('rollback', { job: back.id })).jobs).state).toBe('completed');
  expect(vectorOf(notes.folder)).toEqual(after);
  await expectInSync(engine);
});

test('a switch that other jobs have built on is refused with their list, and can be forced', async () => {
  const notes = await makeNotes(differentTexts(20));
  notes.configure({
    model: './tiny',
    retention: { generations: 5 },
    entityTypes: { note: { key: ['id'], template: '{{body}}' } },
  });
  const engine = notes.open();
  await engine.run('index');
  const rebuilt = await rebuild(engine);
  notes.put({ 3: 'a red apple' });
  const later = only((await engine.run('index')).jobs);
  const refused = await error(engine.run('rollback', { job: rebuilt.id }));
  expect(refused).toMatchObject({ code: 'ROLLBACK_CONFLICT' });
  expect(refused.message).toContain(later.id);
  const second = await rebuild(engine);
  const behind = await error(engine.run('rollback', { job: rebuilt.id, force: true }));
  expect(behind.message).toContain(second.id);
  await engine.run('rollback', { job: second.id });
  expect(only((await engine.run('rollback', { job: rebuilt.id, force: true })).jobs).state).toBe('completed');
  expect(only((await engine.run('validate')).reports)).toMatchObject({ stale: 1 });
});

const withRetention = (retention: object) => ({
  model: './tiny',
  retention,
  entityTypes: {
    note: { key: ['id'], template: '{{body}}' },
    other: { key: ['id'], template: '{{body}}' },
  },
});

test('jobs that built on a switch are seen when their undo records are pruned', async () => {
  const notes = await makeNotes(differentTexts(20));
  notes.configure(withRetention({ undoJobs: 0 }));
  const engine = notes.open();
  await engine.run('index', { entityTypes: ['note'] });
  const rebuilt = await rebuild(engine);
  notes.put({ 3: 'a red apple' });
  const later = only((await engine.run('index', { entityTypes: ['note'] })).jobs);
  expect(catalogNumber(notes.folder, 'SELECT count(*) FROM undo')).toBe(0);
  const refused = await error(engine.run('rollback', { job: rebuilt.id }));
  expect(refused).toMatchObject({ code: 'ROLLBACK_CONFLICT', details: { later: [later.id] } });
});

test('jobs that built on a rollback are seen where numbers of pruned undo records are given again', async () => {
  const notes = await makeNotes(differentTexts(5));
  notes.change((db) =>
    db.exec(
      "CREATE TABLE other (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO other VALUES (1, 'a'), (2, 'b')",
    ),
  );
  notes.configure(withRetention({}));
  await notes.run('index', { entityTypes: ['note'] });
  const rebuilt = only((await notes.run('rebuild', { entityType: 'note' })).jobs);
  await notes.run('index', { entityTypes: ['other'] });
  const back = only((await notes.run('rollback', { job: rebuilt.id })).jobs);
  notes.configure(withRetention({ undoJobs: 0 }));
  await notes.run('compact', { entityTypes: ['other'] });
  notes.configure(withRetention({}));
  notes.put({ 3: 'a red apple' });
  const later = only((await notes.run('index', { entityTypes: ['note'] })).jobs);
  const refused = await error(notes.run('rollback', { job: back.id }));
  expect(refused).toMatchObject({ code: 'ROLLBACK_CONFLICT', details: { later: [later.id] } });
});

test('a job taken back since a switch was is a change to what serves', async () => {
  const notes = await makeNotes(differentTexts(20));
  const engine = notes.open();
  await engine.run('index');
  notes.put({ 1: 'a red apple' });
  const second = only((await engine.run('index')).jobs);
  const rebuilt = await rebuild(engine);
  const back = only((await engine.run('rollback', { job: rebuilt.id })).jobs);
  const undone = only((await engine.run('rollback', { job: second.id })).jobs);
  const refused = await error(engine.run('rollback', { job: back.id }));
  expect(refused).toMatchObject({ code: 'ROLLBACK_CONFLICT', details: { later: [undone.id] } });
});

test('searches are served throughout, by one index at a time', async () => {
  const notes = await makeNotes(differentTexts(1200));
  await notes.run('index');
  writeTinyModel(join(notes.folder, 'other'), { seed: 7 });
  notes.reconfigure({ model: './other' });
  const engine = notes.open();
  let over = false;
  let searches = 0;
  const search = async (): Promise<void> => {
    while (!over) {
      const query = `the red book number ${1 + (searches % 1200)}`;
      const { hits } = await engine.run('search', { entityType: 'note', query, mode: 'vector', k: 3 });
      searches += 1;
      // A query in the other model's space would find nothing alike.
      expect(hits).toHaveLength(3);
      expect(hits[0]?.similarity).toBeGreaterThan(0.8);
    }
  };
  const clients = [search(), search()];
  const rebuilt = await rebuild(engine);
  const during = searches;
  over = true;
  await Promise.all(clients);
  expect(rebuilt.state).toBe('completed');
  expect(during).toBeGreaterThan(2);
  await expectInSync(engine);
});

test('what changes in the source meanwhile is in the new index, too', async () => {
  const notes = await makeNotes(differentTexts(1500));
  const engine = notes.open();
  await engine.run('index');
  await atSourceCall(engine, 'scan', 3, () => {
    notes.put({ 1: 'a red apple', 9001: 'a new shoe' });
    notes.remove(2, 1400);
  });
  const { jobs, reports } = await engine.run('rebuild', { entityType: 'note' });
  expect(only(jobs).state).toBe('completed');
  expect(only(reports)).toMatchObject({ state: 'in_sync', source: 1499, indexed: 1499 });
});

test('rows that vanish after they were read move to another count and are not read twice', async () => {
  for (const force of [false, true]) {
    const notes = await makeNotes(differentTexts(1500));
    const engine = notes.open();
    await engine.run('index');
    // Of those that go, these are new; rows of the first page are written by the time the third is read.
    notes.put({ 1: 'a red apple', 2: 'a blue shoe' });
    await atSourceCall(engine, 'scan', 4, () => notes.remove(1, 2, 3, 4, 5));
    const job = await rebuild(engine, { force });
    expectCountsAddUp(job);
    expect(job).toMatchObject({
      state: 'completed',
      total: 1500,
      processed: 1500,
      embedded: force ? 1495 : 0,
      reused: force ? 0 : 1495,
      deleted: 5,
    });
    await expectInSync(engine);
  }
});

test('interrupted, it goes on with resume or by the same command; nothing serves half', async () => {
  const notes = await makeNotes(differentTexts(1500));
  const engine = notes.open();
  await engine.run('index');
  const before = vectorOf(notes.folder);
  for (const again of ['resume', 'rebuild'] as const) {
    const stopped = await stopInTheMiddle(engine, 'rebuild', { entityType: 'note' });
    expect(stopped.state).toBe('interrupted');
    expect(vectorOf(notes.folder)).toEqual(before);
    const done =
      again === 'resume'
        ? only((await engine.run('resume', { job: stopped.id })).jobs)
        : await rebuild(engine);
    expect(done).toMatchObject({ id: stopped.id, state: 'completed', processed: 1500 });
    await expectInSync(engine);
  }
});

test('interrupted and with another recipe now, resume names the verb that rebuilds', async () => {
  const notes = await makeNotes(differentTexts(1500));
  await notes.run('index');
  const stop = new AbortController();
  const onProgress = () => stop.abort(new Error('stop'));
  const { jobs } = await notes.run('rebuild', { entityType: 'note' }, { signal: stop.signal, onProgress });
  expect(only(jobs).state).toBe('interrupted');
  notes.reconfigure({ template: 'a note: {{body}}' });
  expect(await error(notes.run('resume', { job: only(jobs).id }))).toMatchObject({
    code: 'RECIPE_CHANGED',
    hint: expect.stringContaining('`plumbline rebuild note`'),
  });
});

test('a disk with too little room refuses it; one that goes on asks only for what is left to write', async () => {
  // Three windows and a part: when a fourth is asked for, one at least is written and something is left.
  const ROWS = 1700;
  const notes = await makeNotes(differentTexts(ROWS));
  const engine = notes.open();
  await engine.run('index');
  // Documents so large that all of them take this share of what is free.
  const { bavail, bsize } = statfsSync(notes.folder);
  const { generations: reader } = engine.engine.catalog;
  const { averageDocumentBytes } = reader;
  const taking = (share: number) => () => (share * bavail * bsize) / (ROWS * 2.2 * 1.25);
  reader.averageDocumentBytes = taking(1.2);
  const refused = await error(engine.run('rebuild', { entityType: 'note' }));
  expect(refused).toMatchObject({
    code: 'DISK_SPACE_LOW',
    hint: expect.stringContaining('Nothing was changed'),
  });
  expect(catalogNumber(notes.folder, 'SELECT count(*) FROM job')).toBe(1);
  expect(generations(notes.folder)).toHaveLength(1);
  reader.averageDocumentBytes = averageDocumentBytes;
  const stop = new AbortController();
  const undo = await atSourceCall(engine, 'scan', 4, () => stop.abort());
  const { jobs } = await engine.run('rebuild', { entityType: 'note' }, { signal: stop.signal });
  undo();
  expect(only(jobs).processed).toBeGreaterThanOrEqual(500);
  reader.averageDocumentBytes = taking(20);
  const { id } = only(jobs);
  const again = only((await engine.run('resume', { job: id })).jobs);
  expect(again).toMatchObject({ state: 'interrupted', error: { code: 'DISK_SPACE_LOW' } });
  reader.averageDocumentBytes = taking(1.2);
  expect(await rebuild(engine)).toMatchObject({ id, state: 'completed', processed: ROWS });
});

test('an interrupted rebuild taken back leaves what serves as it was', async () => {
  const notes = await makeNotes(differentTexts(1500));
  const engine = notes.open();
  await engine.run('index');
  const stopped = await stopInTheMiddle(engine, 'rebuild', { entityType: 'note' });
  expect(only((await engine.run('rollback', { job: stopped.id })).jobs).state).toBe('completed');
  expect(generations(notes.folder).filter(({ state }) => state === 'building')).toEqual([]);
  expect((await error(engine.run('resume', { job: stopped.id }))).code).toBe('NOT_RESUMABLE');
  const dropped = await error(engine.run('rollback', { job: String(Number(stopped.id) + 1) }));
  expect(dropped).toMatchObject({ code: 'NOT_REVERSIBLE', hint: expect.stringContaining('again') });
  await expectInSync(engine);
});

test('an index job that was interrupted before ends with the switch: what it would write nobody would find', async () => {
  const notes = await makeNotes(differentTexts(1500));
  const engine = notes.open();
  const stopped = await stopInTheMiddle(engine, 'index');
  await rebuild(engine);
  expect(only((await engine.run('status', { job: stopped.id })).jobs)).toMatchObject({
    state: 'cancelled',
    error: { code: 'SUPERSEDED' },
  });
  await expectInSync(engine);
});

test('the way back is offered only where the former index is kept', async () => {
  const notes = await makeNotes(differentTexts(10));
  await notes.run('index');
  const options = { cwd: notes.folder };
  expect(await plumbline(['rebuild', 'note'], options)).toMatchObject({
    out: expect.stringMatching(/rollback 2\b/),
  });
  notes.configure({
    model: './tiny',
    retention: { generations: 0 },
    entityTypes: { note: { key: ['id'], template: '{{body}}' } },
  });
  const { out } = await plumbline(['rebuild', 'note'], options);
  expect(out).toContain('job 3');
  expect(out).not.toContain('rollback');
  const job = async (id: number): Promise<Job> => only((await notes.run('status', { job: String(id) })).jobs);
  expect([await job(1), await job(2), await job(3)].map(({ reversible }) => reversible)).toEqual([
    false,
    false,
    false,
  ]);
  expect((await error(notes.run('rollback', { job: '3' }))).code).toBe('GENERATION_PRUNED');
});

test('a truncated source: the former index goes on serving', async () => {
  const notes = await makeNotes(differentTexts(30));
  const engine = notes.open();
  await engine.run('index');
  notes.remove(...Array.from({ length: 20 }, (_, i) => i + 1));
  const rebuilt = await rebuild(engine);
  expect(rebuilt).toMatchObject({
    state: 'failed',
    error: {
      code: 'DELETE_CAP_EXCEEDED',
      hint: expect.stringContaining('`plumbline rebuild note --max-delete 67%`'),
    },
  });
  expect(generations(notes.folder).find(({ state }) => state === 'serving')).toMatchObject({ entities: 30 });
  expect(await rebuild(engine, { maxDeletePercent: 70 })).toMatchObject({ state: 'completed' });
  expect(generations(notes.folder).find(({ state }) => state === 'serving')).toMatchObject({ entities: 10 });
});

test('a row that cannot be rendered is a dead letter; the rest serves', async () => {
  const notes = await makeNotes([...differentTexts(30), unrenderable]);
  const engine = notes.open();
  await engine.run('index');
  expect(await rebuild(engine)).toMatchObject({ state: 'completed_with_failures', failed: 1, processed: 31 });
});

test('an entity type that was never indexed can be rebuilt, too', async () => {
  const notes = await makeNotes(differentTexts(5));
  const engine = notes.open();
  expect(await rebuild(engine)).toMatchObject({ state: 'completed', embedded: 5 });
  await expectInSync(engine);
});

test('a dry run says what it would take and writes nothing', async () => {
  const notes = await makeNotes(differentTexts(30));
  const engine = notes.open();
  await engine.run('index');
  notes.put({ 1: 'a red apple' });
  notes.remove(2);
  const { jobs, plans } = await engine.run('rebuild', { entityType: 'note', dryRun: true });
  expect(jobs).toEqual([]);
  const plan = only(plans);
  expect(plan).toMatchObject({ kind: 'rebuild', source: 29, embed: 1, delete: 1, chunks: 1 });
  expect(plan.disk?.neededBytes).toBeGreaterThan(0);
  const forced = await engine.run('rebuild', { entityType: 'note', dryRun: true, force: true });
  expect(only(forced.plans)).toMatchObject({ embed: 29, chunks: 29 });
  expect(catalogNumber(notes.folder, 'SELECT count(*) FROM job')).toBe(1);
});

test('jobs that wait for their turn write to what serves by then', async () => {
  const notes = await makeNotes(differentTexts(1200));
  const engine = notes.open();
  await engine.run('index');
  notes.put({ 1: 'a red apple', 2000: 'a new shoe' });
  const all = await Promise.all([
    engine.run('rebuild', { entityType: 'note' }),
    engine.run('index'),
    engine.run('rebuild', { entityType: 'note' }),
    engine.run('fixDrift'),
  ]);
  const jobs = all.map((output) => only(output.jobs));
  expect(jobs.map(({ state }) => state)).toEqual(['completed', 'completed', 'completed', 'completed']);
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(4);
  expect(generations(notes.folder).map(({ state }) => state)).toEqual(['retired', 'retired', 'serving']);
  await expectInSync(engine);
});
