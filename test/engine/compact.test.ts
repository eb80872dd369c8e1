import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { openCatalogForWriting } from '../../engine/catalog/catalog.ts';
import { operations, type Check, type Compaction } from '../../engine/contract.ts';
import { documentOf, plumbline } from '../support/cli.ts';
import { differentTexts, makeNotes, type Notes } from '../support/notes.ts';
import { catalogBytes, catalogNumber, expectInSync, indexedContent } from '../support/observe.ts';
import { unpackOldWorkspace } from '../support/old-workspace.ts';
import { noReadOnlyFolder } from '../support/read-only-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { mountDisk } from '../support/tmpfs.ts';
import { expectSoundCatalog, makeWorkspace, type TestEngine } from '../support/workspace.ts';

const noMounts = noReadOnlyFolder();
const NOTES = 120;
/** Undo records, and embeddings that they alone refer to: of the former model and of twice changed texts. */
const WASTE = NOTES + 2 * (NOTES - 10);

/** Nothing is kept for taking back. */
const KEEP_NOTHING = { undoJobs: 0, undoDays: 0, generations: 0, generationDays: 0 };
const KEEP_ALL = { undoJobs: 1000, undoDays: 1000, generations: 1000, generationDays: 1000 };

const retain = (notes: Notes, retention: object): void =>
  notes.configure({
    model: './tiny',
    retention,
    entityTypes: { note: { key: ['id'], template: '{{body}}' } },
  });

/** Made by the first test that needs it, and copied from then on. */
let waste: string | null = null;
afterAll(() => {
  if (waste !== null) rmSync(waste, { recursive: true, force: true });
});

/** Notes under a former and the present model, most of them changed since: something of everything that compaction removes. */
async function fullOfWaste(): Promise<Notes> {
  if (waste !== null) {
    const copy = await makeNotes([]);
    cpSync(waste, copy.folder, { recursive: true });
    return copy;
  }
  const notes = await makeNotes(differentTexts(NOTES));
  retain(notes, KEEP_ALL);
  await notes.run('index');
  writeTinyModel(join(notes.folder, 'tiny'), { seed: 2 });
  const engine = notes.open();
  await engine.run('index');
  // A snapshot, into which the changes that follow are dropped.
  await engine.run('search', { entityType: 'note', query: 'book', mode: 'vector' });
  await change(notes, engine, 'shoe');
  await engine.run('compact');
  await change(notes, engine, 'lamp');
  await engine.close();
  retain(notes, KEEP_NOTHING);
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-waste-'));
  cpSync(notes.folder, folder, { recursive: true });
  waste = folder;
  return notes;
}

/** Gives all but ten notes another text. */
async function change(notes: Notes, engine: TestEngine, about: string): Promise<void> {
  notes.put(Object.fromEntries(differentTexts(NOTES - 10, about).map((text, i) => [i + 1, text])));
  await engine.run('index');
}

const sizeOf = (folder: string, ...path: string[]): number =>
  statSync(join(folder, '.plumbline', ...path)).size;

const pragma = (folder: string, name: string): unknown => {
  const db = new Database(join(folder, '.plumbline', 'catalog.db'), { readonly: true });
  try {
    return db.pragma(name, { simple: true });
  } finally {
    db.close();
  }
};

/** What searches find: keys and similarities, rounded to what two graphs of the same vectors agree in. */
async function found(engine: TestEngine): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const mode of ['vector', 'text']) {
    const query = 'the black lamp number 13';
    const { hits } = await engine.run('search', { entityType: 'note', query, mode, k: 5 });
    results.push(hits.map((hit) => [hit.key, hit.similarity?.toFixed(4)]));
  }
  return results;
}

/** What a dry run knows exactly. */
const counted = ({ graphs, undo, generations, embeddings, catalogBytesBefore }: Compaction) => ({
  graphs,
  undo,
  generations,
  embeddings,
  catalogBytesBefore,
});

/** Nothing is left to compact, and what is indexed is what it was. */
async function expectCompact(notes: Notes, content: unknown[]): Promise<void> {
  const engine = notes.open();
  const again = await engine.run('compact', { dryRun: true });
  expect(again).toMatchObject({ graphs: [], undo: 0, generations: 0, embeddings: 0 });
  expect(again.catalogBytesAfter).toBe(again.catalogBytesBefore);
  expect(indexedContent(notes.folder)).toEqual(content);
  expect(readdirSync(join(notes.folder, '.plumbline', 'vectors'))).toEqual(['2']);
  await expectInSync(engine);
  await engine.close();
  expectSoundCatalog(notes.folder);
}

/** What will be left: that of the serving generation. */
const servingContent = (folder: string): unknown[] =>
  indexedContent(folder).filter((row) => (row as { generation_id: number }).generation_id === 2);

describe('compact', () => {
  test('removes what it says it would, makes the files smaller, and changes no search', async () => {
    const notes = await fullOfWaste();
    const content = servingContent(notes.folder);
    const bytes = catalogBytes(notes.folder);
    const engine = notes.open();
    const hits = await found(engine);
    const foreseen = await engine.run('compact', { dryRun: true });
    expect(catalogBytes(notes.folder).equals(bytes)).toBe(true);
    const compacting = engine.run('compact');
    let isOver = false;
    void compacting.finally(() => (isOver = true));
    let searches = 0;
    for (; !isOver; searches += 1) expect(await found(engine)).toEqual(hits);
    expect(searches).toBeGreaterThan(1);
    const done = await compacting;
    expect(done).toMatchObject({
      dryRun: false,
      graphs: [{ entityType: 'note', vectors: NOTES, tombstones: NOTES - 10 }],
      // By the first index, and by those that changed texts; building beside what serves needs none.
      undo: WASTE,
      generations: 1,
      embeddings: WASTE,
    });
    expect(sizeOf(notes.folder, 'catalog.db')).toBe(done.catalogBytesAfter);
    expect(sizeOf(notes.folder, 'catalog.db-wal')).toBe(0);
    expect(done.catalogBytesAfter).toBeLessThan(0.75 * done.catalogBytesBefore);
    // The graphs' files are as large as the estimate; of the catalog's it is a rough one.
    const { catalogBytesAfter, ...exact } = foreseen;
    expect(exact).toEqual({ ...exact, ...counted(done), dryRun: true });
    const saved = done.catalogBytesBefore - done.catalogBytesAfter;
    expect(done.catalogBytesBefore - catalogBytesAfter).toBeGreaterThan(0.5 * saved);
    expect(done.catalogBytesBefore - catalogBytesAfter).toBeLessThan(1.5 * saved);
    expect(await found(engine)).toEqual(hits);
    await engine.close();
    await expectCompact(notes, content);
  });

  test('builds an index anew that the last deep validation found to miss too much', async () => {
    const notes = await makeNotes(differentTexts(60));
    const engine = notes.open();
    await engine.run('index');
    await engine.run('validate', { deep: true });
    expect((await engine.run('compact', { dryRun: true })).graphs).toEqual([]);
    await engine.close();
    const db = new Database(join(notes.folder, '.plumbline', 'catalog.db'));
    db.exec(`UPDATE report SET summary = json_set(summary, '$.deep.recall.value', 0.8)`);
    db.close();
    const again = notes.open();
    expect((await again.run('compact', { dryRun: true })).graphs).toMatchObject([{ vectors: 60 }]);
    expect((await again.run('compact')).graphs).toMatchObject([{ entityType: 'note', vectors: 60 }]);
    await again.run('validate', { deep: true });
    expect((await again.run('compact', { dryRun: true })).graphs).toEqual([]);
  });

  test('of one type leaves the others alone', async () => {
    const notes = await makeNotes(differentTexts(5));
    notes.change((db) =>
      db.exec(
        `CREATE TABLE other (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO other VALUES (1, 'a cat')`,
      ),
    );
    const type = { key: ['id'], template: '{{body}}' };
    const entityTypes = { note: type, other: type };
    notes.configure({ model: './tiny', retention: KEEP_ALL, entityTypes });
    await notes.run('index');
    notes.configure({ model: './tiny', retention: KEEP_NOTHING, entityTypes });
    await expect(notes.run('compact', { entityTypes: ['othr'] })).rejects.toMatchObject({
      code: 'ENTITY_TYPE_UNKNOWN',
    });
    expect(await notes.run('compact', { entityTypes: ['other'] })).toMatchObject({ undo: 1 });
    expect(await notes.run('compact')).toMatchObject({ undo: 5 });
  });

  test('leaves no graph in memory that nobody searches, and neither does a look at what it would do', async () => {
    const notes = await makeNotes(differentTexts(20));
    const engine = notes.open();
    await engine.run('index');
    const { vectors } = engine.engine.searchContext();
    for (const [verb, input] of [
      ['doctor', {}],
      ['compact', { dryRun: true }],
      ['compact', {}],
    ] as const) {
      await engine.run(verb, input);
      await expect(vectors.call('stats', 1), verb).rejects.toMatchObject({ code: 'GENERATION_CLOSED' });
    }
    await engine.run('search', { entityType: 'note', query: 'book', mode: 'vector' });
    await engine.run('compact');
    expect(await vectors.call('stats', 1)).toMatchObject({ live: 20 });
  });

  test('aborted after any transaction leaves a sound workspace, and goes on the next time', async () => {
    const notes = await fullOfWaste();
    const content = servingContent(notes.folder);
    let aborts = 0;
    for (let done = false; !done;) {
      const engine = notes.open();
      const stop = new AbortController();
      const catalog = engine.engine.writable();
      const { transaction } = catalog;
      let left = 1 + aborts;
      catalog.transaction = (work) => {
        const result = transaction.call(catalog, work) as ReturnType<typeof work>;
        if ((left -= 1) === 0) stop.abort(new Error('stopped'));
        return result;
      };
      try {
        await engine.run('compact', {}, { signal: stop.signal });
        done = true;
      } catch (error) {
        expect(error).toMatchObject({ message: 'stopped' });
        aborts += 1;
      }
      await engine.close();
      expectSoundCatalog(notes.folder);
      expect(servingContent(notes.folder)).toEqual(content);
    }
    expect(aborts).toBeGreaterThan(5);
    await expectCompact(notes, content);
  });

  test('killed at any moment loses nothing', async () => {
    const notes = await fullOfWaste();
    const content = servingContent(notes.folder);
    let kills = 0;
    for (let nth = 1; ; nth *= 3) {
      // Early and late ones of the statements that change the catalog.
      if (!killed(notes.folder, nth)) break;
      kills += 1;
      expectSoundCatalog(notes.folder);
      expect(servingContent(notes.folder)).toEqual(content);
    }
    expect(kills).toBeGreaterThan(2);
    await notes.run('compact');
    await expectCompact(notes, content);
  });

  /** Runs `compact` in a process that is killed after its n-th commit, pragma or VACUUM; false where it ended before. */
  function killed(folder: string, nth: number): boolean {
    const root = new URL('../../', import.meta.url);
    const script = `
      import Database from ${JSON.stringify(String(new URL('node_modules/better-sqlite3/lib/index.js', root)))};
      import { fileURLToPath } from 'node:url';
      let left = ${nth};
      let compacting = false;
      const count = (result) => {
        if (compacting && (left -= 1) === 0) process.kill(process.pid, 'SIGKILL');
        return result;
      };
      const { exec, pragma, transaction } = Database.prototype;
      Database.prototype.exec = function (sql) { return count(exec.call(this, sql)); };
      Database.prototype.pragma = function (sql, options) {
        const result = pragma.call(this, sql, options);
        return /vacuum\\(|checkpoint/.test(sql) ? count(result) : result;
      };
      Database.prototype.transaction = function (work) {
        const run = transaction.call(this, work);
        return { immediate: (...args) => count(run.immediate(...args)) };
      };
      const { Engine } = await import(${JSON.stringify(String(new URL('engine/engine.ts', root)))});
      const { dispatch } = await import(${JSON.stringify(String(new URL('engine/doors/dispatch.ts', root)))});
      const { workerUrls } = await import(${JSON.stringify(String(new URL('workers/urls.ts', root)))});
      const engine = new Engine({
        folder: ${JSON.stringify(folder)}, workers: workerUrls, access: 'write',
        builtinModel: fileURLToPath(${JSON.stringify(String(new URL('models/builtin/', root)))}),
      });
      compacting = true;
      await dispatch(engine, 'compact', {}, new AbortController().signal);
      compacting = false;
      await engine.close();
    `;
    try {
      execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
      return false;
    } catch (error) {
      expect(error).toMatchObject({ signal: 'SIGKILL' });
      return true;
    }
  }
});

describe('the catalog file', () => {
  test('of a new workspace can shrink in steps', async () => {
    const workspace = await makeWorkspace((db) =>
      db.exec('CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)'),
    );
    expect(pragma(workspace.folder, 'auto_vacuum')).toBe(2);
    expect(pragma(workspace.folder, 'journal_mode')).toBe('wal');
  });

  test('of an older Plumbline is written anew once, and can shrink in steps from then on', async () => {
    const workspace = await makeWorkspace(() => {}, {});
    const path = unpackOldWorkspace(workspace.folder);
    openCatalogForWriting(path).close();
    expect(pragma(workspace.folder, 'auto_vacuum')).toBe(0);
    const db = new Database(path);
    db.exec(
      'CREATE TABLE ballast (bytes BLOB); INSERT INTO ballast VALUES (zeroblob(500000)); DROP TABLE ballast',
    );
    db.close();
    const result = await workspace.run('compact');
    expect(result.catalogBytesAfter).toBeLessThan(result.catalogBytesBefore - 400_000);
    expect(pragma(workspace.folder, 'auto_vacuum')).toBe(2);
    expect(pragma(workspace.folder, 'journal_mode')).toBe('wal');
    expect(sizeOf(workspace.folder, 'catalog.db')).toBe(result.catalogBytesAfter);
    expect((await workspace.run('validate')).reports).toMatchObject([{ indexed: 23 }, { indexed: 3 }]);
  });

  test.skipIf(noMounts !== null)(
    `that would have to be written anew is left as it is where the disk has no room for that${noMounts === null ? '' : ` (skipped: ${noMounts})`}`,
    async () => {
      const { folder } = mountDisk('1m');
      const path = unpackOldWorkspace(folder);
      openCatalogForWriting(path).close();
      const db = new Database(path);
      db.exec(
        'CREATE TABLE ballast (bytes BLOB); INSERT INTO ballast VALUES (zeroblob(250000)); DROP TABLE ballast',
      );
      db.pragma('wal_checkpoint(TRUNCATE)');
      db.close();
      const bytes = catalogBytes(folder);
      const result = await plumbline(['compact', '--json', '-w', folder]);
      expect(documentOf(result)).toMatchObject({
        error: { code: 'DISK_SPACE_LOW', hint: expect.stringContaining('Nothing was changed') },
      });
      expect(result.code).toBe(2);
      expect(catalogBytes(folder).equals(bytes)).toBe(true);
    },
  );
});

describe('doctor', () => {
  const named = (checks: readonly Check[], name: string): Check | undefined =>
    checks.find((check) => check.name === name);

  test('says what compaction would save, and is content afterwards', async () => {
    const notes = await fullOfWaste();
    const bytes = catalogBytes(notes.folder);
    const { checks } = await notes.run('doctor');
    expect(catalogBytes(notes.folder).equals(bytes)).toBe(true);
    const hint = expect.stringContaining('plumbline compact');
    expect(named(checks, 'undo records')).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^340 beyond retention, about \d/),
      hint,
    });
    expect(named(checks, 'retired generations')).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^1 beyond/),
      hint,
    });
    expect(named(checks, 'unused embeddings')).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^340, about/),
      hint,
    });
    expect(named(checks, 'dropped vectors of note')).toMatchObject({
      detail: '110 of 230 (48 %) are dropped and still in the index',
    });
    await notes.run('compact');
    const after = (await notes.run('doctor')).checks;
    for (const name of [
      'undo records',
      'retired generations',
      'unused embeddings',
      'free pages',
      'dropped vectors of note',
    ])
      expect(named(after, name), name).toMatchObject({ ok: true, hint: null });
    expect(named(after, 'dropped vectors of note')?.detail).toBe(
      '0 of 120 (0 %) are dropped and still in the index',
    );
  });

  test('names the generation that can be gone back to, and jobs that can go on', async () => {
    const notes = await makeNotes(differentTexts(5));
    await notes.run('index');
    writeTinyModel(join(notes.folder, 'tiny'), { seed: 2 });
    await notes.run('index');
    expect(named((await notes.run('doctor')).checks, 'retired generations')).toMatchObject({
      ok: true,
      detail: '0 beyond retention; note can go back to generation 1 (5 entities) with `plumbline rollback 2`',
    });
    expect(named((await notes.run('doctor')).checks, 'unfinished jobs')).toMatchObject({
      ok: true,
      detail: 'none',
    });
    const db = new Database(join(notes.folder, '.plumbline', 'catalog.db'));
    db.exec(`UPDATE job SET state = 'paused' WHERE id = 2`);
    db.close();
    expect(named((await notes.run('doctor')).checks, 'unfinished jobs')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('job 2 (index note) is paused'),
      hint: expect.stringContaining('`plumbline resume 2`'),
    });
  });
});

test('a dry run works beside a writer', async () => {
  const notes = await fullOfWaste();
  const input = ['compact', '--dry-run', '--json'];
  const alone = documentOf(await plumbline(input, { cwd: notes.folder }));
  const writer = notes.open();
  const beside = await plumbline(input, { cwd: notes.folder });
  expect(beside.code).toBe(0);
  expect(documentOf(beside)).toEqual(alone);
  expect((await plumbline(['compact'], { cwd: notes.folder })).err).toContain('WORKSPACE_LOCKED');
  await writer.close();
});

describe('doctor on a snapshot', () => {
  test('that is damaged, gone or without its manifest says so, and validate --deep puts it right', async () => {
    // Shorter logs are replayed, and have no snapshot.
    const notes = await makeNotes(differentTexts(2100));
    await notes.run('index');
    const folder = join(notes.folder, '.plumbline', 'vectors', '1');
    const check = async (): Promise<Check | undefined> =>
      (await notes.run('doctor')).checks.find(({ name }) => name === 'index note');
    const graph = (): string =>
      join(folder, readdirSync(folder).find((name) => name.endsWith('.hnsw')) ?? 'none');
    const manifest = join(folder, 'manifest.json');
    const damages: readonly [damage: () => void, code: string][] = [
      [() => writeFileSync(graph(), readFileSync(graph()).fill(0xff, 5000, 5008)), 'SNAPSHOT_DAMAGED'],
      [() => rmSync(graph()), 'SNAPSHOT_MISSING'],
      [() => writeFileSync(manifest, '{}'), 'MANIFEST_DAMAGED'],
      [() => rmSync(manifest), 'SNAPSHOT_MISSING'],
    ];
    const sound = { ok: true, detail: expect.stringMatching(/snapshot at operation 2100/) };
    expect(await check()).toMatchObject(sound);
    cpSync(folder, `${folder}.kept`, { recursive: true });
    for (const [damage, code] of damages) {
      rmSync(folder, { recursive: true });
      cpSync(`${folder}.kept`, folder, { recursive: true });
      damage();
      expect(await check()).toMatchObject({
        ok: false,
        detail: expect.stringContaining(`${code}: `),
        hint: expect.stringContaining('`plumbline validate note --deep`'),
      });
    }
    await notes.run('validate', { deep: true });
    expect(await check()).toMatchObject(sound);
  });

  test('that a small index does not need is not missed', async () => {
    const notes = await makeNotes(differentTexts(5));
    await notes.run('index');
    const { checks } = await notes.run('doctor');
    expect(checks.find(({ name }) => name === 'index note')).toMatchObject({
      ok: true,
      detail: expect.stringContaining('no snapshot yet'),
    });
  });
});

test('people are told what went and the sizes before and after; programs get the contract’s document', async () => {
  const notes = await fullOfWaste();
  const dry = await plumbline(['compact', '--dry-run'], { cwd: notes.folder });
  expect(dry).toMatchObject({ code: 0, err: '' });
  expect(dry.out).toMatch(
    /^would compact \(sizes are estimates\)\n {2}index note +\d+ kB +110 of 230 vectors dropped\n {2}catalog +\d+ kB → \d+ kB {2}340 undo/,
  );
  expect(dry.out).toContain(
    '340 undo records, 1 retired generation, 340 unused embeddings\nnothing was written\n',
  );
  const result = await plumbline(['compact', 'note', '--json'], { cwd: notes.folder });
  expect(operations.compact.output.strict().parse(documentOf(result))).toMatchObject({
    undo: 340,
    dryRun: false,
  });
  expect(result).toMatchObject({ code: 0, err: expect.stringContaining('340 undo records') });
  expect((await plumbline(['compact'], { cwd: notes.folder })).out).toMatch(
    /^nothing to compact; the catalog takes \d+ kB\n$/,
  );
  expect(catalogNumber(notes.folder, 'SELECT count(*) FROM undo')).toBe(0);
});
