/** All that is known of one entity, whatever is wrong with it or around it. */
import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { renderEntity } from '../../engine/doors/cli/render/entity.ts';
import { damage } from '../support/graph-index.ts';
import { makeNotes, unrenderable } from '../support/notes.ts';
import type { TestEngine } from '../support/workspace.ts';

const look = (engine: TestEngine, key: string) => engine.run('entity', { entityType: 'note', key });

test('each class is as a validation would have it', async () => {
  const notes = await makeNotes(['one', 'two', 'three', unrenderable, '']);
  const engine = notes.open();
  await engine.run('index');
  notes.put({ 2: 'two, changed', 6: 'six' });
  notes.remove(3);
  const classes = Object.fromEntries(
    await Promise.all(
      ['1', '2', '3', '4', '5', '6', '7'].map(async (key) => [key, (await look(engine, key)).class]),
    ),
  );
  expect(classes).toEqual({
    ...{ 1: 'in_sync', 2: 'stale', 3: 'orphaned', 4: 'failed', 5: 'in_sync', 6: 'missing', 7: 'absent' },
  });
  await engine.run('exclude', { entityType: 'note', keys: ['4'], reason: 'known' });
  expect(await look(engine, '4')).toMatchObject({
    class: 'excluded',
    deadLetter: { excluded: { reason: 'known' } },
  });
  expect(await look(engine, '2')).toMatchObject({
    reported: null,
    source: { text: 'two, changed' },
    indexed: { text: 'two' },
  });
  await engine.run('validate');
  const reports = (await engine.run('drift', { entityType: 'note' })).items;
  for (const { key, class: name } of reports)
    expect(await look(engine, key)).toMatchObject({ class: name, reported: { class: name } });
});

test('one that is well is shown without going through all dead letters', async () => {
  const notes = await makeNotes(['one', unrenderable]);
  const engine = notes.open();
  await engine.run('index');
  const page = vi.spyOn(engine.engine.catalog.deadLetters, 'page');
  expect(await look(engine, '1')).toMatchObject({ class: 'in_sync', deadLetter: null });
  expect(await look(engine, '2')).toMatchObject({ class: 'failed', deadLetter: { code: 'BLOB_NOT_TEXT' } });
  expect(page).not.toHaveBeenCalled();
});

test('one of a model that is not here any more is shown without downloading it', async () => {
  const notes = await makeNotes(['one']);
  const model = join(notes.folder, '.plumbline', 'models', 'example', 'tiny');
  cpSync(join(notes.folder, 'tiny'), model, { recursive: true });
  notes.reconfigure({ model: 'example/tiny' });
  const first = notes.open();
  await first.run('index');
  await first.close();
  rmSync(model, { recursive: true });
  const engine = notes.open();
  const resolve = vi.spyOn(engine.engine.models, 'info');
  expect(await look(engine, '1')).toMatchObject({ class: 'in_sync', indexed: { sound: true } });
  expect(resolve).not.toHaveBeenCalled();
});

test('keys that cannot be read back from what is printed of them are found all the same', async () => {
  const notes = await makeNotes(['one']);
  notes.change((db) =>
    db.exec(`CREATE TABLE odd (a ANY, b ANY, body TEXT, PRIMARY KEY (a, b)) STRICT, WITHOUT ROWID;
      INSERT INTO odd VALUES (CAST(x'ff' AS TEXT), 1, 'one'), (CAST(x'fe01' AS TEXT), 1, 'two'), (9e999, 1, 'three')`),
  );
  notes.configure({ model: './tiny', entityTypes: { odd: { key: ['a', 'b'], template: '{{body}}' } } });
  const engine = notes.open();
  const found = async (key: string) => {
    const { class: name, keyValues, source } = await engine.run('entity', { entityType: 'odd', key });
    return [name, keyValues[0], source?.text];
  };
  await engine.run('index');
  expect(await found('["\ufffd",1]')).toEqual(['in_sync', { text: 'ff' }, 'one']);
  expect(await found('[Infinity,1]')).toEqual(['in_sync', Infinity, 'three']);
  notes.change((db) => db.exec(`INSERT INTO odd VALUES (CAST(x'c3' AS TEXT), 2, 'four')`));
  await engine.run('validate');
  expect(await found('["\ufffd",2]')).toEqual(['missing', { text: 'c3' }, 'four']);
  const { jobs } = await engine.run('fixDrift', { entityTypes: ['odd'], keys: ['["\ufffd",2]'] });
  expect(jobs).toMatchObject([{ state: 'completed', embedded: 1 }]);
});

test('another template makes it outdated; a damaged text, or vector, corrupt', async () => {
  const notes = await makeNotes(['one', 'two', 'three']);
  const first = notes.open();
  await first.run('index');
  await first.close();
  const catalog = join(notes.folder, '.plumbline', 'catalog.db');
  damage(catalog, `UPDATE entity SET text_hash = text_hash WHERE document = ?`, 'one');
  damage(
    catalog,
    `UPDATE embedding SET crc = crc + 1 WHERE id = (SELECT l.embedding_id FROM entity e JOIN chunk c ON c.entity_id = e.id
      JOIN label l ON l.label = c.label AND l.generation_id = c.generation_id WHERE e.document = ?)`,
    'two',
  );
  const engine = notes.open();
  expect(await look(engine, '1')).toMatchObject({ class: 'in_sync', indexed: { sound: true } });
  expect(await look(engine, '2')).toMatchObject({ class: 'corrupt', indexed: { sound: false } });
  await engine.close();
  notes.reconfigure({ template: 'note: {{body}}' });
  expect(await look(notes.open(), '1')).toMatchObject({ class: 'outdated', source: { text: 'note: one' } });
});

test('a source out of reach hides nothing of what is indexed', async () => {
  const notes = await makeNotes(['one', 'two']);
  const engine = notes.open();
  await engine.run('index');
  renameSync(notes.sourcePath, `${notes.sourcePath}.away`);
  const entity = await look(engine, '2');
  expect(entity).toMatchObject({
    class: null,
    source: null,
    sourceError: { code: 'SOURCE_NOT_FOUND' },
    indexed: { text: 'two', jobId: '1', model: { name: './tiny' } },
  });
  const plain = { style: (_style: string, text: string) => text, withCommands: (text: string) => text };
  const lines = renderEntity(entity, plain as unknown as Parameters<typeof renderEntity>[1]);
  expect(lines.join('\n')).toMatch(/source SOURCE_NOT_FOUND[^]*indexed by job 1[^]*│ two/);
  expect(await engine.run('engine')).toMatchObject({
    source: { reachable: false, error: { code: 'SOURCE_NOT_FOUND' } },
  });
  renameSync(`${notes.sourcePath}.away`, notes.sourcePath);
  expect((await look(engine, '2')).class).toBe('in_sync');
});

test('a row without a key is told by its letter, and what cannot be a key is an error', async () => {
  const notes = await makeNotes(['one']);
  notes.change((db) =>
    db.exec(
      `CREATE TABLE loose (a TEXT, b INTEGER, body TEXT, UNIQUE (a, b)); INSERT INTO loose VALUES (NULL, 2, 'two')`,
    ),
  );
  notes.configure({ entityTypes: { loose: { key: ['a', 'b'], template: '{{body}}' } } });
  const engine = notes.open();
  await engine.run('index');
  expect(await engine.run('entity', { entityType: 'loose', key: '[null,2]' })).toMatchObject({
    ...{ class: 'failed', keyValues: [null, 2n], source: null, deadLetter: { code: 'NULL_KEY' } },
  });
  await expect(engine.run('entity', { entityType: 'loose', key: 'x' })).rejects.toMatchObject({
    code: 'KEY_UNKNOWN',
    hint: expect.stringContaining('JSON array of a, b'),
  });
});

test('a look beside a running job leaves the job its reader', async () => {
  const notes = await makeNotes(Array.from({ length: 600 }, (_, i) => `note ${i}`));
  notes.change((db) => db.exec('CREATE VIEW seen AS SELECT id, body FROM note'));
  notes.configure({ model: './tiny', entityTypes: { seen: { key: ['id'], template: '{{body}}' } } });
  const engine = notes.open();
  const looks: Promise<{ class: string | null }>[] = [];
  const { jobs } = await engine.run(
    'index',
    {},
    {
      onProgress: () => void looks.push(engine.run('entity', { entityType: 'seen', key: '17' })),
    },
  );
  expect(jobs).toMatchObject([{ state: 'completed', embedded: 600 }]);
  expect(looks.length).toBeGreaterThan(0);
  for (const { class: name } of await Promise.all(looks)) expect(['missing', 'in_sync']).toContain(name);
});
