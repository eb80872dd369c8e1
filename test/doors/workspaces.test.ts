/** Workspaces that are damaged, half there, or cannot be written. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, cleanEnvironment, documentOf, expectFailure, plumbline } from '../support/cli.ts';
import { mountDisk } from '../support/tmpfs.ts';
import { fillNotes, makeManyNotes } from '../support/many-notes.ts';
import { noReadOnlyFolder } from '../support/read-only-folder.ts';
import { temporaryFolder } from '../support/workspace.ts';

const noMount = noReadOnlyFolder();

/** Enough for a snapshot at the end: shorter logs are replayed instead. */
const ROWS = 2500;

/** An indexed workspace, made once; tests damage copies of it. */
const template = mkdtempSync(join(tmpdir(), 'plumbline-template-'));
afterAll(() => rmSync(template, { recursive: true, force: true }));
beforeAll(async () => {
  const db = new Database(join(template, 'source.sqlite'));
  fillNotes(db, 20);
  db.close();
  for (const args of [['init', '--source', 'source.sqlite'], ['index'], ['validate']]) {
    const process = spawnSync(execPath, [BIN, ...args], { cwd: template, env: cleanEnvironment() });
    if (process.status !== 0) throw new Error(String(process.stderr));
  }
});

function copyIndexed(folder = temporaryFolder()): { folder: string; catalog: string } {
  cpSync(template, folder, { recursive: true });
  return { folder, catalog: join(folder, '.plumbline', 'catalog.db') };
}

describe('the catalog', () => {
  it('damaged: every verb that needs it says so, doctor tells it from the rest', async () => {
    const { folder, catalog } = copyIndexed();
    const bytes = readFileSync(catalog);
    writeFileSync(catalog, bytes.fill('garbage ', 0, 64));
    const damaged = {
      code: 'CATALOG_DAMAGED',
      exit: 2,
      message: /catalog\.db is damaged/,
      hint: /index again/,
    };
    for (const verb of [['status'], ['index'], ['search', 'note', 'x'], ['drift', 'note']])
      await expectFailure(verb, damaged, { cwd: folder });
    const doctor = await plumbline(['doctor'], { cwd: folder });
    expect(doctor).toMatchObject({
      code: 0,
      out: expect.stringMatching(/✓ source: [^]*✗ catalog: .* is damaged/),
    });
    expect(await plumbline(['discover'], { cwd: folder })).toMatchObject({ code: 0 });
  });

  it('damaged behind its first pages is found by what reads there, in the same words', async () => {
    const { folder, catalog } = copyIndexed();
    const bytes = readFileSync(catalog);
    for (let at = 4096 * 2; at < bytes.length; at += 4096) {
      if ([0x02, 0x05, 0x0a, 0x0d].includes(bytes[at] ?? 0)) bytes.fill(0xff, at + 1, at + 9);
    }
    writeFileSync(catalog, bytes);
    const damaged = { code: 'CATALOG_DAMAGED', exit: 2, hint: /Restore a backup/ };
    await expectFailure(['search', 'note', 'teapots', '--mode', 'text'], damaged, { cwd: folder });
  });

  it('emptied: nothing is started anew in its place', async () => {
    const { folder, catalog } = copyIndexed();
    const damaged = {
      code: 'CATALOG_DAMAGED',
      exit: 2,
      message: /holds no catalog/,
      hint: /Restore a backup/,
    };
    const noTables = new Database(':memory:');
    noTables.pragma('user_version = 1');
    noTables.pragma('user_version = 0');
    for (const bytes of [Buffer.alloc(0), noTables.serialize()]) {
      writeFileSync(catalog, bytes);
      writeFileSync(`${catalog}-wal`, 'what may still be rescued');
      for (const verb of [['status'], ['index'], ['search', 'note', 'x']])
        await expectFailure(verb, damaged, { cwd: folder });
      expect(readFileSync(catalog).equals(bytes)).toBe(true);
      if (bytes.length === 0)
        expect(readFileSync(`${catalog}-wal`, 'utf8')).toBe('what may still be rescued');
      rmSync(`${catalog}-wal`, { force: true });
    }
    noTables.close();
  });

  it('that a crash left half made is made anew', async () => {
    const { folder, catalog } = copyIndexed();
    const db = new Database(catalog);
    db.pragma('wal_autocheckpoint = 0');
    db.exec('CREATE TABLE stranger (id INTEGER)');
    const log = readFileSync(`${catalog}-wal`);
    db.close();
    rmSync(catalog);
    // Of the one that was there before: it must not be taken for this one's.
    writeFileSync(`${catalog}-wal`, log);
    writeFileSync(`${catalog}.new`, 'half');
    writeFileSync(`${catalog}.new-journal`, 'half');
    const made = await plumbline(['validate', '--json'], { cwd: folder });
    expect(documentOf(made)).toMatchObject({ reports: [{ missing: 20 }] });
    expect(readdirSync(join(folder, '.plumbline')).filter((name) => name.includes('.new'))).toEqual([]);
    const remade = new Database(catalog, { readonly: true });
    expect(remade.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(remade.prepare("SELECT name FROM sqlite_schema WHERE name = 'stranger'").all()).toEqual([]);
    remade.close();
  });

  it('of a newer version is left alone', async () => {
    const { folder, catalog } = copyIndexed();
    const db = new Database(catalog);
    db.pragma('user_version = 999');
    db.close();
    const before = readFileSync(catalog);
    const newer = { code: 'CATALOG_NEWER', exit: 2, message: /version 999/, hint: /Update Plumbline/ };
    await expectFailure(['status'], newer, { cwd: folder });
    await expectFailure(['index'], newer, { cwd: folder });
    expect(readFileSync(catalog).equals(before)).toBe(true);
  });

  it('that is not there yet is made by the first verb that writes', async () => {
    const { folder } = copyIndexed();
    rmSync(join(folder, '.plumbline'), { recursive: true });
    const missing = {
      code: 'WORKSPACE_NOT_FOUND',
      exit: 2,
      message: /no catalog yet/,
      hint: /plumbline index/,
    };
    await expectFailure(['status'], missing, { cwd: folder });
    await expectFailure(['search', 'note', 'x'], missing, { cwd: folder });
    expect(await plumbline(['discover'], { cwd: folder })).toMatchObject({ code: 0 });
    const made = await plumbline(['validate', '--json'], { cwd: folder });
    expect(documentOf(made)).toMatchObject({ reports: [{ missing: 20 }] });
    expect(readFileSync(join(folder, '.plumbline', '.gitignore'), 'utf8')).toBe('*\n');
    await expectFailure(
      ['search', 'note', 'x'],
      { code: 'NOT_INDEXED', exit: 2, hint: /plumbline index note/ },
      { cwd: folder },
    );
  });

  it('outlives plumbline.yaml', async () => {
    const { folder } = copyIndexed();
    rmSync(join(folder, 'plumbline.yaml'));
    const gone = { code: 'WORKSPACE_NOT_FOUND', exit: 2, hint: /version control.*what is indexed stays/ };
    await expectFailure(['status'], gone, { cwd: folder });
    expect(await plumbline(['init', '--source', 'source.sqlite'], { cwd: folder })).toMatchObject({
      code: 0,
    });
    const index = await plumbline(['index', '--json'], { cwd: folder });
    expect(documentOf(index)).toMatchObject({ jobs: [{ unchanged: 20, embedded: 0 }] });
  });

  it('needs a folder where a file is', async () => {
    const { folder } = copyIndexed();
    rmSync(join(folder, '.plumbline'), { recursive: true });
    writeFileSync(join(folder, '.plumbline'), '');
    await expectFailure(
      ['index'],
      { code: 'WORKSPACE_UNWRITABLE', exit: 2, message: /in the way/ },
      { cwd: folder },
    );
    rmSync(join(folder, 'plumbline.yaml'));
    mkdirSync(join(folder, 'plumbline.yaml'));
    await expectFailure(['index'], { code: 'CONFIG_UNREADABLE', exit: 2 }, { cwd: folder });
  });
});

describe('models', () => {
  it('that are missing, incomplete, misspelt or out of reach are named before anything is done', async () => {
    const workspace = await makeManyNotes(20);
    const half = join(workspace.folder, 'half');
    mkdirSync(half);
    cpSync(join(import.meta.dirname, '../../models/builtin/config.json'), join(half, 'config.json'));
    const cases: [model: string, code: string, hint: RegExp][] = [
      ['./nowhere', 'MODEL_NOT_FOUND', /builtin/],
      ['no such model', 'MODEL_NOT_FOUND', /builtin/],
      ['./half', 'MODEL_INCOMPLETE', /missing files/],
      // Nobody listens on the discard port: refused at once, like a machine without network.
      ['Xenova/all-MiniLM-L6-v2', 'MODEL_OFFLINE', /built-in model/],
    ];
    for (const [model, code, hint] of cases) {
      workspace.configure({ model, entityTypes: { note: { key: ['id'], template: '{{body}}' } } });
      const env = { HF_ENDPOINT: 'http://127.0.0.1:9', HF_HUB_OFFLINE: '' };
      await expectFailure(['index'], { code, exit: 2, hint }, { cwd: workspace.folder, env });
    }
    const jobs = await plumbline(['jobs', '--json'], { cwd: workspace.folder });
    expect(documentOf(jobs)).toEqual({ jobs: [], more: false });
  });
});

describe.skipIf(noMount !== null)(`disks${noMount === null ? '' : ` (skipped: ${noMount})`}`, () => {
  it('read-only: what reads works, what writes says why', async () => {
    const disk = mountDisk('200m');
    const { folder } = copyIndexed(disk.folder);
    disk.makeReadOnly();
    const refused = { code: 'WORKSPACE_UNWRITABLE', exit: 2, message: /read-only/, hint: /-w <folder>/ };
    await expectFailure(['init', '--source', 'source.sqlite', '-w', 'new/deep'], refused, { cwd: folder });
    for (const verb of ['index', 'validate', 'fix-drift'])
      await expectFailure([verb], refused, { cwd: folder });
    for (const verb of [['status'], ['jobs'], ['drift', 'note'], ['discover'], ['dead-letters']])
      expect(await plumbline(verb, { cwd: folder }), verb.join(' ')).toMatchObject({ code: 0, err: '' });
    const search = await plumbline(['search', 'note', 'teapots of house 49', '-k', '1'], { cwd: folder });
    expect(search).toMatchObject({ code: 0, out: expect.stringContaining('house 49') });
  });

  it('full at init: nothing half-made stands in the way of the next try', async () => {
    const disk = mountDisk('300k');
    const db = new Database(join(disk.folder, 'source.sqlite'));
    fillNotes(db, 20);
    db.close();
    const cwd = disk.folder;
    const full = { code: 'DISK_FULL', exit: 5, message: /is full/, hint: /Free some space/ };
    writeFileSync(join(cwd, 'ballast'), Buffer.alloc(200 * 1024));
    await expectFailure(['init', '--source', 'source.sqlite'], full, { cwd });
    expect(existsSync(join(cwd, 'plumbline.yaml'))).toBe(false);
    disk.resize('50m');
    expect(await plumbline(['init', '--source', 'source.sqlite'], { cwd })).toMatchObject({ code: 0 });
  });

  it('full during a job, in the catalog and then in the snapshot: resumable, and in the end in sync', async () => {
    const source = temporaryFolder();
    const db = new Database(join(source, 'source.sqlite'));
    fillNotes(db, ROWS);
    db.close();
    const disk = mountDisk('2m');
    const options = { cwd: disk.folder };
    await plumbline(['init', '--source', join(source, 'source.sqlite')], options);

    const first = await plumbline(['index', '--json'], options);
    expect(first.code).toBe(5);
    expect(documentOf(first)).toMatchObject({
      jobs: [
        {
          state: 'interrupted',
          error: { code: 'DISK_FULL', message: expect.stringContaining('catalog.db') },
        },
      ],
      error: { code: 'DISK_FULL' },
    });
    expect(first.err).toContain('plumbline resume 1');

    // Room for the rest of the catalog, and for a bit of the graph that is written at the end.
    let size = 4;
    let result = first;
    const blamed = new Set<string>();
    while (result.code === 5 && size < 64) {
      disk.resize(`${size}m`);
      result = await plumbline(['resume', '1', '--json'], options);
      const { error } = documentOf(result) as { error?: { code: string; message: string } };
      if (error !== undefined) {
        expect(error.code).toBe('DISK_FULL');
        blamed.add(error.message.includes('.hnsw') ? 'snapshot' : 'catalog');
      }
      size += 2;
    }
    expect([...blamed]).toContain('snapshot');
    expect(documentOf(result)).toMatchObject({ jobs: [{ id: '1', state: 'completed', processed: ROWS }] });
    expect(await plumbline(['validate'], options)).toMatchObject({ code: 0 });
    const vectors = readdirSync(join(disk.folder, '.plumbline', 'vectors', '1'));
    expect(vectors.filter((name) => name.endsWith('.hnsw'))).toHaveLength(1);
    const search = await plumbline(['search', 'note', 'teapots of house 7', '-k', '1'], options);
    expect(search).toMatchObject({ code: 0, err: '' });
  });
});
