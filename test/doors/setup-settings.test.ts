/** Settings: `plumbline.yaml` over REST, with everything in it that a person has written. */
import { lstatSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { parseConfig } from '../../engine/config.ts';
import { codeOf, errorOf, hostHere, type TestHost } from '../support/host.ts';
import { makeWorkspace, type TestWorkspace } from '../support/workspace.ts';

async function openBooks(text?: string): Promise<TestHost & TestWorkspace & { read(): string }> {
  const workspace = await makeWorkspace((db) =>
    db.exec(`CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT, body TEXT);
      CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT);
      CREATE TABLE log (at INTEGER);
      INSERT INTO book VALUES (1, 'A red one', 'a book'); INSERT INTO note VALUES (1, 'a note')`),
  );
  const file = join(workspace.folder, 'plumbline.yaml');
  if (text !== undefined) writeFileSync(file, text);
  const host = await hostHere();
  await host.setup.call('openWorkspace', { folder: workspace.folder });
  return { ...workspace, ...host, read: () => readFileSync(file, 'utf8') };
}

it('shows what can be set, and the file', async () => {
  const { setup, read, folder } = await openBooks();
  expect(await setup.call('settings', {})).toEqual({
    settings: {
      model: 'builtin',
      maxDeletePercent: 20,
      failOn: null,
      workers: null,
      chunking: { maxTokens: null, overlapTokens: null },
      entityTypes: [
        { name: 'book', key: ['id'], template: '{{title}}\n{{body}}' },
        { name: 'note', key: ['id'], template: '{{body}}' },
      ],
    },
    file: join(folder, 'plumbline.yaml'),
    text: read(),
  });
});

it.each([
  ['password: hunter2 # mine', 'password: "••••••" # mine'],
  [`password: 'hunter2\n\n    hunter2'`, 'password: "••••••"'],
  ['password: &p hunter2\n  tlsCa: *p', 'password: &p "••••••"\n  tlsCa: *p'],
  ['tlsCa: &p hunter2\n  password: *p', 'tlsCa: &p "••••••"\n  password: *p'],
  ['password: ${HUNTER}', 'password: ${HUNTER}'],
])('answers the file without a password that stands in it: %s', async (written, shown) => {
  const text = (source: string) =>
    `version: 1\nsource:\n  kind: postgres\n  name: shop\n  database: d\n  ${source}\nmodel: builtin # small\nentityTypes: {}\n`;
  vi.stubEnv('HUNTER', 'hunter2');
  const { setup, read } = await openBooks(text(written));
  const answer = await setup.call('settings', {});
  expect(answer.text).toBe(text(shown));
  expect(JSON.stringify(answer)).not.toContain('hunter2');
  // What it answers is what a change can be based on, and the file keeps what it has.
  const changed = await setup.call('changeSettings', { workers: 2, basedOn: answer.text });
  expect(JSON.stringify(changed)).not.toContain('hunter2');
  expect(read()).toContain(written);
  expect(read()).toContain('workers: 2');
  vi.unstubAllEnvs();
});

it('answers a URL without the password in it', async () => {
  const text = (url: string) =>
    `version: 1\nsource: {kind: mariadb, name: shop, url: ${url}}\nmodel: builtin\nentityTypes: {}\n`;
  const { setup } = await openBooks(text('mariadb://u:hunter%402@h/d'));
  expect((await setup.call('settings', {})).text).toBe(text('"mariadb://u:••••••@h/d"'));
});

it('changes a value and leaves every other line of the file as init wrote it', async () => {
  const { setup, read, client } = await openBooks();
  const before = read();
  const { settings } = await setup.call('changeSettings', { maxDeletePercent: 5, basedOn: before });
  expect(settings.maxDeletePercent).toBe(5);
  expect(read()).toBe(before.replace('maxDeletePercent: 20', 'maxDeletePercent: 5'));
  const all = await setup.call('changeSettings', {
    failOn: 'missing>0',
    workers: 2,
    chunking: { maxTokens: 64, overlapTokens: null },
  });
  expect(all.settings).toMatchObject({ failOn: 'missing>0', workers: 2, chunking: { maxTokens: 64 } });
  expect(await client.call('index', {})).toMatchObject({
    jobs: [{ state: 'completed' }, { state: 'completed' }],
  });
  // Null takes a key out again: the file is what it was.
  await setup.call('changeSettings', {
    failOn: null,
    workers: null,
    chunking: { maxTokens: null, overlapTokens: null },
    maxDeletePercent: 20,
  });
  expect(read()).toBe(before);
  // What says nothing new changes nothing.
  await setup.call('changeSettings', {});
  expect(read()).toBe(before);
});

it('adds, changes and removes entity types; comments stay, those of left-out types included', async () => {
  const { setup, read, client } = await openBooks(`# Ours.
version: 1
source: {kind: sqlite, name: source, path: source.sqlite}   # do not move
model: builtin # small

entityTypes:
  # the catalogue
  book:
    key: [id]
    template: "{{title}}" # short on purpose
    model: builtin
    failOn: drift>10
  note:
    key: [id]
    template: "{{body}}"

  # Left out; to include one, add an entry for it.
  # log: no text columns
`);
  const { settings } = await setup.call('settings', {});
  const [book] = settings.entityTypes;
  await setup.call('changeSettings', {
    entityTypes: [
      { name: 'book', key: ['id'], template: 'Book: {{title}}\n{{body}}', filter: 'id > 0' },
      { name: 'log', key: ['at'], template: '{{at}}' },
    ],
  });
  expect(read()).toBe(`# Ours.
version: 1
source: {kind: sqlite, name: source, path: source.sqlite}   # do not move
model: builtin # small

entityTypes:
  # the catalogue
  book:
    key: [id]
    template: |- # short on purpose
      Book: {{title}}
      {{body}}
    model: builtin
    failOn: drift>10
    filter: id > 0
  log:
    key:
      - at
    template: "{{at}}"

  # Left out; to include one, add an entry for it.
  # log: no text columns
`);
  const jobs = await client.call('index', {});
  expect(jobs.jobs.map(({ entityType }) => entityType)).toEqual(['book', 'log']);
  const back = await setup.call('changeSettings', { entityTypes: book === undefined ? [] : [book] });
  expect(back.settings.entityTypes).toEqual([book]);
  expect(read()).toContain('# Left out');
  expect(read()).not.toContain('filter');
  await setup.call('changeSettings', { entityTypes: [] });
  expect(parseConfig(read(), 'x', {}).entityTypes).toEqual({});
  const anew = await setup.call('changeSettings', { entityTypes: book === undefined ? [] : [book] });
  expect(anew.settings.entityTypes).toEqual([book]);
  expect(read()).toContain('# Left out');
});

it('keeps line ends, quotes, a link in the place of the file, and what stands for the environment', async () => {
  vi.stubEnv('BOOKS_MODEL', 'builtin');
  onTestFinished(() => void vi.unstubAllEnvs());
  const before = [
    'version: 1',
    "source: { kind: sqlite, name: 'source', path: source.sqlite }",
    "model: '${BOOKS_MODEL}'",
    'entityTypes: { book: { key: [ id ], template: "{{title}}" } }',
    '',
  ].join('\r\n');
  const { setup, read, folder } = await openBooks(before);
  const [file, real] = [join(folder, 'plumbline.yaml'), join(folder, 'real.yaml')];
  renameSync(file, real);
  symlinkSync(real, file);
  const { settings } = await setup.call('changeSettings', { model: 'builtin', maxDeletePercent: 7 });
  expect(settings.model).toBe('builtin');
  expect(read()).toBe(`${before}maxDeletePercent: 7\r\n`);
  expect(lstatSync(file).isSymbolicLink()).toBe(true);
});

it('leaves secrets where they are: the file names them, and no answer tells them', async () => {
  const { setup, read, folder } = await openBooks();
  const before = [
    'version: 1',
    'source: { kind: postgres, name: shop, host: db.example, database: shop, user: reader, password: "${SHOP_PASSWORD}" }',
    'entityTypes: {}',
    '',
  ].join('\n');
  writeFileSync(join(folder, 'plumbline.yaml'), before);
  writeFileSync(join(folder, '.plumbline', 'secrets.json'), '{"SHOP_PASSWORD": "hush-hush"}');
  const changed = await setup.call('changeSettings', { maxDeletePercent: 3 });
  expect(read()).toBe(`${before}maxDeletePercent: 3\n`);
  const answers = [changed, await setup.call('settings', {}), await setup.call('workspaces', {})];
  expect(JSON.stringify(answers)).not.toContain('hush-hush');
});

it('refuses what the configuration does not allow, before anything is written', async () => {
  const { setup, read } = await openBooks();
  const before = read();
  const type = { name: 'book', key: ['id'], template: '{{title}}' };
  const wrong = (change: object) => codeOf(setup.call('changeSettings', change));
  expect(await wrong({ failOn: 'drift>>1' })).toBe('CONFIG_INVALID');
  expect(await wrong({ maxDeletePercent: 101 })).toBe('INPUT_INVALID');
  expect(await wrong({ workers: 0 })).toBe('INPUT_INVALID');
  expect(await wrong({ chunking: { maxTokens: 4, overlapTokens: null } })).toBe('CONFIG_INVALID');
  expect(await wrong({ chunking: { maxTokens: 32, overlapTokens: 32 } })).toBe('CONFIG_INVALID');
  expect(await wrong({ model: '' })).toBe('CONFIG_INVALID');
  expect(await wrong({ model: './nowhere' })).toBe('MODEL_NOT_FOUND');
  expect(await wrong({ entityTypes: [{ ...type, template: '{{title' }] })).toBe('TEMPLATE_INVALID');
  expect(await wrong({ entityTypes: [{ ...type, template: '{{titel}}' }] })).toBe('COLUMN_UNKNOWN');
  expect(await wrong({ entityTypes: [{ ...type, filter: 'nonsense here' }] })).toBe('FILTER_INVALID');
  expect(await wrong({ entityTypes: [{ ...type, name: 'boook' }] })).toBe('ENTITY_TYPE_UNKNOWN');
  expect(await wrong({ entityTypes: [type, type] })).toBe('INPUT_INVALID');
  expect(await wrong({ colour: 'red' })).toBe('INPUT_INVALID');
  expect(read()).toBe(before);
});

it('a file that was edited meanwhile stays as it was edited', async () => {
  const { setup, read, folder } = await openBooks();
  const { text } = await setup.call('settings', {});
  const edited = `${text}# by hand\n`;
  writeFileSync(join(folder, 'plumbline.yaml'), edited);
  const refused = await errorOf(setup.call('changeSettings', { maxDeletePercent: 1, basedOn: text }));
  expect(refused).toMatchObject({ code: 'CONFIG_CHANGED', hint: expect.stringContaining('anew') });
  expect(read()).toBe(edited);
  // Who does not say what the change is based on changes what is there.
  await setup.call('changeSettings', { maxDeletePercent: 1 });
  expect(read()).toBe(edited.replace('maxDeletePercent: 20', 'maxDeletePercent: 1'));
});

it('a file that was broken by hand is named, and not written over', async () => {
  const { setup, folder, read } = await openBooks();
  writeFileSync(join(folder, 'plumbline.yaml'), 'version: 1\nsource: [\n');
  expect(await codeOf(setup.call('settings', {}))).toBe('CONFIG_INVALID');
  expect(await codeOf(setup.call('changeSettings', { maxDeletePercent: 1 }))).toBe('CONFIG_INVALID');
  expect(read()).toBe('version: 1\nsource: [\n');
});

it('what follows a change goes by it, before any job does', async () => {
  const { setup } = await openBooks();
  const entityTypes = [{ name: 'book', key: ['id'], template: '{{body}}' }];
  await setup.call('changeSettings', { model: 'Xenova/all-MiniLM-L6-v2', entityTypes });
  // That model is not here.
  expect(await setup.call('estimate', { entityTypes })).toMatchObject({ rows: 1, durationMs: null });
  const [type] = entityTypes;
  if (type === undefined) throw new Error('there is one');
  expect(await setup.call('previewTemplate', type)).toMatchObject({
    documents: [{ key: '1', text: 'a book', tokens: null }],
  });
});

it('settings can be changed while the source is away', async () => {
  const { setup, sourcePath, read } = await openBooks();
  renameSync(sourcePath, `${sourcePath}.away`);
  const entityTypes = [{ name: 'book', key: ['id'], template: '{{body}}' }];
  await setup.call('changeSettings', { entityTypes });
  expect(parseConfig(read(), 'x', {}).entityTypes['book']?.template).toBe('{{body}}');
  renameSync(`${sourcePath}.away`, sourcePath);
});

it('as many threads embed as the configuration says, unless a call says otherwise', async () => {
  const { run, configure } = await makeWorkspace((db) =>
    db.exec(
      `CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO note VALUES (1, 'a red book')`,
    ),
  );
  configure({ workers: 3, entityTypes: { note: { key: ['id'], template: '{{body}}' } } });
  const threadsOf = async (input: object): Promise<number> => {
    let most = 0;
    await run(
      'index',
      { force: true, ...input },
      { onProgress: ({ workers }) => (most = Math.max(most, workers)) },
    );
    return most;
  };
  expect(await threadsOf({})).toBe(3);
  expect(await threadsOf({ workers: 1 })).toBe(1);
});
