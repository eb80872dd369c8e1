/** From the first screen to an index, as a person goes: with the mouse, with mistakes, with second thoughts. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Page } from 'playwright';
import { describe, expect, it } from 'vitest';
import { hostHere, type TestHost } from '../support/host.ts';
import { expectAccessible, keepScreenshot, openPage, page, skipped, skipReason } from '../support/page.ts';
import { serveHere } from '../support/served.ts';
import { makeShop } from '../support/shop-workspace.ts';
import { temporaryFolder } from '../support/workspace.ts';
import { widthBeyond } from './width-beyond.ts';

interface Library {
  /** Where the server starts, so that the dialog offers it. */
  readonly folder: string;
  readonly source: string;
}

/** Books with a key and text, loans without text, and a view without a key. */
function makeLibrary(): Library {
  const folder = temporaryFolder();
  const source = join(folder, 'library.sqlite');
  const database = new Database(source);
  database.exec(`
    CREATE TABLE books (id INTEGER PRIMARY KEY, title TEXT NOT NULL, summary TEXT, shelf INTEGER);
    CREATE TABLE loans (book INTEGER, day INTEGER, PRIMARY KEY (book, day));
    CREATE VIEW titles AS SELECT id, title FROM books;
  `);
  const insert = database.prepare('INSERT INTO books (title, summary, shelf) VALUES (?, ?, ?)');
  for (let number = 1; number <= 40; number += 1)
    insert.run(
      `The tale of river ${number}`,
      `How the water of valley ${number} came to the sea.`,
      number % 5,
    );
  database.exec('INSERT INTO loans VALUES (1, 1), (2, 1)');
  database.close();
  return { folder, source };
}

async function openWelcome(
  startFolder = temporaryFolder(),
  options: Parameters<typeof openPage>[1] = {},
): Promise<TestHost & { readonly tab: Page }> {
  const host = await hostHere({ page: page(), startFolder });
  const tab = await openPage(host.hosting.entryUrl(), options);
  await tab.getByRole('heading', { level: 1, name: 'Welcome to Plumbline' }).waitFor();
  return { ...host, tab };
}

/** As far as the entity types, by typing the path. */
async function openTypes(tab: Page, source: string): Promise<void> {
  await tab.getByRole('link', { name: 'Choose' }).click();
  await tab.getByLabel('Path or address').fill(source);
  await tab.getByRole('button', { name: 'Test', exact: true }).click();
  await tab.getByRole('heading', { name: 'can be read' }).waitFor();
  await tab.getByRole('button', { name: 'Entity types' }).click();
  await tab.getByRole('button', { name: 'Edit books' }).waitFor();
}

describe.skipIf(skipReason !== null)(`the first screens${skipped}`, () => {
  it('lead from a database of one’s own to a repaired index, with the mouse alone', async () => {
    const { folder, source } = makeLibrary();
    const { tab, client } = await openWelcome(folder);

    await tab.getByRole('link', { name: 'Choose' }).click();
    await tab.getByRole('button', { name: 'Browse…' }).click();
    const dialog = tab.getByRole('dialog', { name: 'Choose a database' });
    await dialog.getByRole('button', { name: 'Started in' }).click();
    await dialog.getByRole('option', { name: 'library.sqlite' }).dblclick();
    await tab.getByRole('heading', { name: 'library can be read' }).waitFor();
    await tab.getByText('2 + 1').waitFor();
    await tab.getByRole('button', { name: 'Entity types' }).click();
    await tab.getByText('no column reads like text').waitFor();
    await tab.getByText('no key is declared').waitFor();
    await tab.getByText('1 type selected, 40 rows').waitFor();
    await tab.getByRole('button', { name: 'Model' }).click();
    await tab.getByRole('radio', { name: 'Built in' }).waitFor();
    await tab.getByRole('button', { name: 'Summary' }).click();
    await tab.getByText('Measured on a sample of your rows').waitFor();
    await keepScreenshot(tab, 'welcome-summary');
    await tab.getByRole('button', { name: 'Create and index' }).click();
    await tab.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await tab
      .getByText('100%')
      .first()
      .or(tab.getByRole('button', { name: /^Validate books/ }))
      .first()
      .waitFor();

    const database = new Database(source);
    database.exec(
      "UPDATE books SET title = 'The tale of no river' WHERE id = 7; DELETE FROM books WHERE id = 8",
    );
    database.close();
    await tab.getByRole('button', { name: 'Validate all' }).click();
    await tab.getByText('Stale').first().waitFor();
    await tab.getByRole('button', { name: /^Repair all/ }).click();
    const plan = tab.getByRole('dialog');
    await plan.getByRole('button', { name: /^Repair/ }).click();
    await tab.getByText('No drift found').first().waitFor();
    const { reports = [] } = await client.call('status', {});
    expect(reports.map(({ entityType, state, indexed }) => ({ entityType, state, indexed }))).toEqual([
      { entityType: 'books', state: 'in_sync', indexed: 39 },
    ]);
  });

  it('walk through the sample, one button after the other', async () => {
    const { tab, client } = await openWelcome();
    await tab.getByRole('button', { name: 'Make the sample shop' }).click();
    const guide = tab.getByRole('region', { name: 'A walk through the sample' });
    await guide.getByRole('button', { name: 'Index everything' }).click();
    await guide.getByRole('button', { name: 'Change the data' }).click();
    await tab.getByText(/\d+ rows inserted, \d+ changed, \d+ deleted/).waitFor();
    await guide.getByRole('button', { name: 'Validate' }).click();
    await guide.getByRole('button', { name: 'See the drift' }).click();
    await tab.getByRole('heading', { level: 1, name: 'Drift' }).waitFor();
    await tab.getByRole('link', { name: 'Overview' }).click();
    await guide.getByRole('button', { name: 'Repair…' }).click();
    await tab
      .getByRole('dialog')
      .getByRole('button', { name: /^Repair/ })
      .click();
    await tab.getByRole('heading', { name: 'In sync again' }).waitFor();
    const { reports = [] } = await client.call('status', {});
    expect(reports.map(({ state }) => state)).toEqual(Array(4).fill('in_sync'));
    await tab.getByRole('button', { name: 'Close the guide' }).click();
    await tab.reload();
    await tab.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await tab.getByText('customers').first().waitFor();
    expect(await tab.getByRole('heading', { name: 'In sync again' }).count()).toBe(0);
  });

  it('say what is wrong with a source, and go no further with it', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'notes.sqlite'), 'These are notes, and no database at all. '.repeat(40));
    writeFileSync(join(folder, 'empty.sqlite'), '');
    const { tab } = await openWelcome(folder);
    await tab.getByRole('link', { name: 'Choose' }).click();
    for (const [name, words] of [
      ['nowhere.sqlite', /nowhere\.sqlite/],
      ['notes.sqlite', /is not an SQLite database/],
      ['empty.sqlite', /no tables or views/],
    ] as const) {
      await tab.getByLabel('Path or address').fill(join(folder, name));
      await tab.getByRole('button', { name: 'Test', exact: true }).click();
      await tab.getByRole('alert').getByText(words).waitFor();
      expect(await tab.getByRole('button', { name: 'Entity types' }).isDisabled()).toBe(true);
    }
    await expectAccessible(tab);
    // An address that names a later step leads back to what is missing.
    await tab.evaluate(() => void (location.hash = '#/welcome/summary'));
    await tab.getByLabel('Path or address').waitFor();
  });

  it('lose nothing that was typed: neither back and forth nor by a reload', async () => {
    const { source } = makeLibrary();
    const { tab } = await openWelcome();
    await openTypes(tab, source);
    await tab.getByRole('button', { name: 'Edit books' }).click();
    await tab.getByLabel('Template').fill('Book: {{title}}');
    await tab.getByText('Book: The tale of river 1').first().waitFor();
    await tab.getByRole('button', { name: 'Done' }).click();
    await tab.getByRole('button', { name: 'Model' }).click();
    await tab.getByLabel('Another model').fill('Xenova/gte-small-not-on-offer');
    await tab.getByRole('button', { name: 'Summary' }).click();
    await tab.getByLabel('Name').fill('Our library');
    await tab.getByLabel('Start indexing at once').uncheck();
    await tab.getByRole('link', { name: 'Back' }).click();
    await tab.getByRole('link', { name: 'Source' }).click();
    await tab.reload();
    expect(await tab.getByLabel('Path or address').inputValue()).toBe(source);
    await tab.getByRole('button', { name: 'Entity types' }).click();
    await tab.getByText('Changed').waitFor();
    await tab.getByRole('button', { name: 'Edit books' }).click();
    expect(await tab.getByLabel('Template').inputValue()).toBe('Book: {{title}}');
    await tab.getByRole('button', { name: 'Done' }).click();
    await tab.getByRole('button', { name: 'Model' }).click();
    expect(await tab.getByLabel('Another model').inputValue()).toBe('Xenova/gte-small-not-on-offer');
    await tab.getByRole('button', { name: 'Summary' }).click();
    expect(await tab.getByLabel('Name').inputValue()).toBe('Our library');
    expect(await tab.getByLabel('Start indexing at once').isChecked()).toBe(false);
  });

  it('show what a template makes of the rows, and what is wrong with it and where', async () => {
    const { source } = makeLibrary();
    const { tab } = await openWelcome();
    await openTypes(tab, source);
    await tab.getByRole('button', { name: 'Edit books' }).click();
    const template = tab.getByLabel('Template');
    await tab.getByText('How the water of valley 1 came to the sea.').waitFor();
    await template.fill('Title: {{title');
    await tab.getByText('Template line 1, column 8').waitFor();
    // What was right before stays in sight.
    await tab.getByText('How the water of valley 1 came to the sea.').waitFor();
    await template.fill('{{titel}}');
    await tab.getByText(/titel/).nth(1).waitFor();
    await template.fill('On shelf ');
    await template.press('End');
    await tab.getByRole('button', { name: 'Insert shelf' }).click();
    await tab.getByText('On shelf 1', { exact: true }).waitFor();
    expect(await template.inputValue()).toBe('On shelf {{shelf}}');
    await tab.getByLabel('Only rows where').fill('shelf = ');
    await tab
      .getByText(/condition|filter/i)
      .nth(1)
      .waitFor();
    await tab.getByLabel('Only rows where').fill('shelf = 3');
    await tab.getByText('On shelf 3', { exact: true }).first().waitFor();
    await tab.getByText('On shelf 1', { exact: true }).waitFor({ state: 'detached' });
    await tab.getByRole('button', { name: 'Why these columns' }).click();
    await tab.getByRole('row', { name: /shelf INTEGER No/ }).waitFor();
    await expectAccessible(tab);
    await keepScreenshot(tab, 'welcome-editor');
  });

  it('ask for the key of a view that has none, and make the workspace with it', async () => {
    const { source } = makeLibrary();
    const { tab, client } = await openWelcome();
    await openTypes(tab, source);
    await tab.getByLabel('Select titles').check();
    const editor = tab.getByRole('dialog', { name: 'titles' });
    await editor.getByRole('combobox', { name: 'Key columns' }).click();
    await tab.getByRole('option', { name: 'id', exact: true }).click();
    await tab.keyboard.press('Escape');
    await editor.getByText('The tale of river 1', { exact: true }).waitFor();
    await editor.getByRole('button', { name: 'Done' }).click();
    await tab.getByLabel('Select books').uncheck();
    await tab.getByText('1 type selected').waitFor();
    await tab.getByRole('button', { name: 'Model' }).click();
    await tab.getByRole('button', { name: 'Summary' }).click();
    await tab.getByLabel('Start indexing at once').uncheck();
    await tab.getByRole('button', { name: 'Create', exact: true }).click();
    await tab.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    const { entityTypes } = await client.call('discover', {});
    expect(entityTypes.filter(({ selected }) => selected)).toMatchObject([
      { name: 'titles', keyColumns: ['id'] },
    ]);
  });

  it('make the workspace below the chosen folder, and say so when something is in the way', async () => {
    const { folder, source } = makeLibrary();
    mkdirSync(join(folder, 'library'));
    writeFileSync(join(folder, 'library', 'plumbline.yaml'), 'version: 1\n');
    const { tab } = await openWelcome(folder);
    await openTypes(tab, source);
    await tab.getByRole('button', { name: 'Model' }).click();
    await tab.getByRole('button', { name: 'Summary' }).click();
    await tab.getByRole('button', { name: 'Browse…' }).click();
    const dialog = tab.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Started in' }).click();
    await dialog.getByRole('button', { name: 'Choose this folder' }).click();
    expect(await tab.getByLabel('Folder').inputValue()).toBe(join(folder, 'library'));
    await tab.getByRole('button', { name: 'Create and index' }).click();
    await tab.getByRole('alert').getByText('is there already').waitFor();
    await tab.getByLabel('Folder').fill(join(folder, 'index'));
    await tab.getByRole('button', { name: 'Create and index' }).click();
    await tab.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    expect(readFileSync(join(folder, 'index', 'plumbline.yaml'), 'utf8')).toContain('books:');
  });

  it('list recent workspaces: opened, missing, forgotten', async () => {
    const first = await makeShop();
    const second = await makeShop();
    const { tab, setup } = await openWelcome();
    await setup.call('openWorkspace', { folder: first.folder });
    await setup.call('openWorkspace', { folder: second.folder });
    await setup.call('closeWorkspace', {});
    renameSync(first.folder, `${first.folder}-elsewhere`);
    await tab.reload();
    await tab.getByText('Not found').waitFor();
    expect(await tab.getByRole('button', { name: `Open shop, ${first.folder}` }).isDisabled()).toBe(true);
    await tab.getByRole('button', { name: `Forget shop, ${first.folder}` }).click();
    await tab.getByText('Not found').waitFor({ state: 'detached' });
    await expectAccessible(tab);
    await tab.getByRole('button', { name: `Open shop, ${second.folder}` }).click();
    await tab.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    expect(existsSync(join(`${first.folder}-elsewhere`, 'plumbline.yaml'))).toBe(true);
  });

  it('browse folders by keyboard', async () => {
    const { folder } = makeLibrary();
    mkdirSync(join(folder, 'archive'));
    const { tab } = await openWelcome(folder);
    await tab.getByRole('link', { name: 'Choose' }).click();
    await tab.getByRole('button', { name: 'Browse…' }).click();
    const dialog = tab.getByRole('dialog');
    await dialog.getByLabel('Folder', { exact: true }).fill(folder);
    await dialog.getByLabel('Folder', { exact: true }).press('Enter');
    const list = dialog.getByRole('listbox');
    await list.getByRole('option', { name: 'archive' }).waitFor();
    await expectAccessible(tab);
    await list.focus();
    await tab.keyboard.press('End');
    await tab.keyboard.press('Enter');
    await list.getByText('This folder is empty.').waitFor();
    await list.focus();
    await tab.keyboard.press('Backspace');
    await list.getByRole('option', { name: 'library.sqlite' }).waitFor();
    await list.focus();
    await tab.keyboard.press('Home');
    await tab.keyboard.press('Enter');
    await tab.getByRole('heading', { name: 'library can be read' }).waitFor();
  });

  it('ask before they interrupt the jobs of the workspace that is open', async () => {
    const { folder } = await makeShop(40_000);
    const { source } = makeLibrary();
    const { tab, client, setup } = await openWelcome();
    await setup.call('openWorkspace', { folder });
    await tab.reload();
    await tab.getByRole('button', { name: 'Index all' }).click();
    await tab.evaluate(() => void (location.hash = '#/welcome'));
    await openTypes(tab, source);
    await tab.getByRole('button', { name: 'Model' }).click();
    await tab.getByRole('button', { name: 'Summary' }).click();
    await tab.getByRole('button', { name: 'Create and index' }).click();
    await tab.getByRole('dialog').getByRole('button', { name: 'Stay here' }).click();
    expect((await setup.call('workspaces', {})).open?.folder).toBe(folder);
    await tab.getByRole('button', { name: 'Create and index' }).click();
    await tab.getByRole('dialog').getByRole('button', { name: 'Interrupt and leave' }).click();
    await tab.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    expect((await setup.call('workspaces', {})).open?.name).toBe('library');
    expect((await client.call('status', {})).entityTypes).toEqual(['books']);
    // Nothing of the former workspace is left on the page.
    expect(await tab.getByText('customers').count()).toBe(0);
  });

  it('are not for a server that serves one workspace', async () => {
    const { folder } = await makeShop();
    const { serving } = await serveHere(folder, page());
    const tab = await openPage(serving.entryUrl());
    await tab.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await tab.evaluate(() => void (location.hash = '#/welcome'));
    await tab.getByText('This server serves one workspace').waitFor();
    await expectAccessible(tab);
  });

  it.each([
    ['light', 1280],
    ['dark', 380],
  ] as const)(
    'have nothing that axe finds wrong, and fit: %s, %d pixels',
    async (scheme, width) => {
      const { source } = makeLibrary();
      const { tab } = await openWelcome(temporaryFolder(), { scheme, viewport: { width, height: 800 } });
      const look = async (name: string): Promise<void> => {
        await tab.waitForFunction(() => document.querySelector('main [aria-label="Loading"]') === null);
        await keepScreenshot(tab, `welcome-${name}-${scheme}-${width}`);
        await expectAccessible(tab);
        expect({ name, beyond: await widthBeyond(tab) }).toEqual({ name, beyond: 0 });
      };
      await look('start');
      await openTypes(tab, source);
      await look('types');
      await tab.getByRole('link', { name: 'Source' }).click();
      await tab.getByRole('heading', { name: 'can be read' }).waitFor();
      await look('source');
      await tab.getByRole('button', { name: 'Entity types' }).click();
      await tab.getByRole('button', { name: 'Edit books' }).click();
      await tab.getByText('The tale of river 1').first().waitFor();
      await look('editor');
      await tab.getByRole('button', { name: 'Done' }).click();
      await tab.getByRole('button', { name: 'Model' }).click();
      await tab.getByRole('radio').nth(1).waitFor();
      await look('model');
      await tab.getByRole('button', { name: 'Summary' }).click();
      await tab.getByText('Measured on a sample of your rows').waitFor();
      await look('summary');
    },
    120_000,
  );
});
