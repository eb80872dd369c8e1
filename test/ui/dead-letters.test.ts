/** Rows that failed for good: found by why, tried again, set aside, taken back. */
import { describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright';
import { expectAccessible, keepScreenshot, openPage, page, skipped, skipReason } from '../support/page.ts';
import { serveHere, until, type Rest } from '../support/served.ts';
import { makeNotes, unrenderable, type Notes } from '../support/notes.ts';
import { makeWorkspace } from '../support/workspace.ts';

/** Rows 2 and 3 cannot be rendered, 4 cannot be embedded. */
async function makeFailed(): Promise<Notes> {
  const notes = await makeNotes(['the red book', unrenderable, unrenderable, 'a poison book'], {
    poison: 'poison',
  });
  await notes.run('index');
  return notes;
}

async function openLetters(folder: string, address = '#/dead-letters'): Promise<{ tab: Page; rest: Rest }> {
  const rest = await serveHere(folder, page());
  const tab = await openPage(rest.serving.entryUrl());
  await tab.getByRole('heading', { level: 1 }).waitFor();
  await tab.evaluate((hash) => void (location.hash = hash), address);
  await tab.getByRole('heading', { level: 1, name: 'Dead letters' }).waitFor();
  return { tab, rest };
}

const rowsOf = (tab: Page): Locator =>
  tab
    .getByRole('grid', { name: 'Dead letters' })
    .locator('[aria-rowindex]:not([aria-rowindex="1"]):not([data-loading])');
const select = (tab: Page, key: string): Promise<void> =>
  tab.getByLabel(`Select ${key}`, { exact: true }).click();

describe.skipIf(skipReason !== null)(`dead letters${skipped}`, () => {
  it('are filtered by code, and say what it means and what helps', async () => {
    const { tab } = await openLetters((await makeFailed()).folder);
    await rowsOf(tab).nth(2).waitFor();
    await expectAccessible(tab);
    await tab.getByRole('button', { name: 'BLOB_NOT_TEXT 2' }).click();
    await until(async () => (await rowsOf(tab).count()) === 2);
    expect(new URL(tab.url()).hash).toBe('#/dead-letters?code=BLOB_NOT_TEXT');
    await rowsOf(tab).first().click();
    const detail = tab.getByRole('complementary', { name: 'Detail' });
    await detail
      .getByText('Rendering failed: a column that the template uses holds bytes that are no text')
      .waitFor();
    await detail.getByText('Mend the value in the source').waitFor();
    await detail.getByRole('link', { name: 'job 1' }).waitFor();
    await expectAccessible(tab);
    await keepScreenshot(tab, 'dead-letters-detail');
    await tab.goBack();
    await detail.waitFor({ state: 'detached' });
    await tab.goBack();
    await until(async () => (await rowsOf(tab).count()) === 3);
  });

  it('are tried again: one that was mended leaves the list', async () => {
    const notes = await makeFailed();
    notes.put({ 2: 'the green book' });
    const { tab, rest } = await openLetters(notes.folder);
    await select(tab, '2');
    await tab.getByRole('button', { name: 'Retry 1 …' }).click();
    await tab.getByRole('dialog').getByRole('button', { name: 'Retry 1' }).click();
    await until(async () => (await rest.client.call('deadLetters', {})).total === 2);
    await until(async () => (await rowsOf(tab).count()) === 2);
    await tab.getByText('Nothing selected').waitFor();
  });

  it('are tried again all of a code, and no others', async () => {
    const notes = await makeFailed();
    const { tab, rest } = await openLetters(notes.folder, '#/dead-letters/note?code=BLOB_NOT_TEXT');
    await tab.getByRole('button', { name: 'Retry all 2 …' }).click();
    const dialog = tab.getByRole('dialog');
    await dialog.getByText('note, BLOB_NOT_TEXT: 2').waitFor();
    await dialog.getByRole('button', { name: 'Retry 2' }).click();
    const retried = await until(async () => {
      const { jobs } = await rest.client.call('jobs', { kind: 'retry' });
      return jobs[0]?.finishedAt == null ? null : jobs[0];
    });
    expect(retried).toMatchObject({ failed: 2, processed: 2 });
  });

  it('are set aside with a reason, which is asked for, and taken back', async () => {
    const { tab, rest } = await openLetters((await makeFailed()).folder);
    await select(tab, '3');
    await tab.getByRole('button', { name: 'Exclude 1 …' }).click();
    const dialog = tab.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: 'Exclude 1' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Reason').fill('a scan without text');
    await dialog.getByRole('button', { name: 'Exclude 1' }).click();
    const excluded = await until(async () => {
      const { items } = await rest.client.call('deadLetters', {});
      return items.find(({ excluded: it }) => it !== null);
    });
    expect(excluded).toMatchObject({ key: '3', excluded: { reason: 'a scan without text' } });

    await tab.getByRole('row', { name: /Excluded/ }).waitFor();
    await select(tab, '3');
    await tab.getByRole('button', { name: 'Include 1 again …' }).click();
    await dialog.getByRole('button', { name: 'Include 1' }).click();
    await until(async () =>
      (await rest.client.call('deadLetters', {})).items.every(({ excluded: it }) => it === null),
    );
  });

  it('without a key say that nothing tells them apart', async () => {
    const workspace = await makeWorkspace((db) => {
      db.exec('CREATE TABLE note (code TEXT PRIMARY KEY, body TEXT)');
      db.exec(`INSERT INTO note VALUES ('a', 'the red book'), (NULL, 'a row without a key')`);
    });
    await workspace.run('index');
    const { tab } = await openLetters(workspace.folder);
    await rowsOf(tab).first().click();
    const detail = tab.getByRole('complementary', { name: 'Detail' });
    await detail.getByText('a key column of the row holds NULL').waitFor();
    await detail.getByText('a row without a key').waitFor();
    await expectAccessible(tab);
  });

  it('are none: says so', async () => {
    const notes = await makeNotes(['the red book']);
    await notes.run('index');
    const { tab } = await openLetters(notes.folder);
    await tab.getByRole('heading', { name: 'No dead letters' }).waitFor();
    await expectAccessible(tab);
  });
});
