/** Repairs of chosen items: exactly these, judged by these, through kills and newer reports. */
import { expect, test, vi } from 'vitest';
import type { WritableCatalog } from '../../engine/catalog/catalog.ts';
import { differentTexts, makeNotes } from '../support/notes.ts';
import { beforeCall, driftOf, only } from '../support/observe.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import type { TestEngine } from '../support/workspace.ts';

/** Notes 1 and 2 stale, 3 and 4 orphaned, 101 and 102 missing. */
async function drifted() {
  const notes = await makeNotes(differentTexts(50));
  const engine = notes.open();
  await engine.run('index');
  notes.put({ 1: 'another one', 2: 'another two', 101: 'a new one', 102: 'a new two' });
  notes.change((db) => db.exec('DELETE FROM note WHERE id IN (3, 4)'));
  await engine.run('validate');
  return { notes, engine };
}

const fix = (engine: TestEngine, input: object) =>
  engine.run('fixDrift', { entityTypes: ['note'], maxDeletePercent: 100, ...input });

test('keys of several classes are repaired, and nothing else', async () => {
  const { engine } = await drifted();
  const { jobs, reports } = await fix(engine, { keys: ['1', '3', '101'] });
  expect(only(jobs)).toMatchObject({ state: 'completed', total: 3, processed: 3, embedded: 2, deleted: 1 });
  expect(only(reports)).toMatchObject({ state: 'drifted', stale: 1, orphaned: 1, missing: 1 });
  expect(await driftOf(engine)).toEqual({ stale: ['2'], orphaned: ['4'], missing: ['102'] });
  expect(await engine.run('audit', { job: only(jobs).id })).toMatchObject({
    options: { keys: ['1', '3', '101'], classes: ['missing', 'stale', 'orphaned'] },
    changes: { added: 1, changed: 1, removed: 1 },
  });
});

test('classes are repaired, and the plan says so before', async () => {
  const { engine } = await drifted();
  const plan = only((await fix(engine, { classes: ['orphaned', 'stale'], dryRun: true })).plans);
  expect(plan).toMatchObject({ stale: 2, orphaned: 2, missing: 0, embed: 2, delete: 2, deletePercent: 4 });
  expect(plan.chunks).toBe(2);
  expect(only((await fix(engine, { classes: ['orphaned', 'stale'] })).jobs)).toMatchObject({
    state: 'completed',
    embedded: 2,
    deleted: 2,
  });
  expect(await driftOf(engine)).toEqual({ missing: ['101', '102'] });
});

test('keys that the report does not name, in these classes, stop it before anything is done', async () => {
  const { engine } = await drifted();
  const before = await driftOf(engine);
  await expect(fix(engine, { keys: ['1', '7', 'x'] })).rejects.toMatchObject({
    code: 'KEY_UNKNOWN',
    message: expect.stringContaining('does not name 7, x;'),
    exitCode: 2,
  });
  await expect(fix(engine, { keys: ['1', '3'], classes: ['stale'] })).rejects.toMatchObject({
    code: 'KEY_UNKNOWN',
    message: expect.stringContaining('does not name 3 as stale'),
  });
  await expect(fix(engine, { keys: ['1'], deep: true })).rejects.toMatchObject({ code: 'USAGE' });
  expect((await engine.run('jobs', { kind: 'repair' })).jobs).toEqual([]);
  expect(await driftOf(engine)).toEqual(before);
});

test('the cap is held against the chosen deletions alone', async () => {
  const { engine } = await drifted();
  const input = { keys: ['3'], maxDeletePercent: 1 };
  expect(only((await fix(engine, input)).jobs).error).toMatchObject({
    code: 'DELETE_CAP_EXCEEDED',
    message: expect.stringContaining('delete 1 of 50'),
    hint: expect.stringContaining('run the same again with --max-delete 2%'),
  });
  expect(only((await fix(engine, { ...input, keys: ['1'] })).jobs)).toMatchObject({ state: 'completed' });
});

test('an interrupted one goes on with the same items, in a newer report, too; what is something else by then is left', async () => {
  const { notes, engine } = await drifted();
  const stop = new AbortController();
  const { thread } = await engine.engine.source();
  const restore = beforeCall(thread, 'documents', () => stop.abort(new Error('stop')));
  const input = { entityTypes: ['note'], keys: ['1', '2', '101'] };
  const stopped = await engine.run('fixDrift', input, { signal: stop.signal });
  restore();
  const { id, state } = only(stopped.jobs);
  expect(state).toBe('interrupted');
  notes.change((db) => db.exec('DELETE FROM note WHERE id = 2'));
  await engine.run('validate');
  const resumed = await engine.run('resume', { job: id });
  expect(only(resumed.jobs)).toMatchObject({ id, state: 'completed', deleted: 0 });
  expect(await driftOf(engine)).toEqual({ orphaned: ['2', '3', '4'], missing: ['102'] });
});

test('what has become something else is left, though other chosen items were of that class', async () => {
  const { notes, engine } = await drifted();
  const stop = new AbortController();
  const { thread } = await engine.engine.source();
  const restore = beforeCall(thread, 'documents', () => stop.abort(new Error('stop')));
  const stopped = await engine.run(
    'fixDrift',
    { entityTypes: ['note'], keys: ['1', '2', '2', '3'] },
    { signal: stop.signal },
  );
  restore();
  notes.remove(2);
  await engine.run('validate');
  const { jobs } = await engine.run('resume', { job: only(stopped.jobs).id });
  expect(only(jobs)).toMatchObject({ state: 'completed', embedded: 1, deleted: 1 });
  expect(await driftOf(engine)).toEqual({ orphaned: ['2', '4'], missing: ['101', '102'] });
});

test('one that goes on in a newer report counts what is left on top of what was done', async () => {
  const notes = await makeNotes(differentTexts(300));
  const engine = notes.open();
  await engine.run('index');
  notes.change((db) => db.exec(`UPDATE note SET body = body || ' again'`));
  await engine.run('validate');
  const stop = new AbortController();
  const { thread } = await engine.engine.source();
  const repair = () => engine.engine.catalog.jobs.list({ kind: 'repair', limit: 1 })[0]?.job;
  const restoreFirst = beforeCall(thread, 'documents', () => {
    if ((repair()?.processed ?? 0) > 0) stop.abort(new Error('stop'));
  });
  const input = { entityTypes: ['note'], classes: ['stale'] };
  const stopped = await engine.run('fixDrift', input, { signal: stop.signal });
  restoreFirst();
  const { id, processed } = only(stopped.jobs);
  expect(processed).toBeGreaterThan(0);
  expect(processed).toBeLessThan(300);
  await engine.run('validate');
  const totals: unknown[] = [];
  const restore = beforeCall(thread, 'documents', () => totals.push(repair()?.total));
  await engine.run('resume', { job: id });
  restore();
  expect(totals[0]).toBe(300);
});

test('what was not repaired is not forgotten where the job dies while it prunes the report before', async () => {
  const { notes, engine } = await drifted();
  const { thread } = await engine.engine.source();
  const restore = beforeCall(thread, 'changeToken', (nth) => {
    if (nth === 1) notes.put({ 1: 'yet another one' });
  });
  const { reports } = engine.engine.catalog as WritableCatalog;
  const prune = reports.pruneItems;
  const spy = vi
    .spyOn(reports, 'pruneItems')
    .mockImplementationOnce((type, keepFrom) => prune(type, keepFrom, 1))
    .mockImplementationOnce(() => {
      throw new Error('died');
    });
  const stopped = only((await fix(engine, { classes: ['stale'] })).jobs);
  expect(stopped).toMatchObject({ state: 'interrupted', error: { message: 'died' } });
  restore();
  spy.mockRestore();
  expect(only((await engine.run('resume', { job: stopped.id })).jobs)).toMatchObject({ state: 'completed' });
  expect(await driftOf(engine)).toEqual({ orphaned: ['3', '4'], missing: ['101', '102'] });
});

test('single items of a type that another model is configured for cannot be repaired', async () => {
  const { notes, engine } = await drifted();
  await engine.close();
  writeTinyModel(`${notes.folder}/other`, { seed: 2, dimensions: 48 });
  notes.reconfigure({ model: './other' });
  const again = notes.open();
  for (const dryRun of [true, false])
    await expect(fix(again, { keys: ['1'], dryRun })).rejects.toMatchObject({ code: 'MODEL_CHANGED' });
});

test('a row without a key is met again alone', async () => {
  const notes = await makeNotes(differentTexts(5));
  notes.change((db) =>
    db.exec(`CREATE TABLE loose (a TEXT, b INTEGER, body TEXT, UNIQUE (a, b));
      INSERT INTO loose VALUES ('x', 1, 'one'), (NULL, 2, 'two'), (NULL, 3, 'three')`),
  );
  notes.configure({
    entityTypes: { loose: { key: ['a', 'b'], template: '{{body}}' } },
  });
  const engine = notes.open();
  await engine.run('index');
  await engine.run('validate');
  const { jobs } = await engine.run('fixDrift', { entityTypes: ['loose'], keys: ['[null,2]'] });
  expect(only(jobs)).toMatchObject({ state: 'completed_with_failures', failed: 1, total: 1 });
});
