/** Opening SQLite files: what cannot be opened, and what opening leaves behind. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceConnector } from '../../engine/sources/source.ts';
import { openSqlite } from '../../engine/sources/sqlite.ts';
import { inReadOnlyFolder, noReadOnlyFolder } from '../support/read-only-folder.ts';
import { readAll } from '../support/source-rows.ts';

const cannotMount = noReadOnlyFolder();
const isRoot = process.getuid?.() === 0;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plumbline-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (path: string): Promise<SourceConnector> => openSqlite({ kind: 'sqlite', name: 'test', path });

/** A database of one table with two rows, with its writer's connection. */
function create(path: string, setup = ''): Database.Database {
  const database = new Database(path);
  database.exec(
    `${setup}; CREATE TABLE t (k PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'one'), (2, 'two')`,
  );
  return database;
}

async function readValues(source: SourceConnector): Promise<unknown[]> {
  const reader = await source.openReader({
    entityType: 't',
    keyColumns: ['k'],
    columns: ['v'],
    filter: null,
  });
  return (await readAll(reader, 1)).map((row) => row.values[0]);
}

async function readFile(path: string): Promise<unknown[]> {
  const source = await open(path);
  try {
    return await readValues(source);
  } finally {
    await source.close();
  }
}

describe('files that cannot be read', () => {
  const refused = (path: string, code: string, hint: RegExp) =>
    expect(open(path)).rejects.toMatchObject({
      code,
      hint: expect.stringMatching(hint),
      exitCode: 2,
      message: expect.stringContaining(path),
    });

  it('absent', () => refused(join(folder, 'nope.db'), 'SOURCE_NOT_FOUND', /path/));
  it('in a folder that is absent', () => refused(join(folder, 'no', 'pe.db'), 'SOURCE_NOT_FOUND', /path/));
  it('a name no file system takes', () =>
    refused(join(folder, 'x'.repeat(5000)), 'SOURCE_UNREADABLE', /permission/));
  it('a folder', () => refused(folder, 'SOURCE_UNREADABLE', /file itself/));

  it.each([
    ['a short text', 'hello'],
    ['a long text', 'hello '.repeat(1000)],
    ['random bytes, as an encrypted file looks', Buffer.from('c0ffee'.repeat(2000), 'hex')],
  ])('%s', (_title, content) => {
    writeFileSync(join(folder, 'x'), content);
    return refused(join(folder, 'x'), 'SOURCE_NOT_A_DATABASE', /encrypted/);
  });

  it.skipIf(isRoot)('a file without read permission (skipped for root, who may read everything)', () => {
    create(join(folder, 'x.db')).close();
    chmodSync(join(folder, 'x.db'), 0);
    return refused(join(folder, 'x.db'), 'SOURCE_UNREADABLE', /permission/);
  });

  it('a damaged schema', () => {
    const path = join(folder, 'x.db');
    create(path).close();
    const bytes = readFileSync(path).fill(0xff, 100, 4096);
    writeFileSync(path, bytes);
    return refused(path, 'SOURCE_CORRUPT', /integrity_check/);
  });

  it('a damaged table, found when it is read', async () => {
    const path = join(folder, 'x.db');
    create(path).close();
    writeFileSync(path, readFileSync(path).fill(0xff, 4096));
    await expect(readFile(path)).rejects.toMatchObject({ code: 'SOURCE_CORRUPT' });
  });

  it('gone after it was opened', async () => {
    const path = join(folder, 'x.db');
    create(path).close();
    const source = await open(path);
    rmSync(path);
    await expect(source.identity()).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    await source.close();
  });
});

describe('files that can', () => {
  it('an empty file is an empty database', async () => {
    writeFileSync(join(folder, 'x'), '');
    const source = await open(join(folder, 'x'));
    expect(await source.discover()).toEqual([]);
    await source.close();
  });

  it.each([
    'trailing space ',
    ' leading',
    '100%25?mode=memory#x.db',
    'ünï ☃.db',
    "it's.db",
    'line\nbreak.db',
  ])('one named %j', async (name) => {
    // The driver trims names, so the file is made under a plain one.
    create(join(folder, 'plain.db')).close();
    renameSync(join(folder, 'plain.db'), join(folder, name));
    expect(await readFile(join(folder, name))).toEqual(['one', 'two']);
    expect(readdirSync(folder)).toEqual([name]);
  });

  it('one with a trailing space and a WAL, changes in the WAL included', async () => {
    const path = join(folder, 'plain.db');
    const writer = create(path, 'PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0');
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, join(folder, `odd ${suffix}`));
    writer.close();
    expect(await readFile(join(folder, 'odd '))).toEqual(['one', 'two']);
  });

  it('one behind a link, with the -wal that lies beside the file', async () => {
    mkdirSync(join(folder, 'elsewhere'));
    const path = join(folder, 'elsewhere', 'x.db');
    create(path, 'PRAGMA journal_mode = WAL').close();
    symlinkSync(path, join(folder, 'link.db'));
    expect(await readFile(join(folder, 'link.db'))).toEqual(['one', 'two']);
    expect(readdirSync(join(folder, 'elsewhere'))).toEqual(['x.db']);
    const writer = new Database(path);
    writer.exec(`INSERT INTO t VALUES (3, 'three')`);
    expect(await readFile(join(folder, 'link.db'))).toEqual(['one', 'two', 'three']);
    writer.close();
  });

  it('one that is replaced by rename has another identity', async () => {
    const path = join(folder, 'x.db');
    create(path).close();
    const source = await open(path);
    const before = [await source.identity(), await source.changeToken()];
    create(join(folder, 'y.db')).close();
    renameSync(join(folder, 'y.db'), path);
    expect(await source.identity()).not.toBe(before[0]);
    expect(await source.changeToken()).not.toBe(before[1]);
    await source.close();
  });
});

describe('WAL mode', () => {
  const wal = 'PRAGMA journal_mode = WAL';

  it('leaves no files behind and does not touch the database', async () => {
    const path = join(folder, 'x.db');
    create(path, wal).close();
    const before = statSync(path, { bigint: true });
    const source = await open(path);
    expect(await readValues(source)).toEqual(['one', 'two']);
    expect(existsSync(`${path}-wal`)).toBe(true);
    await source.close();
    await source.close();
    expect(readdirSync(folder)).toEqual(['x.db']);
    expect(statSync(path, { bigint: true })).toMatchObject({ mtimeNs: before.mtimeNs, size: before.size });
  });

  it('leaves the files of a program that has it open', async () => {
    const path = join(folder, 'x.db');
    const writer = create(path, wal);
    expect(await readFile(path)).toEqual(['one', 'two']);
    writer.exec(`INSERT INTO t VALUES (3, 'three')`);
    expect(existsSync(`${path}-wal`)).toBe(true);
    expect(await readFile(path)).toEqual(['one', 'two', 'three']);
    writer.close();
  });

  it('removes the empty files that a killed process left', async () => {
    const path = join(folder, 'x.db');
    create(path, wal).close();
    writeFileSync(`${path}-wal`, '');
    writeFileSync(`${path}-shm`, '');
    expect(await readFile(path)).toEqual(['one', 'two']);
    expect(readdirSync(folder)).toEqual(['x.db']);
  });

  it('leaves the files of a program that opened it in the meantime', async () => {
    const path = join(folder, 'x.db');
    create(path, wal).close();
    const source = await open(path);
    const writer = new Database(path);
    writer.exec(`INSERT INTO t VALUES (3, 'three')`);
    await source.close();
    writer.exec(`INSERT INTO t VALUES (4, 'four')`);
    writer.close();
    expect(await readFile(path)).toEqual(['one', 'two', 'three', 'four']);
  });
});

describe.skipIf(cannotMount !== null)(
  `in a read-only folder${cannotMount ? ` (skipped: ${cannotMount})` : ''}`,
  () => {
    const copies = () => readdirSync(tmpdir()).filter((name) => name.startsWith('plumbline-source-'));

    it('reads a database with a rollback journal', () =>
      inReadOnlyFolder(
        (dir) => create(join(dir, 'x.db')).close(),
        async (dir) => expect(await readFile(join(dir, 'x.db'))).toEqual(['one', 'two']),
      ));

    it('reads a WAL database without -wal, and leaves no copy', () =>
      inReadOnlyFolder(
        (dir) => create(join(dir, 'x.db'), 'PRAGMA journal_mode = WAL').close(),
        async (dir) => {
          const before = copies();
          const source = await open(join(dir, 'x.db'));
          expect(copies()).toEqual(before);
          expect(await readValues(source)).toEqual(['one', 'two']);
          expect(await source.changeToken()).toBe(await source.changeToken());
          await source.close();
          expect(copies()).toEqual(before);
        },
      ));

    it('reads a WAL database whose -wal and -shm are there', () =>
      inReadOnlyFolder(
        (dir) => copyOpen(dir, ['', '-wal', '-shm']),
        async (dir) => expect(await readFile(join(dir, 'x.db'))).toEqual(['one', 'two']),
      ));

    it('refuses a WAL database whose changes wait in a -wal without -shm', () =>
      inReadOnlyFolder(
        (dir) => copyOpen(dir, ['', '-wal']),
        async (dir) => {
          symlinkSync(join(dir, 'x.db'), join(folder, 'link.db'));
          for (const path of [join(dir, 'x.db'), join(folder, 'link.db')]) {
            await expect(open(path)).rejects.toMatchObject({
              code: 'SOURCE_UNREADABLE',
              message: expect.stringContaining('x.db-wal'),
              hint: expect.stringContaining('Copy both files'),
            });
          }
        },
      ));

    it('refuses a database whose last transaction was cut off', () =>
      inReadOnlyFolder(
        (dir) => {
          const path = join(dir, 'source.db');
          const writer = create(path, 'PRAGMA cache_size = 1');
          writer.exec(`PRAGMA cache_size = 1; PRAGMA synchronous = FULL; BEGIN`);
          const insert = writer.prepare('INSERT INTO t VALUES (?, ?)');
          for (let i = 10; i < 200; i++) insert.run(i, 'x'.repeat(3000));
          mkdirSync(join(dir, 'cut'));
          for (const suffix of ['', '-journal'])
            copyFileSync(path + suffix, join(dir, 'cut', `x.db${suffix}`));
          writer.exec('ROLLBACK');
          writer.close();
        },
        async (dir) => {
          await expect(open(join(dir, 'cut', 'x.db'))).rejects.toMatchObject({
            code: 'SOURCE_UNREADABLE',
            message: expect.stringContaining('x.db-journal'),
          });
        },
      ));

    /** What lies in a folder when it is copied while a program has the database open. */
    function copyOpen(dir: string, suffixes: readonly string[]): void {
      const path = join(folder, 'plain.db');
      const writer = create(path, 'PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0');
      for (const suffix of suffixes) copyFileSync(path + suffix, join(dir, `x.db${suffix}`));
      writer.close();
    }
  },
);
