/** Searches: as a person types, by meaning and by words, with reasons. */
import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright';
import { expectAccessible, keepScreenshot, openPage, page, skipped, skipReason } from '../support/page.ts';
import { serveHere, until } from '../support/served.ts';
import { makeNotes, type Notes } from '../support/notes.ts';

const makeIndexed = async (): Promise<Notes> => {
  const notes = await makeNotes(['the red book', 'a green book about tea', 'the old train', 'new shoes']);
  await notes.run('index');
  return notes;
};

async function openSearch(folder: string, address = '#/search/note'): Promise<Page> {
  const { serving } = await serveHere(folder, page());
  const tab = await openPage(serving.entryUrl());
  await tab.getByRole('heading', { level: 1 }).waitFor();
  await tab.evaluate((hash) => void (location.hash = hash), address);
  await tab.getByRole('heading', { level: 1, name: 'Search' }).waitFor();
  return tab;
}

const keysOf = (tab: Page): Promise<string[]> => tab.locator('article a').allTextContents();
const addressOf = (tab: Page): string => new URL(tab.url()).hash;

describe.skipIf(skipReason !== null)(`search${skipped}`, () => {
  it('answers while a person types, marks the words, says why and how long it took', async () => {
    const tab = await openSearch((await makeIndexed()).folder);
    await tab.getByRole('heading', { name: 'Search note' }).waitFor();
    await expectAccessible(tab);
    await tab.keyboard.press('/');
    await tab.keyboard.type('green tea');
    const first = tab.getByRole('article', { name: 'Hit 1: 2' });
    await first.waitFor();
    expect(await first.locator('mark').allTextContents()).toEqual(['green', 'tea']);
    await tab.getByText(/4 hits for “green tea” · .+ in the engine, .+ to here and back/).waitFor();

    await first.getByRole('button', { name: 'Why this hit' }).click();
    await first.getByText(/Number 1 by the words of the query. In the passage: “green”, “tea”/).waitFor();
    await expectAccessible(tab);
    await keepScreenshot(tab, 'search-why');
    await first.getByRole('button', { name: 'Whole document' }).click();
    await first.getByRole('region', { name: 'Whole document' }).waitFor();
    await first.getByRole('button', { name: 'Source fields' }).click();
    await first.getByText('a green book about tea').nth(1).waitFor();
  });

  it('is in the address: Enter keeps it, Back and a reload find it again', async () => {
    const tab = await openSearch((await makeIndexed()).folder);
    const query = tab.getByLabel('Query');
    await query.fill('train');
    await query.press('Enter');
    await until(async () => (await keysOf(tab))[0] === '3');
    await query.fill('red');
    await until(async () => (await keysOf(tab))[0] === '1');
    expect(addressOf(tab)).toBe('#/search/note?q=red');
    await tab.goBack();
    await until(async () => (await query.inputValue()) === 'train' && (await keysOf(tab))[0] === '3');
    await tab.getByText('Words', { exact: true }).click();
    await until(async () => (await keysOf(tab)).join() === '3');
    await tab.reload();
    await until(async () => (await keysOf(tab)).join() === '3');
    expect(addressOf(tab)).toBe('#/search/note?q=train&mode=text');
  });

  it('shows the answer to the newest question, whichever answer comes last', async () => {
    const tab = await openSearch((await makeIndexed()).folder);
    await tab.route('**/search/note?query=red*', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 600));
      await route.continue().catch(() => {});
    });
    const query = tab.getByLabel('Query');
    const cancelled = tab.waitForEvent('requestfailed', (request) => request.url().includes('query=red'));
    await query.fill('red');
    await query.press('Enter');
    await query.fill('train');
    await query.press('Enter');
    await tab.getByText('hits for “train”').waitFor();
    await cancelled;
    expect((await keysOf(tab))[0]).toBe('3');
  });

  it('goes through the hits by arrows, and back to the query', async () => {
    const tab = await openSearch((await makeIndexed()).folder, '#/search/note?q=book');
    await tab.getByRole('article').nth(1).waitFor();
    const focused = (): Promise<string | null> =>
      tab.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? null);
    await tab.getByLabel('Query').focus();
    await tab.keyboard.press('ArrowDown');
    expect(await focused()).toMatch(/^Hit 1/);
    await tab.keyboard.press('ArrowDown');
    expect(await focused()).toMatch(/^Hit 2/);
    await tab.keyboard.press('ArrowUp');
    await tab.keyboard.press('ArrowUp');
    expect(await focused()).toBe('Query');
  });

  it('without a hit says what else to try, and does it', async () => {
    const tab = await openSearch((await makeIndexed()).folder, '#/search/note?q=zeppelin&mode=text');
    await tab.getByRole('heading', { name: 'Nothing found' }).waitFor();
    await expectAccessible(tab);
    await tab.getByRole('button', { name: 'Search by meaning, too' }).click();
    await tab.getByRole('article').first().waitFor();
  });

  it('before there is an index says so, and makes it', async () => {
    const notes = await makeNotes(['the red book']);
    const tab = await openSearch(notes.folder, '#/search/note?q=book');
    await tab.getByRole('heading', { name: 'note is not indexed yet' }).waitFor();
    await tab.getByRole('button', { name: 'Index note' }).click();
    await tab.getByRole('article', { name: 'Hit 1: 1' }).waitFor();
  });

  it('leads from a hit to all that is known of it, in sync or not', async () => {
    const tab = await openSearch((await makeIndexed()).folder, '#/search/note?q=train&mode=text');
    await tab.getByRole('article').getByRole('link', { name: '3' }).click();
    const detail = tab.getByRole('complementary', { name: 'Detail' });
    await detail.getByText('In sync now').waitFor();
    await detail.getByText('the old train').first().waitFor();
  });
});
