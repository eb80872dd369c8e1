import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openCatalogForReading, openCatalogForWriting } from '../../engine/catalog/catalog.ts';
import { migrations } from '../../engine/catalog/migrations.ts';
import { unpackOldWorkspace } from '../support/old-workspace.ts';
import { catalogNumber, catalogRows, expectInSync, expectLabelsAgree, only } from '../support/observe.ts';
import { noReadOnlyFolder } from '../support/read-only-folder.ts';
import { mountDisk } from '../support/tmpfs.ts';
import {
  expectSoundCatalog,
  makeWorkspace,
  temporaryFolder,
  type TestWorkspace,
} from '../support/workspace.ts';

const LATEST = migrations.at(-1)?.number ?? 0;
const noMounts = noReadOnlyFolder();

async function oldWorkspace(): Promise<TestWorkspace> {
  const workspace = await makeWorkspace(() => {}, {});
  unpackOldWorkspace(workspace.folder);
  return workspace;
}

/** The catalog of the first schema, alone in a folder. */
function oldCatalog(folder = temporaryFolder()): string {
  return unpackOldWorkspace(folder);
}

function look<T>(path: string, work: (db: Database.Database) => T): T {
  const db = new Database(path, { readonly: true });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

const versionOf = (path: string): number =>
  look(path, (db) => db.pragma('user_version', { simple: true }) as number);

/** Everything in the tables of the first schema that were not derived from others. */
const contentOf = (path: string): unknown =>
  look(path, (db) =>
    [
      'entity_type',
      'model',
      'recipe',
      'entity',
      'embedding',
      'label',
      'chunk',
      'op',
      'op_commit',
      'undo_chunk',
      'report',
      'drift_item',
    ].map((table) => [table, db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all()]),
  );

const backups = (path: string): string[] =>
  readdirSync(join(path, '..')).filter((name) => name.endsWith('.backup.db'));
const otherFiles = (path: string): string[] =>
  readdirSync(join(path, '..')).filter((name) => !/^catalog\.db(-wal|-shm)?$/.test(name));

/** The old version, whole, and of use: an undisturbed writer takes it to the latest one. */
function expectUntouched(path: string, content: unknown): void {
  expect(versionOf(path)).toBe(1);
  expect(look(path, (db) => db.pragma('integrity_check', { simple: true }))).toBe('ok');
  expect(contentOf(path)).toEqual(content);
  expect(
    look(path, (db) => db.pragma('table_info(job)') as { name: string }[]).map((row) => row.name),
  ).not.toContain('undo_pruned_at');
}

function expectMigrates(path: string, content: unknown): void {
  openCatalogForWriting(path).close();
  expect(versionOf(path)).toBe(LATEST);
  expect(contentOf(path)).toEqual(content);
}

describe('a catalog of the first schema', () => {
  test('is migrated by a writer, which leaves a backup that opens; readers wait for that', async () => {
    const workspace = await oldWorkspace();
    const path = join(workspace.folder, '.plumbline', 'catalog.db');
    const content = contentOf(path);
    const error = { code: 'CATALOG_OLDER', hint: expect.stringContaining('plumbline validate') };
    await expect(workspace.run('jobs')).rejects.toMatchObject(error);
    const { checks } = await workspace.run('doctor');
    expect(checks.find((check) => check.name === 'catalog')).toMatchObject({ ok: false, hint: error.hint });
    expect(versionOf(path)).toBe(1);
    await workspace.run('validate');
    expect(versionOf(path)).toBe(LATEST);
    const backup = join(workspace.folder, '.plumbline', only(backups(path)));
    expectUntouched(backup, content);
    expectSoundCatalog(workspace.folder);
    await workspace.run('validate');
    expect(backups(path)).toHaveLength(1);
  });

  test('serves its old reports, jobs, dead letters and vectors', async () => {
    const { folder, open } = await oldWorkspace();
    const engine = open();
    const { jobs, reports } = await engine.run('status', { job: '3' });
    expect(jobs).toMatchObject([{ kind: 'validate', entityType: 'note', state: 'completed' }]);
    expect(only(reports)).toMatchObject({
      id: '1',
      source: 24,
      failed: 1,
      lost: null,
      deep: null,
      excluded: 0,
    });
    expect((await engine.run('drift', { entityType: 'note' })).items).toMatchObject([
      { key: '7', class: 'failed' },
      { key: '3', class: 'stale' },
      { key: '30', class: 'missing' },
      { key: '4', class: 'orphaned' },
    ]);
    expect((await engine.run('deadLetters')).items).toMatchObject([
      { key: '7', code: 'BLOB_NOT_TEXT', excluded: null },
    ]);
    const { hits } = await engine.run('search', { entityType: 'note', query: 'the teapots of house 35' });
    expect(hits.slice(0, 5).map((hit) => hit.key)).toContain('5');
    expect(await expectLabelsAgree(engine)).toBe(19);
    expect(catalogNumber(folder, 'SELECT count(*) FROM embedding')).toBe(22);
  });

  test('knows what has changed since, and embeds that alone', async () => {
    const { open } = await oldWorkspace();
    const engine = open();
    const { reports } = await engine.run('validate');
    expect(reports).toMatchObject([
      { entityType: 'note', missing: 1, stale: 1, orphaned: 1, outdated: 0, failed: 1 },
      { entityType: 'tag', state: 'in_sync' },
    ]);
    const { jobs } = await engine.run('index');
    expect(jobs).toMatchObject([
      { embedded: 2, reused: 0, unchanged: 21, failed: 1 },
      { embedded: 0, reused: 0, unchanged: 3, failed: 0 },
    ]);
    expect(only((await engine.run('fixDrift', { entityTypes: ['note'] })).jobs)).toMatchObject({
      embedded: 0,
      deleted: 1,
    });
    await expectInSync(engine, 'tag');
  });

  test('can be rolled back: a job of now, and one of then', async () => {
    const { folder, open } = await oldWorkspace();
    const documents = (): unknown[] =>
      catalogRows(folder, 'SELECT hex(key) AS key, document FROM entity ORDER BY 1, 2');
    const engine = open();
    const before = documents();
    const { jobs } = await engine.run('index', { entityTypes: ['note'] });
    expect(documents()).not.toEqual(before);
    await engine.run('rollback', { job: only(jobs).id });
    expect(documents()).toEqual(before);
    expect(only((await engine.run('rollback', { job: '2' })).jobs)).toMatchObject({
      state: 'completed',
      deleted: 3,
    });
    expect(catalogNumber(folder, 'SELECT count(*) FROM entity WHERE generation_id = 2')).toBe(0);
    expect(await expectLabelsAgree(engine, 'note')).toBe(19);
  });
});

describe('a catalog of the second schema', () => {
  test('is migrated with all it holds, and serves its reports, letters, rollbacks and interrupted jobs', async () => {
    const workspace = await makeWorkspace(() => {}, {});
    const path = unpackOldWorkspace(workspace.folder, 2);
    const content = contentOf(path);
    expect(versionOf(path)).toBe(2);
    const engine = workspace.open();
    expect(versionOf(path)).toBe(LATEST);
    expect(contentOf(path)).toEqual(content);
    expect(await engine.run('drift', { entityType: 'note' })).toMatchObject({ total: 3, offset: 0 });
    expect((await engine.run('deadLetters')).items).toMatchObject([
      { key: '7', excluded: { reason: 'known' } },
    ]);
    expect((await engine.run('history', { entityType: 'note' })).reports).toMatchObject([
      { jobId: '3', missing: 1 },
      { jobId: '5', missing: 1 },
      { jobId: '5', missing: 0 },
      { jobId: '6', stale: 1, orphaned: 1, missing: 1, excluded: 1 },
    ]);
    expect(only((await engine.run('jobs', { state: 'interrupted' })).jobs)).toMatchObject({ id: '8' });
    expect(only((await engine.run('rollback', { job: '5' })).jobs)).toMatchObject({ state: 'completed' });
    expect(await expectLabelsAgree(engine)).toBe(19);
  });

  test('knows what its jobs changed, and what they went through from now on', async () => {
    const workspace = await makeWorkspace(() => {}, {});
    unpackOldWorkspace(workspace.folder, 2);
    const engine = workspace.open();
    expect(await engine.run('audit', { job: '5' })).toMatchObject({
      job: { kind: 'repair' },
      events: [],
      changes: { records: 'kept', added: 1, changed: 1, removed: 1 },
      warnings: expect.arrayContaining([expect.stringContaining('kept no history')]),
    });
    expect((await engine.run('audit', { job: '8' })).events).toMatchObject([
      { state: 'interrupted', pid: process.pid, error: null },
    ]);
    const { jobs } = await engine.run('index', { entityTypes: ['note'] });
    expect((await engine.run('audit', { job: '8' })).events).toMatchObject([
      { state: 'interrupted' },
      { state: 'cancelled', error: { code: 'SUPERSEDED' } },
    ]);
    const { events } = await engine.run('audit', { job: only(jobs).id });
    expect(events.map(({ state }) => state)).toEqual(['queued', 'running', 'completed']);
  });
});

test('a catalog of the third schema gets the index that dead letters are listed and counted by', async () => {
  const workspace = await makeWorkspace(() => {}, {});
  const path = unpackOldWorkspace(workspace.folder, 2);
  const db = new Database(path);
  db.exec(migrations.find(({ number }) => number === 3)?.sql ?? '');
  db.pragma('user_version = 3');
  db.close();
  expectMigrates(path, contentOf(path));
  const plan = look(path, (opened) =>
    opened
      .prepare(
        'EXPLAIN QUERY PLAN SELECT stage, code, count(excluded_at) FROM dead_letter GROUP BY stage, code',
      )
      .all(),
  );
  expect(JSON.stringify(plan)).toContain('COVERING INDEX dead_letter_cause');
  expect(await workspace.run('deadLetters', { code: 'BLOB_NOT_TEXT', groups: true })).toMatchObject({
    items: [{ key: '7' }],
    total: 1,
    groups: [{ entityType: 'note', count: 1, excluded: 1 }],
  });
});

test('a catalog of a newer Plumbline is refused by readers and writers, and not a byte of it changes', () => {
  const path = oldCatalog();
  openCatalogForWriting(path).close();
  const db = new Database(path);
  db.pragma(`user_version = ${LATEST + 1}`);
  db.pragma('journal_mode = DELETE');
  db.close();
  const bytes = readFileSync(path);
  const files = otherFiles(path);
  for (const open of [openCatalogForReading, openCatalogForWriting]) {
    expect(() => open(path)).toThrow(
      expect.objectContaining({
        code: 'CATALOG_NEWER',
        message: expect.stringContaining(`version ${LATEST + 1}`),
      }),
    );
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(otherFiles(path)).toEqual(files);
  }
});

/** Writes until the disk has no room for another kilobyte. */
function fill(path: string): void {
  const kilobyte = Buffer.alloc(1024);
  try {
    for (;;) appendFileSync(path, kilobyte);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  }
}

describe('a migration that does not come to its end leaves the old version whole:', () => {
  /**
   * Opens the catalog for writing in a process of its own, which is killed right after the statement that `kill` picks was
   * carried out, before anything is committed after it.
   */
  function killDuring(path: string, kill: string): void {
    const root = new URL('../../', import.meta.url);
    const script = `
      import { writeSync } from 'node:fs';
      import Database from ${JSON.stringify(String(new URL('node_modules/better-sqlite3/lib/index.js', root)))};
      const die = () => { writeSync(1, 'killed'); process.kill(process.pid, 'SIGKILL'); };
      const { exec, prepare } = Database.prototype;
      Database.prototype.exec = function (sql) {
        const result = exec.call(this, sql);
        if (sql.includes(${JSON.stringify(kill)})) die();
        return result;
      };
      Database.prototype.prepare = function (sql) {
        const statement = prepare.call(this, sql);
        if (!sql.includes(${JSON.stringify(kill)})) return statement;
        return { run: (...args) => { statement.run(...args); die(); } };
      };
      const { openCatalogForWriting } = await import(${JSON.stringify(String(new URL('engine/catalog/catalog.ts', root)))});
      openCatalogForWriting(${JSON.stringify(path)});
    `;
    let error: unknown;
    try {
      execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ signal: 'SIGKILL', stdout: 'killed' });
  }

  test.each([
    ['killed while it changes tables', 'ADD COLUMN undo_pruned_at', 1],
    ['killed after the backup was written and before it counts as one', 'VACUUM INTO', 0],
  ])('%s', (_when, kill, backupsLeft) => {
    const path = oldCatalog();
    const content = contentOf(path);
    killDuring(path, kill);
    expectUntouched(path, content);
    expect(backups(path)).toHaveLength(backupsLeft);
    expectMigrates(path, content);
    expect(backups(path)).toHaveLength(backupsLeft + 1);
    expect(otherFiles(path)).toEqual(backups(path));
  });

  test('a statement fails', () => {
    const path = oldCatalog();
    const db = new Database(path);
    // What the last statement of the second step wants to make is there already.
    db.exec('CREATE INDEX undo_entity ON undo (job_id)');
    db.close();
    const content = contentOf(path);
    expect(() => openCatalogForWriting(path)).toThrow('undo_entity');
    expectUntouched(path, content);
    const repaired = new Database(path);
    repaired.exec('DROP INDEX undo_entity');
    repaired.close();
    expectMigrates(path, content);
  });

  test.skipIf(noMounts !== null)(
    `the disk is full during the backup${noMounts === null ? '' : ` (skipped: ${noMounts})`}`,
    () => {
      const disk = mountDisk('4m');
      const path = oldCatalog(disk.folder);
      const content = contentOf(path);
      const ballast = join(disk.folder, 'ballast');
      fill(ballast);
      // Room for the journal, and not for a copy of 200 kB.
      disk.resize('4200k');
      expect(() => openCatalogForWriting(path)).toThrow(
        expect.objectContaining({
          code: 'DISK_FULL',
          exitCode: 5,
          message: expect.stringContaining('a backup of it could not be made'),
          hint: expect.stringContaining('Nothing was changed'),
        }),
      );
      expectUntouched(path, content);
      expect(otherFiles(path)).toEqual([]);
      rmSync(ballast);
      expectMigrates(path, content);
      expectUntouched(join(path, '..', only(backups(path))), content);
    },
  );

  test('no backup can be made', () => {
    const path = oldCatalog();
    const content = contentOf(path);
    const partial = path.replace(/\.db$/, '.v1.backup.tmp');
    // A folder that is not empty is in the way.
    mkdirSync(partial);
    writeFileSync(join(partial, 'file'), '');
    expect(() => openCatalogForWriting(path)).toThrow(
      expect.objectContaining({ code: 'CATALOG_BACKUP_FAILED', exitCode: 2 }),
    );
    expectUntouched(path, content);
    rmSync(partial, { recursive: true });
    expectMigrates(path, content);
  });
});
