import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DeadLetter } from '../../engine/contract.ts';
import { dispatch } from '../../engine/doors/dispatch.ts';
import { Engine } from '../../engine/engine.ts';
import { afterSplitFailure } from '../../engine/jobs/splitting.ts';
import { workerUrls } from '../../workers/urls.ts';
import { differentTexts, makeNotes, unrenderable, type Notes } from '../support/notes.ts';
import {
  atSourceCall,
  beforeCall,
  catalogBytes,
  catalogNumber,
  driftOf,
  expectCountsAddUp,
  expectInSync,
  expectLabelsAgree,
  only,
  validate,
} from '../support/observe.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { builtinModel, makeWorkspace, type TestEngine } from '../support/workspace.ts';

const BAD = { poison: 'poison' };
const letters = async (engine: TestEngine): Promise<DeadLetter[]> =>
  (await engine.run('deadLetters', { entityType: 'note' })).items;
const letterOf = async (engine: TestEngine, key: string): Promise<DeadLetter> =>
  only((await letters(engine)).filter((letter) => letter.key === key));
const excludeKeys = (engine: TestEngine, keys: readonly string[], reason = 'known to be bad') =>
  engine.run('exclude', { entityType: 'note', keys, reason });
const include = (engine: TestEngine, ...keys: string[]) =>
  engine.run('include', { entityType: 'note', keys });

/** Every operation by which a job would try a failed row 2, and the total that it ends with. */
const JOBS = [
  ['index', {}, 3],
  ['index', { force: true }, 3],
  ['index', { entityTypes: ['note'], keys: ['2'] }, 1],
  ['fixDrift', {}, 0],
  ['retry', { target: 'note' }, 0],
  ['rebuild', { entityType: 'note' }, 3],
] as const;

describe('an excluded dead letter', () => {
  /** Three notes of which the second failed. */
  async function failed(): Promise<{ notes: Notes; engine: TestEngine }> {
    const notes = await makeNotes(['a red book', 'a poison book', 'a blue book'], BAD);
    const engine = notes.open();
    await engine.run('index');
    return { notes, engine };
  }

  test('says why and since when; is tried by no job, fails none, and is in sync; taken back, it fails again', async () => {
    const { engine } = await failed();
    const before = only(await letters(engine));
    expect(before.excluded).toBeNull();
    const startedAt = Date.now();
    const { items, total } = await excludeKeys(engine, ['2'], ' a scan without text ');
    expect({ items, total }).toEqual({
      items: [{ ...before, excluded: { reason: 'a scan without text', at: expect.any(Number) } }],
      total: 1,
    });
    expect(items[0]?.excluded?.at).toBeGreaterThanOrEqual(startedAt);
    for (const [operation, input, rows] of JOBS) {
      const job = only((await engine.run(operation, input)).jobs);
      expect(job, operation).toMatchObject({ state: 'completed', processed: rows, failed: 0 });
      expectCountsAddUp(job);
      // Neither attempts nor times nor the job: nobody touched it.
      expect(await letters(engine), operation).toEqual(items);
    }
    expect(await validate(engine)).toMatchObject({
      state: 'in_sync',
      inSyncPercent: 100,
      source: 3,
      indexed: 2,
      failed: 0,
      missing: 0,
      excluded: 1,
    });
    const dry = await engine.run('fixDrift', { dryRun: true });
    expect(dry.plans).toMatchObject([{ failed: 0, missing: 0, embed: 0 }]);

    expect((await include(engine, '2')).items).toEqual([before]);
    expect(await validate(engine)).toMatchObject({ failed: 1, excluded: 0, state: 'drifted' });
    expect(only((await engine.run('index')).jobs)).toMatchObject({ failed: 1, unchanged: 2 });
    expect(await letterOf(engine, '2')).toMatchObject({ attempts: 6, firstAt: before.firstAt });
  });

  test('that was indexed before stays searchable by its old text, and is not stale', async () => {
    const { notes, engine } = await failed();
    notes.put({ 1: 'poison instead of a red book' });
    await engine.run('index');
    await excludeKeys(engine, ['1', '2']);
    notes.put({ 1: 'poison again' });
    expect(only((await engine.run('index')).jobs)).toMatchObject({
      state: 'completed',
      processed: 3,
      unchanged: 3,
    });
    expect(await validate(engine)).toMatchObject({ state: 'in_sync', excluded: 2, stale: 0 });
    const { hits } = await engine.run('search', { entityType: 'note', query: 'a red book', k: 1 });
    expect(hits).toMatchObject([{ key: '1', text: 'a red book' }]);
    expect(await expectLabelsAgree(engine)).toBe(2);
  });

  test('whose row is gone is forgotten by the next job of any kind, and no drift meanwhile', async () => {
    const { notes, engine } = await failed();
    for (const [operation, input] of [JOBS[0], ...JOBS.slice(3)]) {
      await excludeKeys(engine, ['2']);
      notes.remove(2);
      expect(await validate(engine)).toMatchObject({ state: 'in_sync', excluded: 0, source: 2 });
      await engine.run(operation, input);
      expect(await letters(engine), operation).toEqual([]);
      notes.put({ 2: 'poison again' });
      await engine.run('index');
      // A new failure: nobody has set it aside.
      expect(await letters(engine)).toMatchObject([{ key: '2', excluded: null, attempts: 3 }]);
    }
  });

  test('whose row is gone and was indexed is an orphan, and goes with it', async () => {
    const notes = await makeNotes(differentTexts(10), BAD);
    const engine = notes.open();
    await engine.run('index');
    notes.put({ 1: 'poison' });
    await engine.run('index');
    await excludeKeys(engine, ['1']);
    notes.remove(1);
    await validate(engine);
    expect(await driftOf(engine)).toEqual({ orphaned: ['1'] });
    const job = only((await engine.run('fixDrift')).jobs);
    expect(job).toMatchObject({ state: 'completed', deleted: 1 });
    expect(await letters(engine)).toEqual([]);
    await expectInSync(engine);
  });

  test('is left alone by a job that was trying it just then', async () => {
    const { engine } = await failed();
    let exclusion: Promise<unknown> = Promise.resolve();
    // The row is read; what becomes of it is not committed yet.
    await atSourceCall(engine, 'documents', 1, () => (exclusion = excludeKeys(engine, ['2'])));
    const job = only((await engine.run('retry', { target: 'note' })).jobs);
    await exclusion;
    expect(job).toMatchObject({ state: 'completed', processed: 1, unchanged: 1, failed: 0 });
    expect(await letterOf(engine, '2')).toMatchObject({ attempts: 3, excluded: { reason: /known/ } });
  });
});

describe('excluding', () => {
  test('takes several, in one go; a key that is no dead letter is named, and nothing is changed', async () => {
    const notes = await makeNotes(['a red book', 'poison two', 'poison three'], BAD);
    const engine = notes.open();
    await engine.run('index');
    const before = catalogBytes(notes.folder);
    for (const operation of ['exclude', 'include'] as const) {
      const input = { entityType: 'note', keys: ['2', '1', '3', 'x'], reason: 'because' };
      await expect(engine.run(operation, input), operation).rejects.toMatchObject({
        code: 'KEY_UNKNOWN',
        exitCode: 2,
        message: expect.stringMatching(/dead letter with key 1, x;/),
      });
    }
    expect(catalogBytes(notes.folder).equals(before)).toBe(true);
    expect((await excludeKeys(engine, ['3', '2', '3'])).items.map((item) => item.key)).toEqual(['3', '2']);
    expect(only((await engine.run('index')).jobs)).toMatchObject({ state: 'completed', unchanged: 3 });
  });

  test('needs neither the source nor a type that is still configured', async () => {
    const notes = await makeNotes(['poison one', 'poison two'], BAD);
    await notes.run('index');
    rmSync(notes.sourcePath);
    notes.configure({ entityTypes: { other: { key: ['id'], template: '{{body}}' } } });
    const engine = notes.open();
    expect(await excludeKeys(engine, ['2'])).toMatchObject({ total: 1 });
    expect(await letterOf(engine, '2')).toMatchObject({ excluded: { reason: 'known to be bad' } });
    const other = { entityType: 'other', keys: ['2'], reason: 'because' };
    await expect(engine.run('exclude', other)).rejects.toMatchObject({ code: 'KEY_UNKNOWN' });
    const unknown = { ...other, entityType: 'nothing' };
    await expect(engine.run('exclude', unknown)).rejects.toMatchObject({ code: 'ENTITY_TYPE_UNKNOWN' });
  });

  test('finds a key by what is printed of it: typed, with NULL, and not UTF-8', async () => {
    const workspace = await makeWorkspace(
      (db) => {
        db.exec('CREATE TABLE note (name PRIMARY KEY, body TEXT)');
        const put = db.prepare('INSERT INTO note VALUES (?, ?)');
        for (const name of [7n, '7', 'null', null, 1.5, Buffer.from('beef', 'hex')])
          put.run(name, unrenderable);
        db.exec(`INSERT INTO note VALUES (CAST(X'61FF' AS TEXT), X'FF')`);
      },
      { model: './tiny', entityTypes: { note: { key: ['name'], template: '{{body}}' } } },
    );
    writeTinyModel(join(workspace.folder, 'tiny'));
    const engine = workspace.open();
    await engine.run('index');
    expect((await letters(engine)).length).toBe(7);
    const forms = { '7': 2, null: 2, '1.5': 1, beef: 1, 'a\ufffd': 1 };
    for (const [form, count] of Object.entries(forms)) {
      const { items } = await excludeKeys(engine, [form]);
      expect(
        items.map((item) => item.key),
        form,
      ).toEqual(Array.from({ length: count }, () => form));
    }
    const job = only((await engine.run('index')).jobs);
    expect(job).toMatchObject({ state: 'completed', processed: 7, unchanged: 7 });
  });

  test('in the middle of a job takes the failure out of its counts, until it is taken back', async () => {
    // Rows without text are quick, and six windows of them are time enough to be interrupted.
    const empty = Array.from({ length: 3000 }, () => null);
    const notes = await makeNotes([unrenderable, ...empty, unrenderable]);
    const engine = notes.open();
    const interrupt = new AbortController();
    const { thread } = await engine.engine.source();
    const stop = beforeCall(thread, 'scan', () => {
      if (catalogNumber(notes.folder, 'SELECT count(*) FROM dead_letter') > 0) interrupt.abort();
    });
    const first = only((await engine.run('index', {}, { signal: interrupt.signal })).jobs);
    stop();
    expect(first).toMatchObject({ state: 'interrupted', failed: 1 });
    expect(await letters(engine)).toMatchObject([{ key: '1', jobId: first.id }]);
    await excludeKeys(engine, ['1']);
    const excluded = only((await engine.run('status', { job: first.id })).jobs);
    expect(excluded).toMatchObject({ failed: 0, unchanged: first.unchanged + 1 });
    await excludeKeys(engine, ['1'], 'another reason');
    await include(engine, '1');
    expect((await engine.run('status', { job: first.id })).jobs).toEqual([first]);
    await excludeKeys(engine, ['1']);
    const job = only((await engine.run('resume', { job: first.id })).jobs);
    expect(job).toMatchObject({ processed: 3002, reused: 3000, failed: 1, unchanged: 1 });
    expectCountsAddUp(job);
    await excludeKeys(engine, ['3002']);
    // It has ended: what it met is history.
    expect((await engine.run('status', { job: first.id })).jobs).toEqual([job]);
    expect(await validate(engine)).toMatchObject({ state: 'in_sync', excluded: 2 });
  });
});

describe('excluded rows without a key', () => {
  async function shelves() {
    const workspace = await makeWorkspace(
      (db) => {
        db.exec('CREATE TABLE note (shelf TEXT, number INTEGER, body TEXT, PRIMARY KEY (shelf, number))');
        db.exec(
          `INSERT INTO note VALUES ('a', NULL, 'one'), ('a', NULL, 'two'), (NULL, 7, 'three'), ('a', 1, 'four')`,
        );
      },
      { model: './tiny', entityTypes: { note: { key: ['shelf', 'number'], template: '{{body}}' } } },
    );
    writeTinyModel(join(workspace.folder, 'tiny'));
    const engine = workspace.open();
    await engine.run('index');
    return { workspace, engine };
  }

  test('stay so, all of one key, through every job, until the row has a key or is gone', async () => {
    const { workspace, engine } = await shelves();
    expect(await excludeKeys(engine, ['["a",null]'])).toMatchObject({ total: 2 });
    const before = (await letters(engine)).filter((letter) => letter.excluded !== null);
    for (const [operation, processed, unchanged] of [
      ['index', 4, 3],
      ['fixDrift', 3, 2],
      ['retry', 3, 2],
    ] as const) {
      const input = operation === 'retry' ? { target: 'note' } : {};
      const job = only((await engine.run(operation, input)).jobs);
      expect(job, operation).toMatchObject({ processed, unchanged, failed: 1 });
      expectCountsAddUp(job);
      const after = (await letters(engine)).filter((letter) => letter.excluded !== null);
      expect(after).toEqual(before.map((letter) => ({ ...letter, jobId: job.id })));
    }
    expect(await validate(engine)).toMatchObject({ source: 4, failed: 1, excluded: 2, missing: 0 });
    await excludeKeys(engine, ['[null,7]']);
    expect(only((await engine.run('index')).jobs)).toMatchObject({ state: 'completed', unchanged: 4 });

    workspace.change((db) =>
      db.exec(`UPDATE note SET number = 2 WHERE body = 'one'; DELETE FROM note WHERE body = 'three'`),
    );
    expect(await validate(engine)).toMatchObject({ source: 3, failed: 0, excluded: 1, missing: 1 });
    const job = only((await engine.run('index')).jobs);
    expect(job).toMatchObject({ state: 'completed', embedded: 1, unchanged: 2 });
    expect(await letters(engine)).toMatchObject([
      { key: '["a",null]', text: 'two', excluded: { reason: /known/ } },
    ]);
  });

  test('of one key are retried alone when they are named', async () => {
    const { workspace, engine } = await shelves();
    workspace.change((db) => db.exec(`UPDATE note SET number = 2 WHERE body = 'one'`));
    const retry = { target: 'note', keys: ['["a",null]'] };
    const job = only((await engine.run('retry', retry)).jobs);
    expect(job).toMatchObject({ state: 'completed_with_failures', processed: 1, failed: 1 });
    expect(await letterOf(engine, '["a",null]')).toMatchObject({ attempts: 2, text: 'two', jobId: job.id });
    expect(await letterOf(engine, '[null,7]')).toMatchObject({ attempts: 1, jobId: '1' });
  });
});

describe('retry', () => {
  /** Three texts that the model refuses, then two that cannot be rendered. */
  async function fiveLetters() {
    const notes = await makeNotes(['poison 1', 'poison 2', 'poison 3', unrenderable, unrenderable], BAD);
    const engine = notes.open();
    const { id } = only((await engine.run('index')).jobs);
    return { notes, engine, id };
  }

  test('tries one, some by key or by code, or all, and nothing else', async () => {
    const { engine, id } = await fiveLetters();
    const ways = [
      [{ target: 'note', keys: ['2'] }, ['2']],
      [{ target: 'note', keys: ['5', '1', '5'] }, ['1', '5']],
      [{ target: 'note', code: 'BLOB_NOT_TEXT' }, ['4', '5']],
      [{ target: 'note', code: 'MODEL_RUN_FAILED', keys: ['3'] }, ['3']],
      [{ target: 'note', code: 'NULL_KEY' }, []],
      [{ target: id, keys: ['4'] }, null],
      [{ target: 'note' }, ['1', '2', '3', '4', '5']],
    ] as const;
    for (const [input, tried] of ways) {
      const label = JSON.stringify(input);
      if (tried === null) {
        // Another job has recorded it since.
        await expect(engine.run('retry', input), label).rejects.toMatchObject({ code: 'KEY_UNKNOWN' });
        continue;
      }
      const totals = new Set<number | null>();
      const job = only(
        (await engine.run('retry', input, { onProgress: (event) => totals.add(event.job.total) })).jobs,
      );
      expect(job, label).toMatchObject({
        total: tried.length,
        processed: tried.length,
        failed: tried.length,
      });
      expect(totals, label).toEqual(new Set([null, tried.length]));
      const mine = (await letters(engine)).filter((letter) => letter.jobId === job.id);
      expect(mine.map((letter) => letter.key).toSorted(), label).toEqual(tried);
    }
  });

  test('writes nothing where a key is no dead letter of the target, or excluded', async () => {
    const { notes, engine, id } = await fiveLetters();
    await excludeKeys(engine, ['2']);
    const before = catalogBytes(notes.folder);
    const wrong = [
      [{ target: 'note', keys: ['1', '6'] }, 'KEY_UNKNOWN', /with key 6;/],
      [{ target: id, keys: ['1', '4'], code: 'BLOB_NOT_TEXT' }, 'KEY_UNKNOWN', /with key 1;/],
      [{ target: 'note', keys: ['1', '2'] }, 'EXCLUDED', /note: 2 /],
    ] as const;
    for (const [input, code, message] of wrong) {
      await expect(engine.run('retry', input), JSON.stringify(input)).rejects.toMatchObject({
        code,
        exitCode: 2,
        message: expect.stringMatching(message),
      });
    }
    expect(catalogBytes(notes.folder).equals(before)).toBe(true);
    await include(engine, '2');
    expect(only((await engine.run('retry', { target: 'note', keys: ['2'] })).jobs).total).toBe(1);
  });

  test('of some keys, interrupted and resumed, does the same some, each once', async () => {
    const bodies = Array.from({ length: 600 }, () => unrenderable);
    const notes = await makeNotes(bodies);
    const engine = notes.open();
    const index = only((await engine.run('index')).jobs);
    const keys = Array.from({ length: 400 }, (_, i) => String(i + 1));
    notes.put({ 1: 'a red book', 400: 'a blue book' });
    const interrupt = new AbortController();
    const stop = await atSourceCall(engine, 'documents', 2, () => interrupt.abort());
    const input = { target: 'note', keys };
    const first = only((await engine.run('retry', input, { signal: interrupt.signal })).jobs);
    stop();
    expect(first).toMatchObject({ state: 'interrupted', total: 400, embedded: 1 });
    const job = only((await engine.run('resume', { job: first.id })).jobs);
    expect(job).toMatchObject({ total: 400, processed: 400, embedded: 2, failed: 398 });
    expectCountsAddUp(job);
    const all = await letters(engine);
    expect(all.filter((letter) => letter.jobId === job.id)).toHaveLength(398);
    expect(all.filter((letter) => letter.jobId === index.id)).toHaveLength(200);
    expect(new Set(all.map((letter) => letter.attempts))).toEqual(new Set([1, 2]));
  });
});

describe('a text that kills the thread that splits it', () => {
  const dying = new URL('../support/dying-embed.ts', import.meta.url);

  function openDying(notes: Notes): TestEngine {
    const options = { folder: notes.folder, builtinModel, access: 'write' } as const;
    const engine = new Engine({ ...options, workers: { ...workerUrls, embed: dying } });
    onTestFinished(() => engine.close());
    const { signal } = new AbortController();
    return {
      engine,
      close: () => engine.close(),
      run: (name, input = {}, more = {}) => dispatch(engine, name, input, more.signal ?? signal),
    };
  }

  test('is a dead letter, and its neighbours are indexed', async () => {
    const notes = await makeNotes(differentTexts(40));
    notes.put({ 23: 'a knotty book' });
    const engine = openDying(notes);
    const job = only((await engine.run('index', { workers: 1 })).jobs);
    expect(job).toMatchObject({ state: 'completed_with_failures', processed: 40, embedded: 39, failed: 1 });
    expect(await letters(engine)).toMatchObject([
      { key: '23', stage: 'split', code: 'THREAD_DIED', attempts: 3, text: 'a knotty book' },
    ]);
    expect(await expectLabelsAgree(engine)).toBe(39);
  });

  test('is not blamed where a thread dies over nothing: the job is interrupted, and can be resumed', async () => {
    const notes = await makeNotes(differentTexts(4));
    const engine = openDying(notes);
    const down = join(notes.folder, 'tiny', 'splitting-down');
    writeFileSync(down, '');
    const job = only((await engine.run('index', { workers: 1 })).jobs);
    expect(job).toMatchObject({ state: 'interrupted', error: { code: 'THREAD_DIED' }, failed: 0 });
    expect(await letters(engine)).toEqual([]);
    rmSync(down);
    expect(only((await engine.run('resume', { job: job.id })).jobs)).toMatchObject({
      state: 'completed',
      embedded: 4,
    });
  });

  test('what to do about a failure depends on whether a text can be its cause', () => {
    const error = (code: string, retryable: boolean) =>
      ({ code, message: '', hint: null, retryable, exitCode: 1 }) as const;
    const alone = { size: 1, attempts: 1, halved: true };
    const many = { size: 8, attempts: 1, halved: false };
    expect(afterSplitFailure(error('UNEXPECTED', false), many)).toBe('halve');
    expect(afterSplitFailure(error('UNEXPECTED', false), alone)).toBe('give up');
    expect(afterSplitFailure(error('THREAD_DIED', true), many)).toBe('retry');
    expect(afterSplitFailure(error('THREAD_DIED', true), { ...many, attempts: 3 })).toBe('halve');
    expect(afterSplitFailure(error('THREAD_DIED', true), { ...alone, attempts: 3 })).toBe('give up');
    expect(afterSplitFailure(error('DISK_FULL', true), alone)).toBe('stop');
    expect(afterSplitFailure(error('THREAD_CLOSED', false), many)).toBe('stop');
  });
});

test('dead letters are listed by stage and code, and counted by both', async () => {
  const notes = await makeNotes(['a red book', 'a poison book', 'a poison note', unrenderable], BAD);
  const engine = notes.open();
  await engine.run('index');
  await excludeKeys(engine, ['2']);
  const listed = (input: object) => engine.run('deadLetters', { entityType: 'note', ...input });

  const { groups = [], total } = await listed({ groups: true });
  expect(total).toBe(3);
  expect(groups).toMatchObject([
    { entityType: 'note', stage: 'embed', count: 2, excluded: 1 },
    { entityType: 'note', stage: 'render', code: 'BLOB_NOT_TEXT', count: 1, excluded: 0 },
  ]);
  const code = groups[0]?.code ?? '';
  expect(await listed({ code, limit: 1, offset: 1 })).toMatchObject({
    items: [{ key: '3', code }],
    total: 2,
  });
  expect(await listed({ stage: 'render' })).toMatchObject({ items: [{ key: '4' }], total: 1 });
  expect(await listed({ stage: 'render', code })).toEqual({ items: [], total: 0 });
});
