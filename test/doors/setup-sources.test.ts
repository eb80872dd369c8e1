/** From a file on the disk to a workspace: looking for it, probing, previewing, estimating, making; and the sample. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished, vi } from 'vitest';
import { parseConfig } from '../../engine/config.ts';
import { writeSampleShop } from '../../engine/sample/shop.ts';
import { codeOf, errorOf, hostHere } from '../support/host.ts';
import { temporaryFolder } from '../support/workspace.ts';

function makeSource(path: string, rows = 3): string {
  const db = new Database(path);
  db.exec(`CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, body TEXT, price REAL);
    CREATE TABLE log (at INTEGER);
    CREATE VIEW cheap AS SELECT id, title FROM book WHERE price < 5`);
  const insert = db.prepare('INSERT INTO book (title, body, price) VALUES (?, ?, ?)');
  db.transaction(() => {
    for (let i = 1; i <= rows; i += 1)
      insert.run(`Title ${i}`, `A quiet story about river number ${i} and the people who live beside it.`, i);
  })();
  db.close();
  return path;
}

/** Another process that writes to a database and tries to take its log back to nothing; 1 where a reader keeps it from that. */
function truncateLog(path: string): number {
  const program = `
    const Database = require('better-sqlite3');
    const db = new Database(process.argv[1]);
    db.exec("INSERT INTO book (title) VALUES ('later')");
    console.log(db.pragma('wal_checkpoint(TRUNCATE)')[0].busy);`;
  return Number(execFileSync(process.execPath, ['-e', program, path], { encoding: 'utf8' }));
}

it('leaves the locks of a database alone that this process is reading while its folder is listed', async () => {
  const folder = temporaryFolder();
  const reader = new Database(makeSource(join(folder, 'books.sqlite')));
  reader.pragma('journal_mode = WAL');
  reader.exec("INSERT INTO book (title) VALUES ('in the log'); BEGIN; SELECT * FROM book");
  const { setup } = await hostHere({ startFolder: folder });
  const { entries } = await setup.call('files', { folder });
  expect(entries.map(({ name, kind }) => [name, kind])).toEqual([
    ['books.sqlite', 'source'],
    ['books.sqlite-shm', 'other'],
    ['books.sqlite-wal', 'other'],
  ]);
  expect(truncateLog(join(folder, 'books.sqlite'))).toBe(1);
  reader.close();
});

it('lists folders first, tells sources and workspaces from the rest, and names no hidden file', async () => {
  const folder = temporaryFolder();
  for (const name of ['b-folder', 'a-folder', 'shop-index']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'shop-index', 'plumbline.yaml'), 'version: 1\n');
  makeSource(join(folder, 'books.sqlite'));
  // Known by its first bytes.
  makeSource(join(folder, 'no-extension'));
  writeFileSync(join(folder, 'note.txt'), 'not a database, but of a size that one could have'.padEnd(1024));
  writeFileSync(join(folder, 'rows.csv.gz'), '');
  writeFileSync(join(folder, '.secret'), '');
  symlinkSync(join(folder, 'a-folder'), join(folder, 'link'));
  symlinkSync(join(folder, 'nowhere'), join(folder, 'dead-link'));
  const { setup } = await hostHere({ startFolder: folder });
  const { entries, parent, places, ...rest } = await setup.call('files', { folder });
  expect(entries.map(({ name, kind }) => [name, kind])).toEqual([
    ['a-folder', 'folder'],
    ['b-folder', 'folder'],
    ['link', 'folder'],
    ['shop-index', 'workspace'],
    ['books.sqlite', 'source'],
    ['dead-link', 'other'],
    ['no-extension', 'source'],
    ['note.txt', 'other'],
    ['rows.csv.gz', 'source'],
  ]);
  expect(entries.find(({ name }) => name === 'note.txt')).toMatchObject({
    path: join(folder, 'note.txt'),
    bytes: 1024,
    modifiedAt: expect.any(Number),
  });
  expect(rest).toEqual({ folder, truncated: false });
  expect(join(parent ?? '', '/')).toBe(join(folder, '..', '/'));
  expect(places).toContainEqual({ name: 'Started in', path: folder });
  expect((await setup.call('files', { folder: 'b-folder' })).folder).toBe(join(folder, 'b-folder'));
  expect((await setup.call('files', { folder: '/' })).parent).toBeNull();
  expect((await setup.call('files', {})).entries).toBeInstanceOf(Array);
});

it('a folder of many is cut and says so', async () => {
  const folder = temporaryFolder();
  for (let i = 0; i < 5200; i += 1) writeFileSync(join(folder, `file-${i}`), '');
  const { setup } = await hostHere();
  const { entries, truncated } = await setup.call('files', { folder });
  expect([entries.length, truncated]).toEqual([1000, true]);
  // As people count.
  expect(entries.slice(9, 11).map(({ name }) => name)).toEqual(['file-9', 'file-10']);
});

it('says why a folder cannot be listed', async (context) => {
  const folder = temporaryFolder();
  const source = makeSource(join(folder, 'books.sqlite'));
  const { setup } = await hostHere();
  const list = (path: string) => errorOf(setup.call('files', { folder: path }));
  expect(await list(join(folder, 'nowhere'))).toMatchObject({
    code: 'FOLDER_NOT_FOUND',
    hint: expect.stringContaining('moved'),
  });
  expect(await list(source)).toMatchObject({
    code: 'FOLDER_NOT_FOUND',
    message: expect.stringContaining('is a file'),
  });
  expect((await list(`${folder}\0`)).code).toBe('PATH_INVALID');
  context.skip(process.seteuid === undefined, 'folders have no modes here');
  chmodSync(folder, 0o000);
  const isRoot = process.geteuid?.() === 0;
  // Modes mean nothing to root.
  if (isRoot) process.seteuid?.(65_534);
  try {
    expect(await list(folder)).toMatchObject({
      code: 'FOLDER_UNREADABLE',
      message: expect.stringContaining('may not read'),
    });
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(folder, 0o700);
  }
});

it('says what a source holds, with the templates that it would get', async () => {
  const folder = temporaryFolder();
  const path = makeSource(join(folder, 'books.sqlite'));
  const { setup, home } = await hostHere({ startFolder: folder });
  const probe = await setup.call('probeSource', { source: 'books.sqlite' });
  expect(probe.source).toEqual({ name: 'books', kind: 'sqlite', bytes: readFileSync(path).length });
  expect(probe.folder).toBe(join(home, 'workspaces', 'books'));
  expect(probe.entityTypes.map(({ name, selected, template }) => [name, selected, template])).toEqual([
    ['book', true, '{{title}}\n{{body}}'],
    ['log', false, ''],
    ['cheap', false, '{{title}}'],
  ]);
  // It only looked.
  expect(existsSync(home) ? readdirSync(home) : []).toEqual(['token']);
  expect(readdirSync(folder)).toEqual(['books.sqlite']);
});

it('says what is wrong with a source', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'text.db'), 'no database at all, but long enough to be looked at'.repeat(40));
  writeFileSync(join(folder, 'empty.db'), '');
  const { setup } = await hostHere({ startFolder: folder });
  const probe = (source: string) => codeOf(setup.call('probeSource', { source }));
  expect(await probe('text.db')).toBe('SOURCE_NOT_A_DATABASE');
  expect(await probe('empty.db')).toBe('SOURCE_EMPTY');
  expect(await probe('nowhere.db')).toBe('SOURCE_NOT_FOUND');
  expect(await probe(folder)).toMatch(/^SOURCE_/);
  expect(await probe('a\0b')).toBe('PATH_INVALID');
  expect(await probe('   ')).toBe('USAGE');
  expect(await probe('ftp://example.com/a')).toBe('SOURCE_KIND_UNKNOWN');
  for (const source of ['text.db', 'empty.db', 'nowhere.db'])
    expect(await codeOf(setup.call('createWorkspace', { source })), source).toMatch(/^SOURCE_/);
  // Nothing is left of what could not be made.
  const { defaultFolder } = await setup.call('workspaces', {});
  expect(existsSync(defaultFolder) ? readdirSync(defaultFolder) : []).toEqual([]);
});

it('previews templates on real rows, and says what is wrong with them', async () => {
  const folder = temporaryFolder();
  const source = makeSource(join(folder, 'books.sqlite'));
  const { setup } = await hostHere();
  const type = { source, name: 'book', key: ['id'], template: '{{title}}: {{body}}' };
  const { documents } = await setup.call('previewTemplate', { ...type, limit: 2 });
  expect(documents).toEqual(
    [1, 2].map((i) => ({
      key: String(i),
      text: `Title ${i}: A quiet story about river number ${i} and the people who live beside it.`,
      tokens: expect.any(Number),
      chunks: 1,
      error: null,
    })),
  );
  expect(documents[0]?.tokens).toBeGreaterThan(10);
  const filtered = await setup.call('previewTemplate', { ...type, filter: 'price > 2' });
  expect(filtered.documents.map(({ key }) => key)).toEqual(['3']);
  const wrong = (change: object) => codeOf(setup.call('previewTemplate', { ...type, ...change }));
  expect(await wrong({ template: '{{title' })).toBe('TEMPLATE_INVALID');
  expect(await wrong({ template: 'no placeholder' })).toBe('TEMPLATE_INVALID');
  expect(await wrong({ template: '{{titel}}' })).toBe('COLUMN_UNKNOWN');
  expect(await wrong({ key: ['nr'] })).toBe('COLUMN_UNKNOWN');
  expect(await wrong({ name: 'boook' })).toBe('ENTITY_TYPE_UNKNOWN');
  expect(await wrong({ filter: 'price >' })).toBe('FILTER_INVALID');
  expect(await wrong({ source: undefined })).toBe('NO_WORKSPACE');
  // A model that is not here counts nothing; that is no reason to show nothing.
  const uncounted = await setup.call('previewTemplate', {
    ...type,
    model: 'Xenova/all-MiniLM-L6-v2',
    limit: 1,
  });
  expect(uncounted.documents).toMatchObject([{ key: '1', tokens: null, chunks: null }]);
});

it('a row that cannot be rendered says so in its place', async () => {
  const folder = temporaryFolder();
  const source = makeSource(join(folder, 'books.sqlite'));
  const db = new Database(source);
  db.prepare('UPDATE book SET body = ? WHERE id = 2').run(Buffer.from([0x66, 0xff, 0xfe]));
  db.close();
  const { setup } = await hostHere();
  const { documents } = await setup.call('previewTemplate', {
    source,
    name: 'book',
    key: ['id'],
    template: '{{body}}',
  });
  expect(documents.map(({ key, error }) => [key, error?.code ?? null])).toEqual([
    ['1', null],
    ['2', 'BLOB_NOT_TEXT'],
    ['3', null],
  ]);
});

it('makes a workspace of what was chosen, and opens it', async () => {
  const folder = temporaryFolder();
  const source = makeSource(join(folder, 'my böoks.sqlite'));
  const { setup, client, home } = await hostHere();
  const template = 'Book: {{title}}\n\n{{body}}';
  const made = await setup.call('createWorkspace', {
    source,
    name: 'Library',
    model: 'Xenova/all-MiniLM-L6-v2',
    entityTypes: [
      { name: 'cheap', key: ['id'], template: '{{title}}' },
      { name: 'book', key: ['id'], template, filter: 'price > 1' },
    ],
  });
  expect(made.open).toEqual({ folder: join(home, 'workspaces', 'Library'), name: 'Library', sample: false });
  expect(made.recent).toMatchObject([{ name: 'Library', exists: true }]);
  const text = readFileSync(join(made.open?.folder ?? '', 'plumbline.yaml'), 'utf8');
  const config = parseConfig(text, 'plumbline.yaml', {});
  expect(config).toMatchObject({
    source: { kind: 'sqlite', name: 'Library', path: source },
    model: 'Xenova/all-MiniLM-L6-v2',
    entityTypes: {
      book: { key: ['id'], template, filter: 'price > 1' },
      cheap: { key: ['id'], template: '{{title}}' },
    },
  });
  expect(text).toContain('# log: ');
  // The next one of the same name gets a folder of its own; without a name, the source's.
  const second = await setup.call('createWorkspace', { source, name: 'Library' });
  expect(second.open?.folder).toBe(join(home, 'workspaces', 'Library-2'));
  const third = await setup.call('createWorkspace', { source });
  expect(third.open).toMatchObject({ folder: join(home, 'workspaces', 'my-böoks'), name: 'my böoks' });
  expect(await client.call('index', {})).toMatchObject({
    jobs: [{ entityType: 'book', state: 'completed' }],
  });
  const own = join(folder, 'own', 'place');
  expect((await setup.call('createWorkspace', { source, folder: own })).open?.folder).toBe(own);
});

it('makes nothing of choices that do not fit, and leaves the open workspace open', async () => {
  const folder = temporaryFolder();
  const source = makeSource(join(folder, 'books.sqlite'));
  const { setup, home } = await hostHere();
  const { open } = await setup.call('createWorkspace', { source, folder: join(folder, 'first') });
  const type = { name: 'book', key: ['id'], template: '{{title}}' };
  const wrong = (change: object) => codeOf(setup.call('createWorkspace', { source, ...change }));
  expect(await wrong({ entityTypes: [{ ...type, template: '{{title' }] })).toBe('TEMPLATE_INVALID');
  expect(await wrong({ entityTypes: [type, { ...type, name: 'nowhere' }] })).toBe('ENTITY_TYPE_UNKNOWN');
  expect(await wrong({ entityTypes: [{ ...type, filter: 'x y' }] })).toBe('FILTER_INVALID');
  expect(await wrong({ entityTypes: [type, type] })).toBe('INPUT_INVALID');
  expect(await wrong({ name: '  ' })).toBe('INPUT_INVALID');
  expect(await wrong({ model: './nowhere' })).toBe('MODEL_NOT_FOUND');
  expect(await wrong({ model: 'no name' })).toBe('MODEL_NOT_FOUND');
  expect(await wrong({ folder: join(folder, 'first') })).toBe('WORKSPACE_EXISTS');
  expect(await wrong({ folder: source })).toBe('WORKSPACE_UNWRITABLE');
  expect(existsSync(join(home, 'workspaces')) ? readdirSync(join(home, 'workspaces')) : []).toEqual([]);
  expect((await setup.call('workspaces', {})).open).toEqual(open);
});

it('estimates what indexing takes from a sample of rows', async () => {
  const folder = temporaryFolder();
  const source = makeSource(join(folder, 'books.sqlite'), 1000);
  const { setup } = await hostHere();
  const entityTypes = [
    { name: 'book', key: ['id'], template: '{{title}}\n{{body}}' },
    { name: 'cheap', key: ['id'], template: '{{title}}' },
  ];
  const estimate = await setup.call('estimate', { source, entityTypes });
  expect(estimate).toMatchObject({
    entityTypes: [
      { name: 'book', rows: 1000, chunks: 1000 },
      { name: 'cheap', rows: 4, chunks: 4 },
    ],
    rows: 1004,
    chunks: 1004,
    durationMs: expect.any(Number),
    freeBytes: expect.any(Number),
  });
  expect(estimate.tokens).toBeGreaterThan(10_000);
  expect(estimate.durationMs).toBeGreaterThan(0);
  expect(estimate.diskBytes).toBeGreaterThan(100_000);
  // What was measured is known from then on.
  const { models } = await setup.call('models', {});
  expect(models.find(({ name }) => name === 'builtin')?.textsPerSecond).toMatchObject({ measured: true });
  const absent = await setup.call('estimate', { source, entityTypes, model: 'Xenova/all-MiniLM-L6-v2' });
  expect(absent).toMatchObject({ durationMs: null, rows: 1004, diskBytes: expect.any(Number) });
  expect(await codeOf(setup.call('estimate', { source, entityTypes, model: 'no name' }))).toBe(
    'MODEL_NOT_FOUND',
  );
  expect(await codeOf(setup.call('estimate', { source, entityTypes: [] }))).toBe('INPUT_INVALID');
});

it('estimates an empty table', async () => {
  const source = makeSource(join(temporaryFolder(), 'books.sqlite'), 0);
  const { setup } = await hostHere();
  const entityTypes = [{ name: 'book', key: ['id'], template: '{{title}}' }];
  expect(await setup.call('estimate', { source, entityTypes })).toMatchObject({
    rows: 0,
    chunks: 0,
    tokens: 0,
    durationMs: 0,
    diskBytes: 0,
  });
});

it('from the sample to repaired drift, in one server', async () => {
  const { setup, client, home } = await hostHere();
  const { open } = await setup.call('createSample', {});
  expect(open).toEqual({
    folder: join(home, 'workspaces', 'sample-shop'),
    name: 'Sample shop',
    sample: true,
  });
  const index = await client.call('index', {});
  expect(index.jobs.map(({ state }) => state)).toEqual(['completed', 'completed', 'completed', 'completed']);
  const { changes } = await setup.call('changeSample', {});
  const { reports } = await client.call('validate', {});
  for (const { entityType, inserted, updated, deleted } of changes) {
    expect(inserted * updated * deleted).toBeGreaterThan(0);
    expect(reports.find((report) => report.entityType === entityType)).toMatchObject({
      state: 'drifted',
      missing: inserted,
      stale: updated,
      orphaned: deleted,
    });
  }
  const repair = await client.call('fixDrift', {});
  expect(repair.reports?.map(({ state }) => state)).toEqual(Array(4).fill('in_sync'));
  expect((await setup.call('createSample', {})).open?.folder).toBe(join(home, 'workspaces', 'sample-shop-2'));
});

it('says that the sample is locked, and keeps the list of workspaces from waiting for it', async () => {
  const { setup } = await hostHere();
  const { open } = await setup.call('createSample', {});
  const other = new Database(join(open?.folder ?? '', 'shop.sqlite'));
  other.exec('BEGIN EXCLUSIVE');
  expect((await setup.call('workspaces', {})).open?.sample).toBe(true);
  expect(await codeOf(setup.call('changeSample', {}))).toBe('SOURCE_BUSY');
  other.exec('ROLLBACK');
  other.close();
  expect((await setup.call('changeSample', {})).changes).toHaveLength(4);
});

it('takes ~ for the person’s own folder in a source, too', async () => {
  const folder = temporaryFolder();
  makeSource(join(folder, 'books.sqlite'));
  vi.stubEnv('HOME', folder);
  vi.stubEnv('USERPROFILE', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { setup } = await hostHere();
  expect((await setup.call('probeSource', { source: '~/books.sqlite' })).source.name).toBe('books');
  const made = await setup.call('createWorkspace', { source: '~/books.sqlite' });
  expect(made.open?.name).toBe('books');
});

it('changes nothing that is not the sample, whatever its tables are called', async () => {
  const folder = temporaryFolder();
  const { setup } = await hostHere();
  // A shop, but not the one that was made with the workspace.
  await writeSampleShop(join(folder, 'other.sqlite'), { rows: 2000 });
  const made = await setup.call('createWorkspace', { source: join(folder, 'other.sqlite'), folder });
  expect(made.open?.sample).toBe(false);
  const before = readFileSync(join(folder, 'other.sqlite'));
  expect(await codeOf(setup.call('changeSample', {}))).toBe('SAMPLE_INVALID');
  expect(readFileSync(join(folder, 'other.sqlite')).equals(before)).toBe(true);
  // Nor one in its place with the same tables that somebody else made.
  const own = temporaryFolder();
  await writeSampleShop(join(own, 'shop.sqlite'), { rows: 2000 });
  const db = new Database(join(own, 'shop.sqlite'));
  db.pragma('application_id = 0');
  db.close();
  const theirs = await setup.call('createWorkspace', { source: join(own, 'shop.sqlite'), folder: own });
  expect(theirs.open?.sample).toBe(false);
  expect(await codeOf(setup.call('changeSample', {}))).toBe('SAMPLE_INVALID');
});
