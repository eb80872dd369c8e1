/** Data files on the command line, from `init` to repaired drift. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { textPart } from '../../engine/key.ts';
import { documentOf, expectFailure, plumbline } from '../support/cli.ts';
import { writeCsv, writeJson, writeParquet, type WriteTable } from '../support/data-files.ts';
import { temporaryFolder } from '../support/workspace.ts';

const COUNT = 40;
/** Of books by their id: what each mutation below leaves alone. */
const books = (): Map<string, string> =>
  new Map(Array.from({ length: COUNT }, (_, i) => [`b${i}`, `The book about subject number ${i}`]));

/** One file of these books, or several that a glob matches. */
type WriteBooks = (folder: string, books: ReadonlyMap<string, string>) => Promise<void>;

const oneFile =
  (name: string, write: WriteTable): WriteBooks =>
  async (folder, all) =>
    write(join(folder, name), bookTable([...all]));

const parts =
  (extension: string, write: WriteTable): WriteBooks =>
  async (folder, all) => {
    mkdirSync(join(folder, 'parts'), { recursive: true });
    for (const part of [0, 1]) {
      const some = [...all].filter((_, i) => i % 2 === part);
      await write(join(folder, 'parts', `part-${part}.${extension}`), bookTable(some));
    }
  };

const bookTable = (rows: readonly (readonly [string, string])[]) => ({
  name: 'books',
  columns: [
    { name: 'book_id', type: 'text' as const },
    { name: 'title', type: 'text' as const },
  ],
  rows: rows.map(([id, title]) => [textPart(id), textPart(title)]),
});

const writeGzip: WriteTable = async (path, table) => {
  await writeCsv(path, table);
  writeFileSync(path, gzipSync(readFileSync(path)));
};

describe.each<[source: string, type: string, write: WriteBooks]>([
  ['books.csv.gz', 'books', oneFile('books.csv.gz', writeGzip)],
  ['books.jsonl', 'books', oneFile('books.jsonl', writeJson)],
  ['parts/*.parquet', 'parts', parts('parquet', writeParquet)],
])('%s', (source, type, write) => {
  it('is indexed, compared, found to have drifted exactly where it did, and repaired', async () => {
    const folder = temporaryFolder();
    const run = async (...args: string[]) => plumbline([...args, '--json'], { cwd: folder });
    const all = books();
    await write(folder, all);

    const init = documentOf(await run('init', '--source', source));
    expect(init).toMatchObject({
      source: { kind: 'files', name: type },
      entityTypes: [{ name: type, keyColumns: ['book_id'], textColumns: ['title'], rows: COUNT }],
    });
    expect(documentOf(await run('index'))).toMatchObject({ jobs: [{ state: 'completed', embedded: COUNT }] });
    expect(documentOf(await run('validate'))).toMatchObject({
      reports: [{ state: 'in_sync', snapshot: true }],
    });

    all.delete('b3');
    all.set('b7', 'Another title altogether');
    all.set('new', 'A book that came later');
    await write(folder, all);
    const validate = await run('validate');
    expect(validate.code).toBe(3);
    expect(documentOf(validate)).toMatchObject({
      reports: [{ missing: 1, stale: 1, orphaned: 1, outdated: 0, failed: 0, source: COUNT, indexed: COUNT }],
    });
    const { items } = documentOf(await run('drift', type)) as { items: { class: string; key: string }[] };
    expect(items.map((item) => `${item.class} ${item.key}`).toSorted()).toEqual([
      'missing new',
      'orphaned b3',
      'stale b7',
    ]);
    expect((await run('fix-drift')).code).toBe(0);
    expect(documentOf(await run('validate', '--deep'))).toMatchObject({ reports: [{ state: 'in_sync' }] });
  });
});

it('a file that is cut off or gone changes nothing', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'books.csv.gz');
  const whole = gzipSync(`id,title\n${Array.from({ length: 50 }, (_, i) => `${i},A title ${i}\n`).join('')}`);
  writeFileSync(path, whole);
  expect((await plumbline(['init', '--source', 'books.csv.gz'], { cwd: folder })).code).toBe(0);
  expect((await plumbline(['index'], { cwd: folder })).code).toBe(0);
  writeFileSync(path, whole.subarray(0, whole.length - 20));
  await expectFailure(
    ['fix-drift'],
    { code: 'SOURCE_CORRUPT', exit: 2, hint: /fetch it anew/ },
    { cwd: folder },
  );
  writeFileSync(path, '');
  await expectFailure(['fix-drift'], { code: 'SOURCE_EMPTY', exit: 2, hint: /Restore it/ }, { cwd: folder });
  rmSync(path);
  await expectFailure(
    ['fix-drift'],
    { code: 'SOURCE_NOT_FOUND', exit: 2, hint: /Check the path/ },
    { cwd: folder },
  );
  writeFileSync(path, whole);
  expect((await plumbline(['validate'], { cwd: folder })).code).toBe(0);
});
