import { copyFileSync, renameSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Job, Output } from '../../engine/contract.ts';
import { Engine } from '../../engine/engine.ts';
import { diskFull } from '../../engine/file-errors.ts';
import { status } from '../../engine/operations/read.ts';
import { workerUrls } from '../../workers/urls.ts';
import { differentTexts, makeNotes, unrenderable, type Notes } from '../support/notes.ts';
import {
  atSourceCall,
  catalogNumber,
  expectCountsAddUp,
  expectInSync,
  expectLabelsAgree,
  only,
} from '../support/observe.ts';
import { seededRandom } from '../support/vectors.ts';
import { builtinModel, type TestEngine } from '../support/workspace.ts';

/** Texts of which about every fifth is the text of an earlier row. */
function repeatingTexts(count: number): string[] {
  return differentTexts(count).map((text, i, texts) => (i % 5 === 4 ? (texts[i - 4] ?? text) : text));
}

/** Runs an index job that is interrupted before the n-th source call of this name; undefined if it never came. */
async function interruptedBefore(
  engine: TestEngine,
  call: string,
  nth: number,
  input: object = {},
): Promise<Job> {
  const interrupt = new AbortController();
  const stop = await atSourceCall(engine, call, nth, () => interrupt.abort());
  const job = only((await engine.run('index', input, { signal: interrupt.signal })).jobs);
  stop();
  return job;
}

const resume = async (engine: TestEngine, { id }: Job): Promise<Job> =>
  only((await engine.run('resume', { job: id })).jobs);

describe('interrupted and resumed', () => {
  test('at random moments, again and again, every row is counted and indexed once', async () => {
    const seed = 20261122;
    const random = seededRandom(seed);
    const COUNT = 4000;
    const notes = await makeNotes(repeatingTexts(COUNT));
    notes.put({ 100: unrenderable, 3000: unrenderable, 3999: unrenderable });
    const engine = notes.open();
    let job = await interruptedBefore(engine, 'documents', 4);
    let attempts = 1;
    while (job.state === 'interrupted') {
      expectCountsAddUp(job);
      const interrupt = new AbortController();
      const call = random() < 0.5 ? 'scan' : 'documents';
      const stop = await atSourceCall(engine, call, 1 + Math.floor(random() * 6), () => interrupt.abort());
      job = only((await engine.run('resume', { job: job.id }, { signal: interrupt.signal })).jobs);
      stop();
      attempts += 1;
      // Windows under way may be lost every time; in the end it is left to finish.
      if (attempts === 12) job = job.state === 'interrupted' ? await resume(engine, job) : job;
    }
    expect(attempts, `seed ${seed}`).toBeGreaterThan(3);
    expect(job).toMatchObject({
      state: 'completed_with_failures',
      total: COUNT,
      processed: COUNT,
      failed: 3,
      unchanged: 0,
    });
    expectCountsAddUp(job);
    const texts = catalogNumber(notes.folder, 'SELECT count(DISTINCT document) FROM entity');
    expect(job.embedded).toBe(texts);
    expect(await expectLabelsAgree(engine)).toBe(texts);
    expect(catalogNumber(notes.folder, 'SELECT count(*) FROM entity')).toBe(COUNT - 3);
  });

  test('goes on after the checkpoint, and reads again only what was under way', async () => {
    const notes = await makeNotes(differentTexts(3000));
    const engine = notes.open();
    const job = await interruptedBefore(engine, 'documents', 6);
    expect(engine.engine.catalog.jobs.get(Number(job.id))?.checkpoint).not.toBeNull();
    const done = job.embedded;
    expect(done).toBeGreaterThan(500);
    const before = catalogNumber(notes.folder, 'SELECT count(*) FROM embedding');
    expect(await resume(engine, job)).toMatchObject({ state: 'completed', processed: 3000, embedded: 3000 });
    // Nothing that was committed was embedded again: each row has its one embedding, made once.
    expect(before).toBe(done);
    expect(catalogNumber(notes.folder, 'SELECT max(id) FROM embedding')).toBe(3000);
    await expectInSync(engine);
  });

  test('by another process, as a kill leaves it', async () => {
    const notes = await makeNotes(differentTexts(3000));
    const engine = notes.open();
    const job = await interruptedBefore(engine, 'documents', 6);
    // What a killed process leaves: a job that runs, and nobody who runs it.
    engine.engine.writable().transaction(() => engine.engine.writable().jobs.start(Number(job.id)));
    await engine.close();
    const reader = await notes.run('status', { job: job.id });
    expect(reader.jobs).toMatchObject([{ state: 'interrupted' }]);
    expect((await notes.run('jobs', { state: 'interrupted' })).jobs).toMatchObject([{ id: job.id }]);
    const other = notes.open();
    expect(await resume(other, job)).toMatchObject({ state: 'completed', processed: 3000, embedded: 3000 });
    await expectInSync(other);
    await expect(resume(other, job)).rejects.toMatchObject({ code: 'NOT_RESUMABLE' });
    await expect(other.run('resume', { job: '999' })).rejects.toMatchObject({ code: 'JOB_UNKNOWN' });
  });
});

test('a job that ends while its status is read was not interrupted', async () => {
  const notes = await makeNotes(differentTexts(20));
  const writer = notes.open();
  const { id } = only((await writer.run('index')).jobs);
  const catalog = writer.engine.writable();
  catalog.transaction(() => catalog.jobs.start(Number(id)));
  const reader = new Engine({ folder: notes.folder, workers: workerUrls, builtinModel, access: 'read' });
  onTestFinished(() => reader.close());
  Object.defineProperty(reader, 'nobodyWrites', {
    get() {
      // The writer ends its job and lets go of the lock, right before the reader looks at that.
      catalog.transaction(() => catalog.jobs.finish(Number(id), 'completed', null, 1));
      return true;
    },
  });
  expect(status(reader, { job: id }).jobs).toMatchObject([{ id, state: 'completed' }]);
});

test('a job of single keys counts each of them once, too', async () => {
  const notes = await makeNotes(differentTexts(600));
  const engine = notes.open();
  await engine.run('index');
  const keys = Array.from({ length: 600 }, (_, i) => String(i + 1));
  const job = await interruptedBefore(engine, 'documents', 2, { entityTypes: ['note'], keys });
  expect(job).toMatchObject({ state: 'interrupted', unchanged: 256 });
  notes.put({ 3: 'changed meanwhile' });
  const resumed = await resume(engine, job);
  expect(resumed).toMatchObject({
    state: 'completed',
    total: 600,
    processed: 600,
    embedded: 1,
    unchanged: 599,
  });
  await expectInSync(engine);
});

describe('other jobs in between: each entity is counted once, by the one that dealt with it last', () => {
  test('one that was embedded, and embedded again by another job', async () => {
    const notes = await makeNotes(differentTexts(1500));
    const engine = notes.open();
    const job = await interruptedBefore(engine, 'scan', 4);
    notes.put({ 1: 'a red apple' });
    await engine.run('index', { entityTypes: ['note'], keys: ['1'] });
    notes.put({ 1: 'a green apple' });
    const resumed = await resume(engine, job);
    expect(resumed).toMatchObject({ state: 'completed', processed: 1500, embedded: 1500, unchanged: 0 });
    await expectInSync(engine);
  });

  test.each([
    ['that fails again', unrenderable, { processed: 1501, failed: 1, embedded: 1500 }],
    ['that is well by then', 'mended', { processed: 1501, failed: 0, embedded: 1500, unchanged: 1 }],
  ])('a dead letter %s', async (_how, body, counts) => {
    const notes = await makeNotes([unrenderable, ...differentTexts(1500)]);
    const engine = notes.open();
    const job = await interruptedBefore(engine, 'scan', 4);
    expect(job.failed).toBe(1);
    notes.put({ 1: body });
    await engine.run('retry', { target: 'note' });
    const resumed = await resume(engine, job);
    expect(resumed).toMatchObject(counts);
    expectCountsAddUp(resumed);
  });

  test('a row with NULL in its key', async () => {
    const notes = await makeNotes(differentTexts(20));
    notes.change((db) =>
      db.exec(`CREATE TABLE other (id TEXT, body TEXT);
      INSERT INTO other VALUES ('a', 'a text'), (NULL, 'another'), (NULL, 'one more')`),
    );
    notes.configure({ model: './tiny', entityTypes: { other: { key: ['id'], template: '{{body}}' } } });
    const engine = notes.open();
    const catalog = engine.engine.writable();
    const { id } = only((await engine.run('index')).jobs);
    // As if it had died right before its end.
    catalog.transaction(() => catalog.jobs.finish(Number(id), 'interrupted', null, 1));
    expect(only((await engine.run('retry', { target: 'other' })).jobs)).toMatchObject({ failed: 2 });
    const resumed = only((await engine.run('resume', { job: id })).jobs);
    expect(resumed).toMatchObject({ processed: 3, embedded: 1, failed: 2 });
  });
});

test('a checkpoint that could not be written is not passed over by a later one', async () => {
  const notes = await makeNotes(differentTexts(2000));
  const engine = notes.open();
  await engine.run('index');
  const catalog = engine.engine.writable();
  const { transaction } = catalog;
  const stop = await atSourceCall(engine, 'scan', 3, () => {
    // Checkpoints over unchanged rows are written a few times a second; the next one finds the disk full.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    catalog.transaction = () => {
      catalog.transaction = transaction;
      throw diskFull(catalog.path, null);
    };
  });
  const job = only((await engine.run('index')).jobs);
  stop();
  expect(job).toMatchObject({ state: 'interrupted', error: { code: 'DISK_FULL' } });
  expect(await resume(engine, job)).toMatchObject({ state: 'completed', processed: 2000, unchanged: 2000 });
});

describe('the source changes between interruption and resume', () => {
  async function interruptedJob(before: (notes: Notes) => Promise<void> = async () => {}) {
    const notes = await makeNotes(differentTexts(2500));
    await before(notes);
    const engine = notes.open();
    const job = await interruptedBefore(engine, 'scan', 5);
    expect(job.state).toBe('interrupted');
    expect(engine.engine.catalog.jobs.get(Number(job.id))?.checkpoint).not.toBeNull();
    return { notes, engine, job };
  }

  test('before the checkpoint and after it: in sync afterwards, orphans aside', async () => {
    const { notes, engine, job } = await interruptedJob();
    notes.put({ 3: 'changed before', 2400: 'changed after', [-7]: 'new before', 5000: 'new after' });
    notes.swap(10, 11);
    notes.remove(2450);
    const resumed = await resume(engine, job);
    expect(resumed).toMatchObject({ state: 'completed', processed: 2501, failed: 0 });
    expectCountsAddUp(resumed);
    await expectInSync(engine);
  });

  test('rows that were found unchanged, and changed since, are read once', async () => {
    // Half of the rows are indexed by an earlier job, so that this one passes them by.
    const { notes, engine, job } = await interruptedJob(async (notes) => {
      await notes.run('index', { limit: 700 });
    });
    notes.put({ 3: 'changed before', 4: unrenderable });
    notes.change((db) => db.exec('UPDATE note SET id = -id WHERE id = 7'));
    const resumed = await resume(engine, job);
    // One row has another key now, and was read under both; the two that changed are no longer unchanged.
    expect(resumed).toMatchObject({
      state: 'completed_with_failures',
      processed: 2501,
      unchanged: 698,
      failed: 1,
    });
    expectCountsAddUp(resumed);
    await engine.run('fixDrift');
    notes.put({ 4: 'mended' });
    await engine.run('index');
    await expectInSync(engine);
  });

  test('a row that had failed and was mended meanwhile is no failure any more', async () => {
    const { notes, engine, job } = await interruptedJob(async (notes) => notes.put({ 5: unrenderable }));
    expect(job.failed).toBe(1);
    notes.put({ 5: 'mended' });
    const resumed = await resume(engine, job);
    expect(resumed).toMatchObject({ state: 'completed', processed: 2500, embedded: 2500, failed: 0 });
    expect((await engine.run('deadLetters')).total).toBe(0);
    await expectInSync(engine);
  });
});

describe('the source file is replaced by another one', () => {
  /** Puts a copy in the file's place, as editors and deployments do. */
  function replace({ sourcePath }: Notes): void {
    copyFileSync(sourcePath, `${sourcePath}.new`);
    renameSync(`${sourcePath}.new`, sourcePath);
  }

  test('during a job: it fails, keeps what it did, and the next one reads the new file', async () => {
    const notes = await makeNotes(differentTexts(3000));
    const engine = notes.open();
    await atSourceCall(engine, 'documents', 5, () => {
      notes.change((db) => db.pragma('wal_checkpoint(TRUNCATE)'));
      replace(notes);
      notes.put({ 1: 'only in the new file' });
    });
    const job = only((await engine.run('index')).jobs);
    expect(job).toMatchObject({ state: 'failed', error: { code: 'SOURCE_REPLACED' } });
    expect(job.embedded).toBeGreaterThan(0);
    const next = only((await engine.run('index')).jobs);
    expect(next).toMatchObject({ state: 'completed', processed: 3000, failed: 0 });
    expect(next.id).not.toBe(job.id);
    expect(next.unchanged).toBeGreaterThan(0);
    await expectInSync(engine);
    const { hits } = await engine.run('search', { entityType: 'note', query: 'only in the new file', k: 1 });
    expect(hits).toMatchObject([{ key: '1' }]);
  });

  test('before a resume: it is refused, and index starts anew', async () => {
    const notes = await makeNotes(differentTexts(3000));
    const engine = notes.open();
    const job = await interruptedBefore(engine, 'documents', 5);
    replace(notes);
    await expect(resume(engine, job)).rejects.toMatchObject({ code: 'SOURCE_REPLACED', exitCode: 2 });
    const next = only((await engine.run('index')).jobs);
    expect(next.id).not.toBe(job.id);
    expect(next).toMatchObject({ state: 'completed', processed: 3000 });
    expect(next.unchanged).toBe(job.embedded);
    expect(only((await engine.run('status', { job: job.id })).jobs)).toMatchObject({
      state: 'cancelled',
      error: { code: 'SUPERSEDED' },
    });
    await expectInSync(engine);
  });

  test('during a validation: no report of data that nobody has any more', async () => {
    const notes = await makeNotes(differentTexts(50));
    const engine = notes.open();
    await engine.run('index');
    const stop = await atSourceCall(engine, 'scan', 2, () => replace(notes));
    const { jobs, reports } = (await engine.run('validate')) as unknown as Output<'validate'> & {
      jobs: Job[];
    };
    stop();
    expect(jobs).toMatchObject([{ state: 'failed', error: { code: 'SOURCE_REPLACED' } }]);
    expect(reports).toEqual([]);
    expect(await engine.run('status')).toMatchObject({ reports: [] });
    await expectInSync(engine);
  });
});
