/** Windows and words of a report: any part of it, in order, and no call without an end. */
import { expect, test } from 'vitest';
import { MAX_PAGE, type Output } from '../../engine/contract.ts';
import { makeNotes } from '../support/notes.ts';
import type { TestEngine } from '../support/workspace.ts';

/** Notes 1 to 5 gone, 6 to 10 changed, 101 to 1600 missing. */
async function drifted() {
  const notes = await makeNotes(Array.from({ length: 20 }, (_, i) => `note ${i + 1}`));
  const engine = notes.open();
  await engine.run('index');
  notes.remove(1, 2, 3, 4, 5);
  notes.put(Object.fromEntries([6, 7, 8, 9, 10].map((id) => [id, `changed ${id}`])));
  notes.put(Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [i + 101, `Missing ${i + 101}`])));
  await engine.run('validate');
  return { notes, engine };
}

type Drift = Output<'drift'>;
const look = (engine: TestEngine, input: object): Promise<Drift> =>
  engine.run('drift', { entityType: 'note', ...input });

/** Asks until everything has been looked through. */
async function find(engine: TestEngine, input: object): Promise<Drift> {
  for (;;) {
    const answer = await look(engine, input);
    if (answer.searched === null || answer.searched.items >= answer.searched.of) return answer;
  }
}

test('both texts of an item are cut at the same place, whatever is in them', async () => {
  const body = `${'\u{1f642}é語\0'.repeat(120)}`;
  const notes = await makeNotes([`${body} was`]);
  const engine = notes.open();
  await engine.run('index');
  notes.put({ 1: `${body} is` });
  await engine.run('validate');
  const { items } = await look(engine, {});
  expect(items).toMatchObject([
    { class: 'stale', text: body.slice(0, 400), indexedText: body.slice(0, 400) },
  ]);
});

test('windows of all items and of a class lie side by side', async () => {
  const { engine } = await drifted();
  const whole = await look(engine, { limit: MAX_PAGE });
  expect(whole).toMatchObject({ total: 1510, offset: 0, searched: null });
  for (const [name, total] of [
    [undefined, 1510],
    ['missing', 1500],
    ['stale', 5],
    ['orphaned', 5],
  ] as const) {
    const all = whole.items.filter((item) => name === undefined || item.class === name);
    expect(all).toHaveLength(total);
    for (const offset of [0, 1, 4, 700, 1499, 1510, 5000]) {
      const window = await look(engine, { class: name, offset, limit: 150 });
      expect(window.items).toEqual(all.slice(offset, offset + 150));
      expect(window).toMatchObject({ total, offset, reportId: whole.reportId });
    }
  }
  expect(await look(engine, { class: 'ghost' })).toMatchObject({ items: [], total: 0 });
});

test('words are found in keys and in both texts, whatever their case, in windows of their own', async () => {
  const { engine } = await drifted();
  const keys = async (input: object): Promise<string[]> =>
    (await find(engine, input)).items.map((item) => item.key);
  expect((await keys({ query: 'CHANGED' })).toSorted()).toEqual(['10', '6', '7', '8', '9']);
  // What is indexed of the gone ones.
  expect(await keys({ query: 'note', class: 'orphaned' })).toEqual(['1', '2', '3', '4', '5']);
  expect(await keys({ query: '1234' })).toEqual(['1234']);
  expect(await keys({ query: 'nowhere' })).toEqual([]);
  const all = await find(engine, { query: 'missing', limit: 2000 });
  expect(all).toMatchObject({ total: 1500, searched: { items: 1510, of: 1510 } });
  const window = await find(engine, { query: 'missing', offset: 1200, limit: 50 });
  expect(window.items).toEqual(all.items.slice(1200, 1250));
});

test('a word is looked for in another report anew', async () => {
  const { notes, engine } = await drifted();
  expect(await find(engine, { query: 'changed' })).toMatchObject({ total: 5 });
  notes.put({ 11: 'changed, too' });
  await engine.run('validate');
  expect(await find(engine, { query: 'changed' })).toMatchObject({ total: 6 });
});

test('callers beside each other find everything once', async () => {
  const { engine } = await drifted();
  await Promise.all([1, 2, 3].map(() => find(engine, { query: 'missing', limit: 1 })));
  const { items, total } = await find(engine, { query: 'missing', limit: 2000 });
  expect(new Set(items.map((item) => item.key)).size).toBe(total);
  expect(total).toBe(1500);
});

test.each([
  ['drift', { entityType: 'note' }],
  ['deadLetters', {}],
  ['jobs', {}],
  ['audit', { job: '1' }],
] as const)('%s gives no more than a page at once', async (operation, input) => {
  const notes = await makeNotes(['one']);
  const engine = notes.open();
  await engine.run('index');
  await engine.run('validate');
  await expect(engine.run(operation, { ...input, limit: MAX_PAGE + 1 })).rejects.toMatchObject({
    code: 'INPUT_INVALID',
    message: 'limit must be at most 10000',
  });
  await engine.run(operation, { ...input, limit: MAX_PAGE });
});

test('jobs go on from any of them, until there are no older ones', async () => {
  const notes = await makeNotes(['one']);
  const engine = notes.open();
  for (let i = 0; i < 5; i += 1) await engine.run('validate');
  const ids: string[] = [];
  for (let more = true; more;) {
    const before = ids.at(-1);
    const page = await engine.run('jobs', { limit: 2, ...(before === undefined ? {} : { before }) });
    ids.push(...page.jobs.map((job) => job.id));
    more = page.more;
  }
  expect(ids).toEqual(['5', '4', '3', '2', '1']);
});

test('the history is the latest reports of each type, oldest first, without what only their own pages show', async () => {
  const { notes, engine } = await drifted();
  await engine.close();
  notes.change((db) => db.exec('CREATE TABLE other (id INTEGER PRIMARY KEY, body TEXT)'));
  const entityTypes = Object.fromEntries(
    ['note', 'other'].map((name) => [name, { key: ['id'], template: '{{body}}' }]),
  );
  notes.configure({ model: './tiny', entityTypes });
  const again = notes.open();
  await again.run('validate');
  await again.run('validate');
  const { reports } = await again.run('history', { limit: 2 });
  expect(reports.map((report) => [report.entityType, report.id])).toEqual([
    ['note', '2'],
    ['other', '3'],
    ['note', '4'],
    ['other', '5'],
  ]);
  expect(reports[0]).toMatchObject({ missing: 1500, state: 'drifted' });
  for (const report of reports) expect(Object.keys(report)).not.toContain('samples');
  expect((await again.run('history', { entityType: 'other' })).reports).toHaveLength(2);
});
