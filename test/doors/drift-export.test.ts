/** Reports as files: whole, at the client's pace, harmless in a spreadsheet, and never a part that passes for the whole. */
import { expect, test } from 'vitest';
import type { DriftItem } from '../../engine/contract.ts';
import { exportTexts } from '../../engine/drift-export.ts';
import { parse } from '../../engine/json.ts';
import { API } from '../../engine/routes.ts';
import { makeNotes } from '../support/notes.ts';
import { serveHere } from '../support/served.ts';

const item = (key: string, text: string | null): DriftItem => ({
  ...{ key, keyValues: [key], class: 'stale', reason: 'the text changed', text, indexedText: null },
});

test.each([
  ['plain', 'plain'],
  ['a, b', '"a, b"'],
  ['say "no"\nor "yes"', '"say ""no""\nor ""yes"""'],
  ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['-2+3', "'-2+3"],
  ['\t=1', "'\t=1"],
  ['-17', '-17'],
  ['+1.5', '+1.5'],
])('a cell %j is written %j', (text, cell) => {
  expect(exportTexts.csv.item(item('1', text))).toBe(`1,stale,the text changed,${cell},\r\n`);
});

/** A served workspace with so many missing notes. */
async function served(count: number, more = '') {
  const notes = await makeNotes(['a first note']);
  const rest = await serveHere(notes.folder);
  await rest.client.call('index', {});
  notes.put(
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [i + 2, `=missing "note" ${i + 2}, new${more}`]),
    ),
  );
  await rest.client.call('validate', {});
  return { notes, rest };
}

test('all items come as JSON and as CSV, of all classes or of one', async () => {
  const { rest } = await served(1200);
  const all = await rest.client.exportDrift('note', {});
  expect(all.headers.get('content-type')).toContain('application/json');
  expect(all.headers.get('content-disposition')).toMatch(/^attachment; filename="note-drift-\d+\.json"$/);
  const items = parse(await all.text()) as DriftItem[];
  const listed = await rest.client.call('drift', { entityType: 'note', limit: 10_000 });
  expect(items).toEqual(listed.items);
  const csv = await (await rest.client.exportDrift('note', { format: 'csv', class: 'missing' })).text();
  const lines = csv.split('\r\n');
  expect(lines).toHaveLength(1202);
  expect(lines[0]).toBe('key,class,reason,text,indexedText');
  expect(lines[1]).toBe(`2,missing,not indexed,"'=missing ""note"" 2, new",`);
  expect(lines.at(-1)).toBe('');
  expect(await (await rest.client.exportDrift('note', { class: 'ghost' })).text()).toBe('[\n]\n');
});

test('it needs the token, a type that was validated, and what it knows', async () => {
  const { rest } = await served(1);
  expect((await fetch(`${rest.url}${API}/drift/note/export`)).status).toBe(401);
  expect(await rest.request('GET', '/drift/nodes/export')).toMatchObject({
    status: 404,
    body: { error: { code: 'ENTITY_TYPE_UNKNOWN' } },
  });
  for (const query of ['format=xml', 'class=none', 'limit=1'])
    expect(await rest.request('GET', `/drift/note/export?${query}`)).toMatchObject({ status: 400 });
  const head = await fetch(`${rest.url}${API}/drift/note/export`, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${rest.token}` },
  });
  expect(head.status).toBe(200);
});

test('is read at the pace of the client, ends when it leaves, and breaks off when the items are gone', async () => {
  const { notes, rest } = await served(20_000, ' and more'.repeat(50));
  const { reports } = rest.serving.engine.catalog;
  const { itemsAfter } = reports;
  let pages = 0;
  reports.itemsAfter = (...args) => {
    pages += 1;
    return itemsAfter(...args);
  };
  const left = await rest.client.exportDrift('note', {});
  const reader = left.body!.getReader();
  await reader.read();
  await reader.cancel();
  // Sockets take some of it; the rest waits for whoever does not read.
  const slow = await rest.client.exportDrift('note', {});
  const first = slow.body!.getReader();
  await first.read();
  expect(pages).toBeLessThan(2 * 40);
  notes.put({ 2: 'another' });
  await rest.client.call('validate', {});
  await expect(
    (async () => {
      while (!(await first.read()).done);
    })(),
  ).rejects.toThrow(/terminated/);
});
