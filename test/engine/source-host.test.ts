/** The source thread, for real: calls through {@link openThreads} into workers/source.ts. */
import { rowChecksum, textHash } from '../../engine/checksum.ts';
import { decodeKey, encodeKey, formatKey, integerPart, textPart, type Key } from '../../engine/key.ts';
import { pack, unpack } from '../../engine/packed.ts';
import type { DocumentSpec, SourceHost } from '../../engine/sources/source-host.ts';
import { openThreads, type Threads } from '../../engine/threads.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SqliteFixture } from '../support/sqlite-source.ts';

let fixture: SqliteFixture;
let thread: Threads<SourceHost>;

beforeEach(async () => {
  fixture = new SqliteFixture();
  fixture.database.exec(`
    CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT, body);
    INSERT INTO books VALUES (1, 'On pens', 'Pens write.'), (2, 'Empty', NULL), (9007199254740993, 'Bad', x'ff00');
    CREATE TABLE tags (name TEXT PRIMARY KEY, note TEXT);
    INSERT INTO tags VALUES ('a', 'x'), (NULL, 'lost'), (NULL, NULL)`);
  thread = openThreads<SourceHost>({
    url: new URL('../../workers/source.ts', import.meta.url),
    count: 1,
    label: 'source',
  });
  await openSource();
});
afterEach(async () => {
  await thread.call('close');
  await thread.close();
  fixture.dispose();
});

const openSource = () => thread.call('open', { kind: 'sqlite', name: 'test', path: fixture.path });
const books: DocumentSpec = {
  entityType: 'books',
  keyColumns: ['id'],
  columns: ['title', 'body'],
  filter: null,
  template: '{{title}}\n{{body}}',
};
const tags: DocumentSpec = {
  entityType: 'tags',
  keyColumns: ['name'],
  columns: ['note'],
  filter: null,
  template: '{{note}}',
};
const idKeys = (...ids: (number | bigint)[]) => pack(ids.map((id) => encodeKey([integerPart(id)])));
const allBooks = idKeys(1, 2, 9007199254740993n);

describe('the source thread', () => {
  it('opens a source and says which', async () => {
    const { identity } = await openSource();
    expect(identity).toMatch(/^\d+:\d+$/);
    expect(await thread.call('identity')).toBe(identity);
    expect(await thread.call('changeToken')).toContain(identity);
  });

  it('discovers', async () => {
    const found = await thread.call('discover');
    expect(found.map(({ name, rows, selected }) => ({ name, rows, selected }))).toEqual([
      { name: 'books', rows: 3, selected: true },
      { name: 'tags', rows: 3, selected: true },
    ]);
    expect(found[0]?.sampleRows[0]).toEqual([1n, 'On pens', 'Pens write.']);
  });

  it('scans keys and checksums, page by page', async () => {
    await thread.call('openType', books);
    expect(await thread.call('count', 'books')).toBe(3);
    const first = await thread.call('scan', 'books', null, 2);
    const keys = unpack(first.keys).map(decodeKey);
    expect(keys.map(formatKey)).toEqual(['1', '2']);
    expect(first.checksums).toHaveLength(32);
    expect(Buffer.from(first.checksums.subarray(0, 16))).toEqual(
      rowChecksum(encodeKey([integerPart(1)]), ['On pens', 'Pens write.']),
    );
    const second = await thread.call('scan', 'books', unpack(first.keys).at(-1) ?? null, 2);
    expect(unpack(second.keys).map((key) => formatKey(decodeKey(key)))).toEqual(['9007199254740993']);
    const end = await thread.call('scan', 'books', unpack(second.keys).at(-1) ?? null, 2);
    expect(end).toMatchObject({ count: 0, keys: { ends: new Uint32Array(0) } });
  });

  it('renders documents in the order asked, with the checksum the scan saw', async () => {
    await thread.call('openType', books);
    const page = await thread.call('scan', 'books', null, 10);
    const documents = await thread.call('documents', 'books', allBooks, { fresh: false });
    expect(documents.map((document) => document?.ok === true && document.text)).toEqual([
      'On pens\nPens write.',
      'Empty',
      false,
    ]);
    documents.forEach((document, i) => {
      expect(document?.checksum).toEqual(new Uint8Array(page.checksums.subarray(i * 16, i * 16 + 16)));
    });
    expect(await thread.call('documents', 'books', idKeys(7), { fresh: true })).toEqual([null]);
  });

  it('answers part of each text where that is enough, with the hash of the whole', async () => {
    await thread.call('openType', books);
    const [document] = await thread.call('documents', 'books', idKeys(1), { fresh: true, maxText: 2 });
    expect(document).toMatchObject({
      ok: true,
      text: 'On',
      textHash: new Uint8Array(textHash('On pens\nPens write.')),
    });
  });

  it('answers fewer documents than asked for where they are large', async () => {
    fixture.database.exec(`WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 49)
      INSERT INTO books SELECT i, 'Long', printf('%.*c', 1000000, 'x') FROM n`);
    await thread.call('openType', books);
    const keys = idKeys(...Array.from({ length: 40 }, (_, i) => 10 + i));
    const documents = await thread.call('documents', 'books', keys, { fresh: false });
    expect(documents.length).toBeGreaterThan(0);
    expect(documents.length).toBeLessThan(40);
  });

  it('reports a row that cannot be rendered as that row’s failure', async () => {
    await thread.call('openType', books);
    const [bad] = await thread.call('documents', 'books', idKeys(9007199254740993n), { fresh: true });
    expect(bad).toMatchObject({ ok: false, error: { code: 'BLOB_NOT_TEXT', hint: expect.any(String) } });
  });

  it('reads checksums afresh', async () => {
    await thread.call('openType', books);
    const before = await thread.call('checksums', 'books', allBooks);
    fixture.database.exec(`UPDATE books SET title = 'On ink' WHERE id = 1; DELETE FROM books WHERE id = 2`);
    const after = await thread.call('checksums', 'books', allBooks);
    expect(
      after.map((checksum, i) => checksum && Buffer.compare(checksum, before[i] ?? Buffer.alloc(0)) === 0),
    ).toEqual([false, null, true]);
  });

  it('delivers rows with NULL in the key, with their texts', async () => {
    await thread.call('openType', tags);
    const rows = await thread.call('nullKeyRows', 'tags', 0, 10);
    expect(rows.map(({ key, text }) => [formatKey(decodeKey(key)), text])).toEqual([
      ['null', 'lost'],
      ['null', ''],
    ]);
  });

  it('passes errors on with all they carry', async () => {
    await expect(thread.call('openType', { ...books, entityType: 'book' })).rejects.toMatchObject({
      code: 'ENTITY_TYPE_UNKNOWN',
      hint: 'Did you mean "books"?',
      exitCode: 2,
    });
    await expect(thread.call('openType', { ...books, template: '{{titel}}' })).rejects.toMatchObject({
      code: 'COLUMN_UNKNOWN',
      hint: 'Did you mean "title"?',
    });
    await expect(thread.call('openType', { ...books, template: '{{' })).rejects.toMatchObject({
      code: 'TEMPLATE_INVALID',
    });
    await expect(
      thread.call('open', { kind: 'sqlite', name: 'x', path: `${fixture.path}.nope` }),
    ).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });

  it('proves keys', async () => {
    await thread.call('openType', books);
    await thread.call('proveKey', 'books');
    fixture.database.exec('CREATE TABLE loose (name TEXT, note TEXT)');
    fixture.database.exec(`INSERT INTO loose VALUES ('a', '1'), ('a', '2')`);
    await thread.call('openType', { ...tags, entityType: 'loose' });
    await expect(thread.call('proveKey', 'loose')).rejects.toMatchObject({
      code: 'KEY_NOT_UNIQUE',
      details: { duplicates: [{ key: 'a', rows: 2 }] },
    });
  });

  it('opens a type again with another spec, and closes it', async () => {
    await thread.call('openType', books);
    await thread.call('openType', { ...books, filter: 'id = 1', template: '{{title}}' });
    expect(await thread.call('count', 'books')).toBe(1);
    const key: Key = [integerPart(1)];
    const [document] = await thread.call('documents', 'books', pack([encodeKey(key)]), { fresh: true });
    expect(document).toMatchObject({ ok: true, text: 'On pens' });
    await thread.call('closeType', 'books');
    await thread.call('closeType', 'books');
    await expect(thread.call('count', 'books')).rejects.toMatchObject({ code: 'ENTITY_TYPE_NOT_OPEN' });
  });

  it('keeps the type that is open when opening it with another spec fails', async () => {
    await thread.call('openType', books);
    await expect(thread.call('openType', { ...books, filter: 'nope' })).rejects.toMatchObject({
      code: 'FILTER_INVALID',
    });
    expect(await thread.call('count', 'books')).toBe(3);
  });

  it('answers nothing before a source is open', async () => {
    await thread.call('close');
    await thread.call('close');
    await expect(thread.call('discover')).rejects.toMatchObject({ code: 'SOURCE_NOT_OPEN' });
    const keys = pack([encodeKey([textPart('a')])]);
    await expect(thread.call('documents', 'tags', keys, { fresh: true })).rejects.toMatchObject({
      code: 'ENTITY_TYPE_NOT_OPEN',
    });
  });
});
