/** What `init` makes of real and odd databases. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { parseConfig } from '../../engine/config.ts';
import { documentOf, plumbline } from '../support/cli.ts';
import { makeWorkspace, temporaryFolder } from '../support/workspace.ts';

it('a workspace and a source with odd names work from init to search, and can move together', async () => {
  const folder = temporaryFolder();
  const cwd = join(folder, `it's "ünï" $HOME #1`);
  mkdirSync(cwd);
  const tables = [
    'a: b',
    '"x"',
    "it's",
    '#',
    '- y',
    '🫖 表',
    '__proto__',
    'constructor',
    '12',
    'x'.repeat(300),
  ];
  const db = new Database(join(cwd, 'söurce 100%.db'));
  for (const table of tables) {
    const name = `"${table.replaceAll('"', '""')}"`;
    db.exec(`CREATE TABLE ${name} (${name} TEXT PRIMARY KEY, "{{b}}: | x" TEXT)`);
    db.prepare(`INSERT INTO ${name} VALUES (?, ?)`).run(table, `the text of ${table}, a teapot`);
  }
  db.close();

  const init = await plumbline(
    ['init', '--source', 'söurce 100%.db', '-w', 'wörk space', '--name', 'a: "b"'],
    { cwd },
  );
  expect(init).toMatchObject({ code: 0, err: '' });
  expect(init.out).toContain("plumbline index -w 'wörk space'");
  const text = readFileSync(join(cwd, 'wörk space', 'plumbline.yaml'), 'utf8');
  const config = parseConfig(text, 'plumbline.yaml', {});
  expect(config.source).toEqual({ kind: 'sqlite', name: 'a: "b"', path: join('..', 'söurce 100%.db') });
  expect(Object.keys(config.entityTypes).toSorted()).toEqual(tables.toSorted());

  const index = await plumbline(['index', '--json', '-w', 'wörk space'], { cwd });
  const { jobs } = documentOf(index) as { jobs: { entityType: string; state: string; embedded: number }[] };
  expect(jobs.map((job) => job.entityType).toSorted()).toEqual(tables.toSorted());
  for (const job of jobs) expect(job).toMatchObject({ state: 'completed', embedded: 1 });
  for (const table of ['- y', '__proto__']) {
    const search = await plumbline(['search', '-w', 'wörk space', '--json', '--', table, 'teapot'], { cwd });
    expect(documentOf(search)).toMatchObject({ hits: [{ key: table }] });
  }
});

it('HTML columns are embedded without their tags; columns that merely speak of tags as they are', async () => {
  const workspace = await makeWorkspace((db) => {
    db.exec(`CREATE TABLE page (id INTEGER PRIMARY KEY, title TEXT, body TEXT, "raw }} html" TEXT);
      INSERT INTO page VALUES (1, 'When a < b and c > d', '<p>Crisp &amp; <b>sweet</b>.</p>', 'one<br>two');
      INSERT INTO page VALUES (2, 'The <b> tag explained', 'Plain text, without a tag.', '<img src="x.png"> three')`);
  });
  const { folder } = workspace;
  expect(readFileSync(join(folder, 'plumbline.yaml'), 'utf8')).toContain(
    ['{{title}}', '{{body | html}}', '{{"raw }} html" | html}}'].join('\n      '),
  );
  await workspace.run('index');
  const { hits } = await workspace.run('search', { entityType: 'page', query: 'crisp' });
  expect(hits[0]?.text).toBe('When a < b and c > d\nCrisp & sweet.\none\ntwo');
  const discover = await plumbline(['discover', '--json'], { cwd: folder });
  const { entityTypes } = documentOf(discover) as {
    entityTypes: { columns: { name: string; html: boolean }[] }[];
  };
  expect(entityTypes[0]?.columns.filter((column) => column.html).map((column) => column.name)).toEqual([
    'body',
    'raw }} html',
  ]);
  expect((await plumbline(['discover'], { cwd: folder })).out).toContain('body (HTML)');
});
