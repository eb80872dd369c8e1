/** Rollback: whatever a job did is taken back, entity by entity, without embedding, and can be done again. */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Job } from '../../engine/contract.ts';
import {
  atSourceCall,
  catalogNumber,
  catalogRows,
  error,
  expectInSync,
  expectLabelsAgree,
  only,
  stopInTheMiddle,
} from '../support/observe.ts';
import { differentTexts, makeNotes, unrenderable, type Notes } from '../support/notes.ts';
import type { TestEngine } from '../support/workspace.ts';

/** What is indexed and can be found, without the numbers that change with every write. */
function content(notes: Notes): unknown[] {
  return catalogRows(
    notes.folder,
    `SELECT hex(e.key) AS key, e.recipe_id, hex(e.text_hash) AS hash, hex(e.source_checksum) AS checksum, e.document,
            c.ordinal, c.start_offset, c.end_offset, c.tokens, hex(m.vector) AS vector
     FROM generation g JOIN entity e ON e.generation_id = g.id LEFT JOIN chunk c ON c.entity_id = e.id
     LEFT JOIN label l ON l.generation_id = c.generation_id AND l.label = c.label
     LEFT JOIN embedding m ON m.id = l.embedding_id
     WHERE g.state = 'serving' ORDER BY e.key, c.ordinal`,
  );
}

/** Keys that full text finds for a word, and that the graph finds for a text. */
async function found(engine: TestEngine, query: string, mode: 'text' | 'vector'): Promise<string[]> {
  const { hits } = await engine.run('search', { entityType: 'note', query, mode, k: 1000 });
  return hits.map((hit) => hit.key).sort((a, b) => Number(a) - Number(b));
}

/** The vectors that the graph holds, by their bytes. */
async function graphVectors(engine: TestEngine): Promise<string[]> {
  await expectLabelsAgree(engine);
  const { sync, vectors } = engine.engine.searchContext();
  const typeId = engine.engine.catalog.generations.typeId('note') ?? 0;
  const id = engine.engine.catalog.generations.serving(typeId)?.id ?? 0;
  await sync.catchUp(id);
  const labels = await vectors.call('labels', id);
  const all: string[] = [];
  for (const label of labels) {
    const vector = await vectors.call('vector', id, label);
    all.push(Buffer.from(vector?.buffer ?? new ArrayBuffer(0)).toString('hex'));
  }
  return all.sort();
}

async function rollback(engine: TestEngine, job: Job, force = false): Promise<Job> {
  return only((await engine.run('rollback', { job: job.id, force })).jobs);
}

test('a repair that added 300, changed 200 and removed 100: catalog, full text and graph are what they were', async () => {
  const notes = await makeNotes(differentTexts(1000));
  const engine = notes.open();
  await engine.run('index');
  const before = content(notes);
  const graphBefore = await graphVectors(engine);
  const wordBefore = await found(engine, 'house', 'text');
  notes.put(Object.fromEntries(differentTexts(300, 'house').map((text, i) => [2001 + i, text])));
  notes.put(Object.fromEntries(differentTexts(200, 'garden').map((text, i) => [i + 1, text])));
  notes.remove(...Array.from({ length: 100 }, (_, i) => 500 + i));
  const repair = only((await engine.run('fixDrift')).jobs);
  expect(repair).toMatchObject({ state: 'completed', embedded: 500, deleted: 100 });
  const after = content(notes);
  expect(await found(engine, 'house', 'text')).toHaveLength(300);

  const undone = await rollback(engine, repair);
  expect(undone).toMatchObject({
    kind: 'rollback',
    state: 'completed',
    total: 600,
    processed: 600,
    deleted: 300,
    reused: 300,
    embedded: 0,
  });
  expect(content(notes)).toEqual(before);
  expect(await graphVectors(engine)).toEqual(graphBefore);
  expect(await found(engine, 'house', 'text')).toEqual(wordBefore);

  // Itself reversible, and that again.
  const redone = await rollback(engine, undone);
  expect(redone).toMatchObject({ state: 'completed', processed: 600, embedded: 0 });
  expect(content(notes)).toEqual(after);
  await expectInSync(engine);
  await rollback(engine, redone);
  expect(content(notes)).toEqual(before);
});

test('the first index job leaves nothing behind; indexing again embeds nothing', async () => {
  const notes = await makeNotes(differentTexts(40));
  const engine = notes.open();
  const indexed = only((await engine.run('index')).jobs);
  expect(await rollback(engine, indexed)).toMatchObject({ state: 'completed', deleted: 40 });
  expect(content(notes)).toEqual([]);
  expect(await found(engine, 'book', 'text')).toEqual([]);
  expect(only((await engine.run('index')).jobs)).toMatchObject({
    state: 'completed',
    embedded: 0,
    reused: 40,
  });
  await expectInSync(engine);
});

test('refused, with the list of later jobs, where they touched the same entities; --force restores the others', async () => {
  const notes = await makeNotes(differentTexts(20));
  const engine = notes.open();
  await engine.run('index');
  notes.put({ 1: 'a red apple', 2: 'a green apple', 3: 'a blue train' });
  const second = only((await engine.run('index')).jobs);
  notes.put({ 2: 'a green tea', 9: 'a white tea' });
  const third = only((await engine.run('index')).jobs);
  const before = content(notes);

  const refused = await error(engine.run('rollback', { job: second.id }));
  expect(refused.code).toBe('ROLLBACK_CONFLICT');
  expect(refused.message).toContain(`${third.id} (index, 1 entity)`);
  expect(content(notes)).toEqual(before);
  expect((await engine.run('jobs')).jobs[0]?.id).toBe(third.id);

  expect(await rollback(engine, second, true)).toMatchObject({
    state: 'completed',
    processed: 3,
    reused: 2,
    unchanged: 1,
  });
  expect(await found(engine, 'apple', 'text')).toEqual([]);
  expect(await found(engine, 'tea', 'text')).toEqual(['2', '9']);
  // The later one can still be taken back: nobody touched what it wrote.
  expect(await rollback(engine, third)).toMatchObject({ state: 'completed', reused: 2 });
  expect(await found(engine, 'apple', 'text')).toEqual(['2']);
});

test('newest first, several jobs are taken back without force', async () => {
  const notes = await makeNotes(differentTexts(20));
  const engine = notes.open();
  await engine.run('index');
  const first = content(notes);
  notes.put({ 1: 'a red apple' });
  const second = only((await engine.run('index')).jobs);
  notes.put({ 1: 'a green apple' });
  const third = only((await engine.run('index')).jobs);
  await rollback(engine, third);
  expect(await rollback(engine, second)).toMatchObject({ reused: 1, unchanged: 0 });
  expect(content(notes)).toEqual(first);
});

test('a rollback of what was there before is a later change like any other', async () => {
  const notes = await makeNotes(differentTexts(20));
  const engine = notes.open();
  await engine.run('index');
  const first = content(notes);
  notes.put({ 1: 'a red apple' });
  const second = only((await engine.run('index')).jobs);
  notes.put({ 1: 'a green apple' });
  const third = only((await engine.run('index')).jobs);
  const undone = await rollback(engine, third);
  const both = await rollback(engine, second);
  // To bring the third's text back would leave half of what was taken back.
  const refused = await error(engine.run('rollback', { job: undone.id }));
  expect(refused.code).toBe('ROLLBACK_CONFLICT');
  expect(refused.message).toContain(`${both.id} (rollback, 1 entity)`);
  expect(content(notes)).toEqual(first);
  await rollback(engine, both);
  expect(await rollback(engine, undone)).toMatchObject({ state: 'completed', reused: 1 });
  expect(await found(engine, 'apple', 'text')).toEqual(['1']);
});

test('a rollback that was taken back counts for nothing', async () => {
  const notes = await makeNotes(differentTexts(20));
  const engine = notes.open();
  await engine.run('index');
  const first = content(notes);
  notes.put({ 1: 'a red apple' });
  const second = only((await engine.run('index')).jobs);
  const redone = await rollback(engine, await rollback(engine, second));
  expect((await error(engine.run('rollback', { job: second.id }))).code).toBe('none');
  expect(content(notes)).toEqual(first);
  expect(redone.state).toBe('completed');
});

test('rolled back twice: the second time says by which job', async () => {
  const notes = await makeNotes(differentTexts(5));
  const engine = notes.open();
  const indexed = only((await engine.run('index')).jobs);
  const undone = await rollback(engine, indexed);
  const again = await error(engine.run('rollback', { job: indexed.id }));
  expect(again.code).toBe('ALREADY_ROLLED_BACK');
  expect(again.hint).toContain(`rollback ${undone.id}`);
});

test('a validation, an unknown job and nonsense are refused', async () => {
  const notes = await makeNotes(differentTexts(5));
  const engine = notes.open();
  await engine.run('index');
  await engine.run('validate');
  expect((await error(engine.run('rollback', { job: '2' }))).code).toBe('NOT_REVERSIBLE');
  expect((await error(engine.run('rollback', { job: '77' }))).code).toBe('JOB_UNKNOWN');
  expect((await error(engine.run('rollback', { job: 'note' }))).code).toBe('JOB_UNKNOWN');
});

test('an interrupted job is taken back and cannot be resumed any more', async () => {
  const notes = await makeNotes(differentTexts(1500));
  const engine = notes.open();
  const stopped = await stopInTheMiddle(engine, 'index');
  expect(stopped.state).toBe('interrupted');
  expect(stopped.processed).toBeGreaterThan(0);
  await rollback(engine, stopped);
  expect(content(notes)).toEqual([]);
  const after = only((await engine.run('status', { job: stopped.id })).jobs);
  expect(after).toMatchObject({ state: 'cancelled', error: { code: 'ROLLED_BACK' } });
  expect((await error(engine.run('resume', { job: stopped.id }))).code).toBe('NOT_RESUMABLE');
});

test('a job that is taken back while somebody is about to resume it stays taken back', async () => {
  const notes = await makeNotes(differentTexts(1500));
  const engine = notes.open();
  const stop = new AbortController();
  const undo = await atSourceCall(engine, 'scan', 4, () => stop.abort());
  const stopped = only((await engine.run('index', {}, { signal: stop.signal })).jobs);
  undo();
  expect(stopped.state).toBe('interrupted');
  // The rollback is let in first, and the job would wait for it.
  let taken: Promise<Job> | undefined;
  const { models } = engine.engine;
  const { with: real } = models;
  models.with = (settings) => ({
    ...real(settings),
    async info(name) {
      const info = await real(settings).info(name);
      models.with = real;
      taken = rollback(engine, stopped);
      while (engine.engine.catalog.jobs.get(Number(stopped.id))?.state !== 'cancelled') await letOthersRun();
      return info;
    },
  });
  expect(only((await engine.run('resume', { job: stopped.id })).jobs).state).toBe('cancelled');
  expect(await taken).toMatchObject({ state: 'completed' });
  expect(content(notes)).toEqual([]);
});

test('an interrupted rollback goes on where it was', async () => {
  // More than fits between two looks at its progress.
  const rows = 6000;
  const notes = await makeNotes(differentTexts(rows));
  const engine = notes.open();
  const indexed = only((await engine.run('index')).jobs);
  const stopped = await stopInTheMiddle(engine, 'rollback', { job: indexed.id });
  expect(stopped.state).toBe('interrupted');
  const left = content(notes).length;
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(rows);
  const resumed = only((await engine.run('resume', { job: stopped.id })).jobs);
  expect(resumed).toMatchObject({ id: stopped.id, state: 'completed', processed: rows, deleted: rows });
  expect(content(notes)).toEqual([]);
  // What the rollback did can be taken back as a whole, both runs of it.
  await rollback(engine, resumed);
  await expectInSync(engine);
});

test('texts in several chunks, shared texts, empty ones and failures come back as they were', async () => {
  const long = Array.from({ length: 120 }, (_, i) => `river ${i}`).join(' ');
  const notes = await makeNotes([long, 'a red book', 'a red book', '', null, 'a new shoe']);
  const engine = notes.open();
  await engine.run('index');
  const before = content(notes);
  const labels = catalogNumber(notes.folder, 'SELECT count(*) FROM label');
  notes.put({ 1: 'short now', 2: long, 3: '', 4: 'a red book', 5: unrenderable, 6: null });
  const second = only((await engine.run('index')).jobs);
  expect(second.failed).toBe(1);
  await rollback(engine, second);
  expect(content(notes)).toEqual(before);
  expect(catalogNumber(notes.folder, 'SELECT count(*) FROM label')).toBe(labels);
  await expectLabelsAgree(engine);
});

test('needs neither the source nor the configured type', async () => {
  const notes = await makeNotes(differentTexts(5));
  const indexed = only((await notes.run('index')).jobs);
  notes.configure({ model: './tiny', entityTypes: {} });
  notes.change((db) => db.exec('DROP TABLE note'));
  expect(await error(notes.run('rollback', { job: indexed.id }))).toMatchObject({
    code: 'RECIPE_CHANGED',
    message: expect.stringContaining('note is not selected in plumbline.yaml any more'),
    hint: expect.stringContaining('--force'),
  });
  notes.reconfigure({ model: './nowhere' });
  expect(await error(notes.run('rollback', { job: indexed.id }))).toMatchObject({
    code: 'RECIPE_CHANGED',
    message: expect.stringMatching(/^the model of note cannot be used .*nowhere/),
    hint: expect.stringContaining('Bring the model back'),
  });
  notes.configure({ model: './tiny', entityTypes: {} });
  expect(only((await notes.run('rollback', { job: indexed.id, force: true })).jobs)).toMatchObject({
    state: 'completed',
    deleted: 5,
  });
});

test('refused where the recipe changed, unless what comes back was made with the present one', async () => {
  const notes = await makeNotes(differentTexts(5));
  await notes.run('index');
  notes.reconfigure({ template: 'Note: {{body}}' });
  const second = only((await notes.run('index')).jobs);
  expect(second.embedded).toBe(5);
  notes.reconfigure({ template: '{{body}} (note)' });
  expect((await error(notes.run('rollback', { job: second.id }))).code).toBe('RECIPE_CHANGED');
  // Back to the first template: then the rollback is exactly what is wanted.
  notes.reconfigure({});
  expect(only((await notes.run('rollback', { job: second.id })).jobs)).toMatchObject({ reused: 5 });
  await expectInSync(notes.open());
});

test('a damaged undo record is named and leaves its entity as it is', async () => {
  const notes = await makeNotes(differentTexts(5));
  const engine = notes.open();
  await engine.run('index');
  notes.put({ 2: 'a red apple', 3: 'a green apple' });
  const second = only((await engine.run('index')).jobs);
  engine.engine.writable().transaction(() => {});
  await engine.close();
  const { default: Database } = await import('better-sqlite3');
  const db = new Database(`${notes.folder}/.plumbline/catalog.db`);
  db.exec(`UPDATE undo SET document = document || '!' WHERE job_id = ${second.id} AND id =
    (SELECT min(id) FROM undo WHERE job_id = ${second.id})`);
  db.close();
  const lines: string[] = [];
  const { jobs } = await notes.run('rollback', { job: second.id }, { onNotice: (line) => lines.push(line) });
  expect(only(jobs)).toMatchObject({ state: 'completed_with_failures', failed: 1, reused: 1 });
  expect(lines.join()).toContain('UNDO_DAMAGED');
});
