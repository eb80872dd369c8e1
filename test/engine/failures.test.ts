import { describe, expect, test } from 'vitest';
import { diskFull } from '../../engine/file-errors.ts';
import { differentTexts, makeNotes, unrenderable, type Notes } from '../support/notes.ts';
import {
  atSourceCall,
  byNumberThenText,
  catalogNumber,
  driftOf,
  expectCountsAddUp,
  expectInSync,
  expectLabelsAgree,
  only,
  validate,
} from '../support/observe.ts';
import { writeTinyModel, type TinyModelOptions } from '../support/tiny-model.ts';
import { makeWorkspace, type TestEngine } from '../support/workspace.ts';
import { join } from 'node:path';

const BAD: TinyModelOptions = { poison: 'poison', notFinite: 'nothing' };
const letters = async (engine: TestEngine) => (await engine.run('deadLetters', { entityType: 'note' })).items;

describe('one bad row', () => {
  const badRows = [
    { key: '20', body: 'the poison book', stage: 'embed', code: 'MODEL_RUN_FAILED', attempts: 3 },
    { key: '30', body: 'the nothing book', stage: 'embed', code: 'VECTOR_NOT_FINITE', attempts: 3 },
    { key: '40', body: unrenderable, stage: 'render', code: 'BLOB_NOT_TEXT', attempts: 1 },
  ] as const;

  test('is a dead letter that says what happened, and every neighbour is indexed', async () => {
    const notes = await makeNotes(differentTexts(60), BAD);
    for (const { key, body } of badRows) notes.put({ [key]: body });
    const engine = notes.open();
    const job = only((await engine.run('index')).jobs);
    expect(job).toMatchObject({ state: 'completed_with_failures', processed: 60, embedded: 57, failed: 3 });
    expectCountsAddUp(job);
    const found = (await letters(engine)).toSorted((a, b) => byNumberThenText(a.key, b.key));
    expect(found).toMatchObject(
      badRows.map(({ body, key, ...what }) => ({
        ...what,
        key,
        keyValues: [BigInt(key)],
        text: typeof body === 'string' ? body : null,
        message: expect.stringMatching(/\w/),
        jobId: job.id,
      })),
    );
    expect(await validate(engine)).toMatchObject({ failed: 3, missing: 0, source: 60, indexed: 57 });
    expect(await expectLabelsAgree(engine)).toBe(57);
  });

  test('of several chunks keeps the whole entity out, and no half of it', async () => {
    const long = [...differentTexts(20), 'poison', ...differentTexts(20)].join('. ');
    const notes = await makeNotes([long, 'a book'], { ...BAD, maxTokens: 32 });
    const engine = notes.open();
    expect(only((await engine.run('index')).jobs)).toMatchObject({ embedded: 1, failed: 1 });
    expect(await expectLabelsAgree(engine)).toBe(1);
  });
});

describe('a failed row', () => {
  /** Three notes of which the second failed. */
  async function failed(): Promise<{ notes: Notes; engine: TestEngine; jobId: string }> {
    const notes = await makeNotes(['a red book', 'a poison book', 'a blue book'], BAD);
    const engine = notes.open();
    const { id } = only((await engine.run('index')).jobs);
    return { notes, engine, jobId: id };
  }

  test('once mended, is brought in by every job that embeds', async () => {
    const { notes, engine } = await failed();
    const ways = [
      ['index', {}],
      ['fixDrift', {}],
      ['retry', { target: 'note' }],
      ['index', { entityTypes: ['note'], keys: ['2'] }],
    ] as const;
    for (const [i, [operation, input]] of ways.entries()) {
      notes.put({ 2: `a mended book ${i}` });
      const job = only((await engine.run(operation, input)).jobs);
      expect(job, operation).toMatchObject({ state: 'completed', embedded: 1, failed: 0 });
      expect(await letters(engine)).toEqual([]);
      await expectInSync(engine);
      notes.put({ 2: 'poison again' });
      await engine.run('index');
      expect(await letters(engine)).toHaveLength(1);
    }
  });

  test('is retried by the job that recorded it, and stays when it fails again', async () => {
    const { notes, engine, jobId } = await failed();
    const [before] = await letters(engine);
    const again = only((await engine.run('retry', { target: jobId })).jobs);
    expect(again).toMatchObject({ kind: 'retry', state: 'completed_with_failures', total: 1, failed: 1 });
    const [after] = await letters(engine);
    expect(after).toMatchObject({ key: '2', attempts: 6, jobId: again.id, firstAt: before?.firstAt });
    notes.put({ 2: 'a mended book', 4: 'a second poison book' });
    await engine.run('index', { entityTypes: ['note'], keys: ['4'] });
    // Only what that job recorded: the new dead letter is another job's.
    expect(only((await engine.run('retry', { target: again.id })).jobs)).toMatchObject({
      state: 'completed',
      processed: 1,
      embedded: 1,
    });
    expect((await letters(engine)).map((letter) => letter.key)).toEqual(['4']);
  });

  test('once deleted, is forgotten by every job that embeds', async () => {
    const { notes, engine } = await failed();
    const ways = [
      ['index', {}],
      ['fixDrift', {}],
      ['retry', { target: 'note' }],
    ] as const;
    for (const [operation, input] of ways) {
      notes.remove(2);
      expect(await validate(engine)).toMatchObject({ failed: 0, state: 'in_sync' });
      const job = only((await engine.run(operation, input)).jobs);
      expect(job, operation).toMatchObject({ state: 'completed', failed: 0 });
      expect(await letters(engine)).toEqual([]);
      notes.put({ 2: 'poison again' });
      await engine.run('index');
    }
  });

  test('that was indexed before stays searchable by its old text', async () => {
    const { notes, engine } = await failed();
    notes.put({ 1: 'poison instead of a red book' });
    const job = only((await engine.run('index')).jobs);
    expect(job).toMatchObject({ state: 'completed_with_failures', failed: 2, unchanged: 1 });
    for (const mode of ['vector', 'text']) {
      const { hits } = await engine.run('search', { entityType: 'note', query: 'a red book', mode, k: 1 });
      expect(hits).toMatchObject([{ key: '1', text: 'a red book' }]);
    }
    await validate(engine);
    expect(await driftOf(engine)).toEqual({ failed: ['1', '2'] });
    // Back to what is indexed: well again, without embedding anything.
    notes.put({ 1: 'a red book' });
    await engine.run('index');
    expect(await driftAfter(engine)).toEqual({ failed: ['2'] });
  });

  const driftAfter = async (engine: TestEngine) => {
    await validate(engine);
    return driftOf(engine);
  };

  test('that is gone and indexed is an orphan, and its dead letter goes with it', async () => {
    const notes = await makeNotes(differentTexts(10), BAD);
    const engine = notes.open();
    await engine.run('index');
    notes.put({ 1: 'poison' });
    await engine.run('index');
    notes.remove(1);
    expect(await driftAfter(engine)).toEqual({ orphaned: ['1'] });
    await engine.run('fixDrift');
    expect(await letters(engine)).toEqual([]);
    await expectInSync(engine);
  });
});

describe('rows without a key', () => {
  test('each is a dead letter of its own, also several with the same NULL, until it has a key or is gone', async () => {
    const workspace = await makeWorkspace(
      (db) => {
        db.exec('CREATE TABLE note (shelf TEXT, number INTEGER, body TEXT, PRIMARY KEY (shelf, number))');
        db.exec(`INSERT INTO note VALUES (NULL, NULL, 'one'), (NULL, NULL, 'two'), ('a', NULL, 'three'),
                 ('a', NULL, 'four'), (NULL, 7, 'five'), ('a', 1, 'six')`);
      },
      { model: './tiny', entityTypes: { note: { key: ['shelf', 'number'], template: '{{body}}' } } },
    );
    writeTinyModel(join(workspace.folder, 'tiny'));
    const engine = workspace.open();
    const job = only((await engine.run('index')).jobs);
    expect(job).toMatchObject({
      state: 'completed_with_failures',
      total: 6,
      processed: 6,
      embedded: 1,
      failed: 5,
    });
    const list = await letters(engine);
    expect(list.map((letter) => letter.text).toSorted()).toEqual(['five', 'four', 'one', 'three', 'two']);
    expect(new Set(list.map((letter) => letter.code))).toEqual(new Set(['NULL_KEY']));
    expect(list.map((letter) => letter.key).toSorted()).toEqual([
      '["a",null]',
      '["a",null]',
      '[null,7]',
      '[null,null]',
      '[null,null]',
    ]);
    expect(await validate(engine)).toMatchObject({ source: 6, indexed: 1, failed: 5, missing: 0 });

    workspace.change((db) =>
      db.exec(
        `UPDATE note SET number = 2 WHERE body = 'three'; DELETE FROM note WHERE body IN ('one', 'five')`,
      ),
    );
    expect(await validate(engine)).toMatchObject({ source: 4, failed: 2, missing: 1 });
    expect(only((await engine.run('fixDrift')).jobs)).toMatchObject({ failed: 2, embedded: 1 });
    expect((await letters(engine)).map((letter) => letter.text).toSorted()).toEqual(['four', 'two']);
    const retried = only((await engine.run('retry', { target: 'note' })).jobs);
    expect(retried).toMatchObject({ state: 'completed_with_failures', total: 2, processed: 2, failed: 2 });
  });

  test('are counted once by a job that is interrupted after them and resumed', async () => {
    const workspace = await makeWorkspace(
      (db) => {
        db.exec('CREATE TABLE note (name TEXT PRIMARY KEY, body TEXT)');
        db.exec(`INSERT INTO note VALUES (NULL, 'one'), (NULL, 'two'), ('a', 'three'), ('b', 'four')`);
      },
      { model: './tiny', entityTypes: { note: { key: ['name'], template: '{{body}}' } } },
    );
    writeTinyModel(join(workspace.folder, 'tiny'));
    const engine = workspace.open();
    await engine.run('index');
    workspace.change((db) => db.exec(`INSERT INTO note VALUES (NULL, 'five'), ('c', X'FF')`));
    await engine.run('index');
    // The dead letter of `c` is read again after the NULL keys were recorded.
    workspace.change((db) => db.exec(`DELETE FROM note WHERE name = 'c'`));
    const interrupt = new AbortController();
    const stop = await atSourceCall(engine, 'documents', 1, () => interrupt.abort());
    const first = only((await engine.run('index', {}, { signal: interrupt.signal })).jobs);
    stop();
    expect(first).toMatchObject({ state: 'interrupted', failed: 3 });
    const job = only((await engine.run('resume', { job: first.id })).jobs);
    expect(job).toMatchObject({ state: 'completed_with_failures', processed: 5, unchanged: 2, failed: 3 });
    expectCountsAddUp(job);
  });
});

describe('a model that fails on everything', () => {
  test('interrupts the job instead of making a dead letter of every row; mended, resume does the rest', async () => {
    const notes = await makeNotes(
      Array.from({ length: 3000 }, (_, i) => `poison ${i}`),
      BAD,
    );
    const engine = notes.open();
    const job = only((await engine.run('index')).jobs);
    expect(job).toMatchObject({ state: 'interrupted', error: { code: 'MODEL_FAILING', retryable: true } });
    expectCountsAddUp(job);
    expect(job.failed).toBeLessThan(2000);
    expect(await letters(engine).then((list) => list.length)).toBe(Math.min(job.failed, 1000));

    notes.change((db) => db.exec(`UPDATE note SET body = replace(body, 'poison', 'number')`));
    const resumed = only((await engine.run('resume', { job: job.id })).jobs);
    expect(resumed).toMatchObject({ state: 'completed', processed: 3000, embedded: 3000, failed: 0 });
    expect(await letters(engine)).toEqual([]);
    await expectInSync(engine);
  });

  test('rows that always fail do not stop every later index', async () => {
    // One good row between every two bad ones, so that the first index gets through.
    const bodies = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? `poison ${i}` : `book ${i}`));
    const notes = await makeNotes(bodies, BAD);
    const engine = notes.open();
    expect(only((await engine.run('index')).jobs)).toMatchObject({
      state: 'completed_with_failures',
      failed: 150,
    });
    notes.put({ 301: 'a new book' });
    expect(only((await engine.run('index')).jobs)).toMatchObject({
      state: 'completed_with_failures',
      embedded: 1,
      unchanged: 150,
      failed: 150,
    });
    expect(catalogNumber(notes.folder, 'SELECT count(*) FROM dead_letter')).toBe(150);
  });
});

test('an error that the catalog cannot even be told of is in the answer all the same', async () => {
  const notes = await makeNotes(differentTexts(20));
  const engine = notes.open();
  const { jobs, path } = engine.engine.writable();
  const { finish } = jobs;
  const full = (): never => {
    throw diskFull(path, null);
  };
  const stop = await atSourceCall(engine, 'scan', 1, full);
  jobs.finish = full;
  const output = await engine.run('index');
  jobs.finish = finish;
  stop();
  expect(output).toMatchObject({
    jobs: [{ state: 'interrupted', error: { code: 'DISK_FULL', retryable: true } }],
    error: { code: 'DISK_FULL' },
  });
});
