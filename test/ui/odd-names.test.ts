/** Entity types and keys named like parts of addresses, of the language or of HTML: shown as they are, wherever they stand. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { initWorkspace } from '../../engine/operations/init.ts';
import { workerUrls } from '../../workers/urls.ts';
import { openPage, page, skipped, skipReason, type Watched } from '../support/page.ts';
import { serveHere } from '../support/served.ts';
import { temporaryFolder } from '../support/workspace.ts';

const TYPES = ['constructor', '__proto__', 'a/b?c=%2F#d', '<img src=x onerror=boom()>', '%', 'Help'];
const KEYS = [
  '__proto__',
  'a/b',
  '?q=%2F',
  '#',
  '%',
  '😀',
  'مفتاح',
  '<b>key</b>',
  '["x",1]',
  '\u0000',
  ' ',
  '',
];
const LONG = 'k'.repeat(300);

/** Each type drifted in each of its rows. */
async function makeOdd(): Promise<string> {
  const folder = temporaryFolder();
  const source = join(folder, 'odd.sqlite');
  const database = new Database(source);
  const name = (type: string): string => `"${type}"`;
  for (const type of TYPES) {
    database.exec(`create table ${name(type)} (id text primary key, note text)`);
    const insert = database.prepare(`insert into ${name(type)} values (?, ?)`);
    for (const key of [...KEYS, LONG]) insert.run(key, `note of ${key || 'nothing'}`);
  }
  database.exec('create table pairs (a text, b integer, note text, primary key (a, b))');
  database.prepare('insert into pairs values (?, ?, ?)').run('a/b ', 2n ** 63n - 1n, 'a note');
  database.close();
  await initWorkspace({ folder, source }, workerUrls);
  return folder;
}

const titleOfDetail = (tab: Watched) => tab.getByRole('complementary').getByRole('heading', { level: 2 });

describe.skipIf(skipReason !== null)(`odd names${skipped}`, () => {
  it('break no screen and no address', async () => {
    const folder = await makeOdd();
    const { serving, client, url } = await serveHere(folder, page());
    await client.call('validate', {});
    const tab = await openPage(serving.entryUrl());
    for (const type of TYPES) await tab.getByRole('heading', { name: type, exact: true }).waitFor();

    await tab.keyboard.press('Control+k');
    await tab.getByRole('textbox', { name: 'Command' }).fill('drift of a/b');
    await tab.getByText('Drift of a/b?c=%2F#d').click();
    await tab.getByRole('gridcell', { name: '?q=%2F', exact: true }).waitFor();

    for (const type of TYPES) {
      await tab.goto(`${url}/#/drift/${encodeURIComponent(type)}`);
      await tab.getByRole('grid', { name: `Drift of ${type}`, exact: true }).waitFor();
      for (const screen of ['search', 'dead-letters']) {
        await tab.goto(`${url}/#/${screen}/${encodeURIComponent(type)}`);
        await expect
          .poll(() => tab.getByRole('combobox', { name: 'Entity type' }).inputValue())
          .toContain(type);
      }
    }
    expect(await tab.evaluate(() => 'boom' in globalThis)).toBe(false);

    // Whoever chooses one by keyboard goes on from there.
    await tab.goto(`${url}/#/drift/Help`);
    const types = tab.getByRole('combobox', { name: 'Entity type' });
    await types.focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await types.press(key);
    await expect.poll(() => types.inputValue()).not.toContain('Help');
    expect(await types.evaluate((field) => field === document.activeElement)).toBe(true);
  });

  it('lead to the entity that was asked for, again after a reload', async () => {
    const folder = await makeOdd();
    const { serving, client, url } = await serveHere(folder, page());
    await client.call('validate', { entityTypes: ['__proto__', 'pairs'] });
    const tab = await openPage(serving.entryUrl());
    await tab.getByRole('navigation', { name: 'Screens' }).waitFor();
    for (const [type, key] of [
      ...[...KEYS, LONG].map((key) => ['__proto__', key] as const),
      ['pairs', '["a/b ",9223372036854775807]'] as const,
    ]) {
      await tab.goto(`${url}/#/drift/${encodeURIComponent(type)}?${new URLSearchParams({ key })}`);
      await expect.poll(() => titleOfDetail(tab).textContent()).toBe(key);
      await tab.getByRole('complementary').getByText('Missing', { exact: true }).waitFor();
    }
    await tab.reload();
    await expect.poll(() => titleOfDetail(tab).textContent()).toBe('["a/b ",9223372036854775807]');
  });
});
