import { readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { Job } from '../../engine/contract.ts';
import { differentTexts, makeNotes } from '../support/notes.ts';
import {
  atSourceCall,
  catalogBytes,
  catalogNumber,
  catalogRows,
  expectCountsAddUp,
  expectInSync,
  expectLabelsAgree,
  indexedContent,
  only,
} from '../support/observe.ts';
import { until } from '../support/served.ts';
import { makeWorkspace, type TestEngine } from '../support/workspace.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const keysIn = (folder: string): string[] =>
  catalogRows<{ document: string }>(folder, 'SELECT document FROM entity ORDER BY id').map(
    (row) => row.document,
  );

describe('what is indexed', () => {
  test('a second index with nothing changed embeds nothing', async () => {
    const workspace = await makeWorkspace((db) => {
      db.exec(`CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)`);
      const insert = db.prepare('INSERT INTO note (body) VALUES (?)');
      for (let i = 0; i < 50; i += 1) insert.run(`note number ${i} about subject ${i % 7}`);
    });

    const first = await workspace.run('index');
    expect(first.jobs).toMatchObject([
      { kind: 'index', entityType: 'note', state: 'completed', total: 50, processed: 50, embedded: 50 },
    ]);

    const engine = workspace.open();
    const second = await engine.run('index');
    expect(second.jobs).toMatchObject([{ state: 'completed', processed: 50, embedded: 0, unchanged: 50 }]);
    expect(engine.engine.models.threads(), 'no model was loaded for nothing').toBe(0);

    workspace.change((db) => db.exec(`UPDATE note SET body = 'another subject' WHERE id = 7`));
    expect((await engine.run('index')).jobs).toMatchObject([{ embedded: 1, unchanged: 49 }]);
    expect(engine.engine.models.threads()).toBeGreaterThan(0);
  });

  test('what was never indexed has its model loaded before anybody knows whether the source opens', async () => {
    const notes = await makeNotes(differentTexts(4));
    rmSync(join(notes.folder, 'source.sqlite'));
    const { engine, run } = notes.open();
    await expect(run('index')).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    await until(() => engine.models.threads() > 0);
  });

  test('all selected types, or those that are named, each by a job of its own', async () => {
    const workspace = await makeWorkspace(
      (db) => {
        for (const name of ['apple', 'pear', 'plum']) {
          db.exec(`CREATE TABLE ${name} (id INTEGER PRIMARY KEY, body TEXT)`);
          db.prepare(`INSERT INTO ${name} (body) VALUES (?)`).run(`a ${name} tree`);
        }
      },
      {
        model: './tiny',
        entityTypes: Object.fromEntries(
          ['apple', 'pear', 'plum'].map((name) => [name, { key: ['id'], template: '{{body}}' }]),
        ),
      },
    );
    writeTinyModel(join(workspace.folder, 'tiny'));
    const engine = workspace.open();
    const some = await engine.run('index', { entityTypes: ['plum', 'apple', 'plum'] });
    expect(some.jobs.map((job) => [job.entityType, job.embedded])).toEqual([
      ['plum', 1],
      ['apple', 1],
    ]);
    const all = await engine.run('index');
    expect(all.jobs.map((job) => [job.entityType, job.embedded, job.unchanged])).toEqual([
      ['apple', 0, 1],
      ['pear', 1, 0],
      ['plum', 0, 1],
    ]);
    await expect(engine.run('index', { entityTypes: ['aple'] })).rejects.toMatchObject({
      code: 'ENTITY_TYPE_UNKNOWN',
      hint: expect.stringContaining('"apple"'),
    });
  });

  test('a text that many rows have is embedded once', async () => {
    const notes = await makeNotes(Array.from({ length: 1500 }, (_, i) => `the red book number ${i % 10}`));
    const engine = notes.open();
    const job = only((await engine.run('index')).jobs);
    expect(job).toMatchObject({ state: 'completed', processed: 1500, embedded: 10, reused: 1490 });
    expect(await expectLabelsAgree(engine)).toBe(10);
    expect(catalogNumber(notes.folder, 'SELECT count(*) FROM embedding')).toBe(10);
    await expectInSync(engine);
  });

  test('an empty document is in the catalog without a vector, and in sync', async () => {
    const notes = await makeNotes(['', null, ' \n ', 'a red book']);
    const engine = notes.open();
    const job = only((await engine.run('index')).jobs);
    expect(job).toMatchObject({ state: 'completed', processed: 4, embedded: 1, failed: 0 });
    expectCountsAddUp(job);
    expect(await expectLabelsAgree(engine)).toBe(1);
    await expectInSync(engine);
    notes.put({ 1: 'no longer empty', 4: null });
    expect(only((await engine.run('index')).jobs)).toMatchObject({ processed: 4, unchanged: 2 });
    expect(await expectLabelsAgree(engine)).toBe(1);
    await expectInSync(engine);
  });

  test('a document longer than the window has several chunks and is found once', async () => {
    const paragraphs = ['tea', 'ship', 'lamp', 'shoe', 'bread'].map((word) =>
      differentTexts(8, word).join('. '),
    );
    const notes = await makeNotes([paragraphs.join('.\n\n'), 'the dog and the cat'], { maxTokens: 32 });
    const engine = notes.open();
    await engine.run('index');
    const chunks = catalogNumber(notes.folder, 'SELECT count(*) FROM chunk');
    expect(chunks).toBeGreaterThan(10);
    expect(catalogNumber(notes.folder, 'SELECT max(tokens) FROM chunk')).toBeLessThanOrEqual(32);
    for (const mode of ['vector', 'text', 'hybrid']) {
      const { hits } = await engine.run('search', { entityType: 'note', query: 'the black ship', mode });
      expect(hits.filter((hit) => hit.key === '1')).toHaveLength(1);
    }
    await expectInSync(engine);
    notes.put({ 1: 'short now' });
    await engine.run('index');
    expect(await expectLabelsAgree(engine)).toBe(2);
  });
});

describe('by key', () => {
  async function composite(): Promise<{ folder: string; engine: TestEngine }> {
    const workspace = await makeWorkspace(
      (db) => {
        db.exec('CREATE TABLE part (shelf TEXT, number INTEGER, body TEXT, PRIMARY KEY (shelf, number))');
        const insert = db.prepare('INSERT INTO part VALUES (?, ?, ?)');
        for (const shelf of ['a', 'a ', 'A']) insert.run(shelf, -5n, `shelf ${shelf}| minus five`);
        insert.run('a', 9223372036854775807n, 'the last one');
      },
      { model: './tiny', entityTypes: { part: { key: ['shelf', 'number'], template: '{{body}}' } } },
    );
    writeTinyModel(join(workspace.folder, 'tiny'));
    return { folder: workspace.folder, engine: workspace.open() };
  }

  test('only those keys, negative ones too, changed or not', async () => {
    const notes = await makeNotes(differentTexts(20));
    notes.put({ [-5]: 'a negative key' });
    const engine = notes.open();
    const job = only((await engine.run('index', { entityTypes: ['note'], keys: ['-5', '7', '7'] })).jobs);
    expect(job).toMatchObject({ state: 'completed', total: 2, processed: 2, embedded: 2 });
    expect(keysIn(notes.folder).toSorted()).toEqual(['a negative key', differentTexts(20)[6]].toSorted());
    const again = only((await engine.run('index', { entityTypes: ['note'], keys: ['-5', '8'] })).jobs);
    expect(again).toMatchObject({ processed: 2, embedded: 1, unchanged: 1 });
  });

  test('composite keys as JSON arrays, exact in blanks, case and digits', async () => {
    const { folder, engine } = await composite();
    await engine.run('index', { entityTypes: ['part'], keys: ['["a ",-5]', '["a",9223372036854775807]'] });
    expect(keysIn(folder)).toEqual(['shelf a | minus five', 'the last one']);
  });

  test('an unknown key is refused with its name before anything is written', async () => {
    const { folder, engine } = await composite();
    await engine.run('index', { entityTypes: ['part'], keys: ['["A",-5]'] });
    const before = catalogBytes(folder);
    for (const keys of [['["a",-5]', '["a",-6]'], ['["a",-5,1]'], ['nonsense']]) {
      await expect(engine.run('index', { entityTypes: ['part'], keys })).rejects.toMatchObject({
        code: 'KEY_UNKNOWN',
        message: expect.stringContaining(keys.at(-1) ?? ''),
        exitCode: 2,
      });
    }
    expect(catalogBytes(folder).equals(before)).toBe(true);
  });

  test('needs exactly one entity type', async () => {
    const notes = await makeNotes(['a book']);
    notes.configure({
      entityTypes: {
        note: { key: ['id'], template: '{{body}}' },
        other: { key: ['id'], template: '{{body}}' },
      },
    });
    await expect(notes.open().run('index', { keys: ['1'] })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('options', () => {
  test('--limit reads so many rows and no more', async () => {
    const notes = await makeNotes(differentTexts(700));
    const engine = notes.open();
    for (const limit of [5, 600]) {
      const job = only((await engine.run('index', { limit })).jobs);
      expect(job).toMatchObject({ state: 'completed', total: limit, processed: limit });
      expect(catalogNumber(notes.folder, 'SELECT count(*) FROM entity')).toBe(limit);
    }
  });

  test('--limit keeps its promise over an interruption', async () => {
    const notes = await makeNotes(differentTexts(2500));
    const engine = notes.open();
    const interrupt = new AbortController();
    await atSourceCall(engine, 'scan', 4, () => interrupt.abort());
    const first = only((await engine.run('index', { limit: 2000 }, { signal: interrupt.signal })).jobs);
    expect(first.state).toBe('interrupted');
    expect(first.processed).toBeGreaterThan(0);
    // As a kill leaves it: rows written and counted by windows that the checkpoint has not reached.
    const { path } = engine.engine.catalog;
    const db = new Database(path);
    db.prepare('UPDATE job SET checkpoint = NULL WHERE id = ?').run(first.id);
    db.close();
    const job = only((await engine.run('index', { limit: 2000 })).jobs);
    expect(job).toMatchObject({ id: first.id, state: 'completed', processed: 2000, embedded: 2000 });
    expect(catalogNumber(notes.folder, 'SELECT count(*) FROM entity')).toBe(2000);
  });

  test('--force embeds again what has not changed', async () => {
    const notes = await makeNotes(differentTexts(30));
    const engine = notes.open();
    await engine.run('index');
    const before = catalogRows(notes.folder, 'SELECT hex(vector) FROM embedding ORDER BY id');
    expect(only((await engine.run('index', { force: true })).jobs)).toMatchObject({
      state: 'completed',
      processed: 30,
      embedded: 30,
      unchanged: 0,
    });
    expect(catalogRows(notes.folder, 'SELECT hex(vector) FROM embedding ORDER BY id')).toEqual(before);
    await expectInSync(engine);
  });

  test('--force mends a vector that went wrong, in the catalog and in the graph', async () => {
    const notes = await makeNotes(differentTexts(5));
    let engine = notes.open();
    await engine.run('index');
    const vectors = () => catalogRows<{ v: string }>(notes.folder, 'SELECT hex(vector) AS v FROM embedding');
    const right = vectors();
    await engine.close();
    const { openWritableCatalog } = await import('../../engine/catalog/database.ts');
    const db = openWritableCatalog(join(notes.folder, '.plumbline', 'catalog.db'));
    db.exec('UPDATE embedding SET vector = (SELECT vector FROM embedding WHERE id = 2) WHERE id = 1');
    db.close();
    engine = notes.open();
    await engine.run('index', { force: true });
    expect(vectors()).toEqual(right);
    await expectInSync(engine);
    const { hits } = await engine.run('search', {
      entityType: 'note',
      query: differentTexts(5)[0],
      mode: 'vector',
      k: 1,
    });
    expect(hits).toMatchObject([{ key: '1' }]);
  });

  test('--dry-run says what would be embedded and writes nothing', async () => {
    const notes = await makeNotes([...differentTexts(10), ...differentTexts(10), '', null]);
    const engine = notes.open();
    const fresh = catalogBytes(notes.folder);
    const plan = only((await engine.run('index', { dryRun: true })).plans);
    expect(plan).toMatchObject({ kind: 'index', source: 22, missing: 22, embed: 22, delete: 0, chunks: 10 });
    expect(catalogBytes(notes.folder).equals(fresh)).toBe(true);

    await engine.run('index');
    const tokens = catalogNumber(
      notes.folder,
      'SELECT sum(tokens) FROM (SELECT DISTINCT label, tokens FROM chunk)',
    );
    expect(plan.tokens).toBe(tokens);
    const indexed = catalogBytes(notes.folder);
    const second = only((await engine.run('index', { dryRun: true })).plans);
    expect(second).toMatchObject({ missing: 0, embed: 0, chunks: 0, tokens: 0, estimatedMs: null });

    notes.put({ 1: 'something new', 2: differentTexts(10)[4] ?? '' });
    notes.remove(3);
    const third = only((await engine.run('index', { dryRun: true })).plans);
    expect(third).toMatchObject({ stale: 2, orphaned: 1, embed: 2, delete: 0, chunks: 1 });
    expect(catalogBytes(notes.folder).equals(indexed)).toBe(true);
  });

  test('--dry-run under another recipe writes nothing either, not even the recipe', async () => {
    const notes = await makeNotes(differentTexts(10));
    await notes.run('index');
    const before = catalogBytes(notes.folder);
    notes.reconfigure({ template: 'note: {{body}}' });
    const plan = only((await notes.open().run('index', { dryRun: true })).plans);
    expect(plan).toMatchObject({ outdated: 10, embed: 10, chunks: 10 });
    expect(catalogBytes(notes.folder).equals(before)).toBe(true);
  });

  test('--dry-run does not promise to embed rows without a key', async () => {
    const workspace = await makeWorkspace(
      (db) => {
        db.exec('CREATE TABLE tag (name TEXT PRIMARY KEY, body TEXT)');
        db.exec(`INSERT INTO tag VALUES (NULL, 'first'), (NULL, 'second'), ('key', 'third')`);
      },
      { model: './tiny', entityTypes: { tag: { key: ['name'], template: '{{body}}' } } },
    );
    writeTinyModel(join(workspace.folder, 'tiny'));
    const plan = only((await workspace.open().run('index', { dryRun: true })).plans);
    expect(plan).toMatchObject({ source: 3, missing: 1, failed: 2, embed: 1, chunks: 1 });
  });

  test('--dry-run plans whole types and says so', async () => {
    const notes = await makeNotes(['a book']);
    const engine = notes.open();
    for (const more of [{ keys: ['1'] }, { limit: 1 }, { force: true }]) {
      await expect(
        engine.run('index', { entityTypes: ['note'], dryRun: true, ...more }),
      ).rejects.toMatchObject({ code: 'USAGE' });
    }
  });
});

describe('an interrupted job', () => {
  /** Indexes some, is interrupted, and answers the job. */
  async function interrupted(engine: TestEngine, input: object = {}): Promise<Job> {
    const interrupt = new AbortController();
    const stop = await atSourceCall(engine, 'documents', 4, () => interrupt.abort());
    const job = only((await engine.run('index', input, { signal: interrupt.signal })).jobs);
    stop();
    expect(job).toMatchObject({ state: 'interrupted', error: { code: 'INTERRUPTED', retryable: true } });
    return job;
  }

  const stateOf = async (engine: TestEngine, job: Job): Promise<Job> =>
    only((await engine.run('status', { job: job.id })).jobs);

  test('goes on with the next index of the same type, recipe and options', async () => {
    const notes = await makeNotes(differentTexts(2000));
    const engine = notes.open();
    const first = await interrupted(engine);
    const job = only((await engine.run('index')).jobs);
    expect(job).toMatchObject({ id: first.id, state: 'completed', processed: 2000, embedded: 2000 });
    await expectInSync(engine);
  });

  test('gives way, superseded, to one of other options', async () => {
    const notes = await makeNotes(differentTexts(2000));
    const engine = notes.open();
    const first = await interrupted(engine);
    const job = only((await engine.run('index', { limit: 10 })).jobs);
    expect(job.id).not.toBe(first.id);
    expect(await stateOf(engine, first)).toMatchObject({
      state: 'cancelled',
      error: { code: 'SUPERSEDED' },
    });
    await expect(engine.run('resume', { job: first.id })).rejects.toMatchObject({ code: 'NOT_RESUMABLE' });
  });

  test('stays resumable while single keys are indexed', async () => {
    const notes = await makeNotes(differentTexts(2000));
    const engine = notes.open();
    const first = await interrupted(engine);
    await engine.run('index', { entityTypes: ['note'], keys: ['1999'] });
    expect(await stateOf(engine, first)).toMatchObject({ state: 'interrupted' });
    expect(only((await engine.run('resume', { job: first.id })).jobs)).toMatchObject({
      state: 'completed',
      processed: 2000,
      unchanged: 1,
    });
  });

  test('has no place to go on from where the key has another number of columns; index starts anew', async () => {
    const workspace = await makeWorkspace((db) => {
      db.exec(
        'CREATE VIEW note AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 2000) ' +
          `SELECT id, 'en' AS lang, 'note number ' || id AS body FROM n`,
      );
    });
    const configure = (key: string[]): void =>
      workspace.configure({ model: './tiny', entityTypes: { note: { key, template: '{{body}}' } } });
    writeTinyModel(join(workspace.folder, 'tiny'));
    configure(['id']);
    const former = workspace.open();
    const first = await interrupted(former);
    await former.close();

    configure(['id', 'lang']);
    const engine = workspace.open();
    expect(only((await engine.run('resume', { job: first.id })).jobs)).toMatchObject({
      state: 'failed',
      error: { code: 'KEY_CHANGED', hint: expect.stringContaining('plumbline index note') },
    });
    expect(only((await engine.run('index')).jobs)).toMatchObject({ state: 'completed', processed: 2000 });
    // What was indexed under the former key is no row's any more.
    const { reports } = await engine.run('validate');
    expect(reports).toMatchObject([{ state: 'drifted', source: 2000, missing: 0, stale: 0 }]);
    expect(reports[0]?.orphaned).toBeGreaterThan(0);
    await engine.run('fixDrift', { maxDeletePercent: 100 });
    await expectInSync(engine);
  });

  test('gives way when the recipe changed, and what it did is not lost', async () => {
    const notes = await makeNotes(differentTexts(2000));
    let engine = notes.open();
    const first = await interrupted(engine);
    expect(first.embedded).toBeGreaterThan(0);
    await engine.close();
    notes.reconfigure({ template: '{{body}}\n{{remark}}' });
    engine = notes.open();
    await expect(engine.run('resume', { job: first.id })).rejects.toMatchObject({ code: 'RECIPE_CHANGED' });
    const job = only((await engine.run('index')).jobs);
    expect(job.id).not.toBe(first.id);
    expect(await stateOf(engine, first)).toMatchObject({ state: 'cancelled', error: { code: 'SUPERSEDED' } });
    // The texts are the same under the new template, so what was embedded is used again.
    expect(job).toMatchObject({ embedded: 2000 - first.embedded, reused: first.embedded });
    await expectInSync(engine);
  });
});

describe('progress', () => {
  test('processed, total and percent never go back, and the last event is the end', async () => {
    const notes = await makeNotes(differentTexts(4000));
    const engine = notes.open();
    const seen: Job[] = [];
    const { jobs } = await engine.run('index', {}, { onProgress: ({ job }) => void seen.push(job) });
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.at(-1)).toEqual(only(jobs));
    seen.forEach((job, i) => {
      expect(job.processed).toBeGreaterThanOrEqual(seen[i - 1]?.processed ?? 0);
      expect(job.total ?? 0).toBeGreaterThanOrEqual(seen[i - 1]?.total ?? 0);
      expect(job.processed).toBeLessThanOrEqual(job.total ?? 0);
    });
  });

  test('a failure on the way leaves what was there as it was', async () => {
    const notes = await makeNotes(differentTexts(10));
    const engine = notes.open();
    await engine.run('index');
    const before = indexedContent(notes.folder);
    notes.change((db) => db.exec('ALTER TABLE note RENAME COLUMN body TO words'));
    await expect(engine.run('index')).rejects.toMatchObject({ code: 'COLUMN_UNKNOWN' });
    expect(indexedContent(notes.folder)).toEqual(before);
  });
});

test('a snapshot that lost its file is written anew by the next index, instead of rebuilt by every search', async () => {
  const notes = await makeNotes(differentTexts(2500));
  await notes.run('index');
  const folder = join(notes.folder, '.plumbline', 'vectors', '1');
  const snapshots = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.hnsw'));
  const notices: string[] = [];
  const onNotice = (line: string): void => void notices.push(line);
  const search = () =>
    notes.run('search', { entityType: 'note', query: 'the red book', mode: 'vector' }, { onNotice });
  const { hits } = await search();
  for (const damage of [rmSync, (path: string) => truncateSync(path, 1000)]) {
    for (const name of snapshots()) damage(join(folder, name));
    await notes.run('index');
    expect(snapshots()).toHaveLength(1);
    expect((await search()).hits.map((hit) => hit.score)).toEqual(hits.map((hit) => hit.score));
  }
  expect(notices).toEqual([]);
});
