/** What drifted: looked at, filtered, compared, chosen, repaired, exported. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright';
import type { DriftItem } from '../../engine/contract.ts';
import { parse } from '../../engine/json.ts';
import { expectAccessible, keepScreenshot, openPage, page, skipped, skipReason } from '../support/page.ts';
import { serveHere, until } from '../support/served.ts';
import { makeManyNotes } from '../support/many-notes.ts';
import { makeNotes, type Notes } from '../support/notes.ts';

/** Rows 1-3 changed, 4 and 5 deleted, 7 new; 6 as it was. */
async function makeDrifted(): Promise<Notes> {
  const notes = await makeNotes(
    ['red book', 'green book', 'blue book', 'old shoe', 'old lamp', 'same chair'].map(
      (text) => `the ${text}`,
    ),
  );
  await notes.run('index');
  notes.put({ 1: 'the red film', 2: 'the green film', 3: 'the blue film', 7: 'a new train' });
  notes.remove(4, 5);
  return notes;
}

/** The drift screen of a served workspace. */
async function openDrift(
  folder: string,
  address: string,
  options: Parameters<typeof openPage>[1] = {},
): Promise<Page & { serving: Awaited<ReturnType<typeof serveHere>> }> {
  const serving = await serveHere(folder, page());
  const tab = await openPage(serving.serving.entryUrl(), options);
  await tab.getByRole('heading', { level: 1 }).waitFor();
  await goTo(tab, address);
  return Object.assign(tab, { serving });
}

const goTo = (tab: Page, address: string): Promise<void> =>
  tab.evaluate((hash) => void (location.hash = hash), address);
const gridOf = (tab: Page): Locator => tab.getByRole('grid', { name: 'Drift of note' });
const rowsOf = (tab: Page): Locator => gridOf(tab).locator('[aria-rowindex]:not([aria-rowindex="1"])');
const keysOf = (tab: Page): Promise<string[]> =>
  rowsOf(tab).locator('[role=gridcell]:nth-child(3)').allTextContents();
const queryOf = (tab: Page): string => new URL(tab.url()).hash.split('?')[1] ?? '';

describe.skipIf(skipReason !== null)(`drift${skipped}`, () => {
  it('was not looked for yet: says so, and validates', async () => {
    const notes = await makeDrifted();
    const tab = await openDrift(notes.folder, '#/drift');
    await tab.getByRole('heading', { name: 'note was not validated yet' }).waitFor();
    await expectAccessible(tab);
    await tab.getByRole('main').getByRole('button', { name: 'Validate note' }).last().click();
    await gridOf(tab).waitFor();
    expect((await keysOf(tab)).toSorted()).toEqual(['1', '2', '3', '4', '5', '7']);
    const verdict = tab.getByRole('region', { name: 'Verdict on note' });
    expect(await verdict.innerText()).toMatch(/Drifted[^]*Rows read\s+5[^]*Not checked:/);
  });

  it('is filtered by class and text; the address says so, and Back undoes it', async () => {
    const notes = await makeDrifted();
    await notes.run('validate');
    const tab = await openDrift(notes.folder, '#/drift/note');
    await tab.getByRole('button', { name: 'Stale 3' }).click();
    await until(async () => (await keysOf(tab)).join() === '1,2,3');
    await tab.getByRole('button', { name: 'Orphaned 2' }).click();
    await until(async () => (await keysOf(tab)).join() === '4,5');
    expect(queryOf(tab)).toBe('class=orphaned');
    await tab.goBack();
    await until(async () => (await keysOf(tab)).join() === '1,2,3');

    await tab.getByLabel('Find in keys and texts').fill('GREEN');
    await until(async () => (await keysOf(tab)).join() === '2');
    await tab.getByText('1 of 3 items').waitFor();
    expect(queryOf(tab)).toBe('class=stale&find=GREEN');
    await tab.reload();
    await until(async () => (await keysOf(tab)).join() === '2');
    await tab.getByLabel('Find in keys and texts').fill('no such words');
    await tab.getByRole('heading', { name: 'Nothing found' }).waitFor();
    // The field says what the rows are filtered by, there, too.
    await tab.goBack();
    await until(async () => (await keysOf(tab)).length === 6);
    expect(await tab.getByLabel('Find in keys and texts').inputValue()).toBe('');
  });

  it('shows both texts with the words that differ, by keyboard alone', async () => {
    const notes = await makeDrifted();
    await notes.run('validate');
    const tab = await openDrift(notes.folder, '#/drift/note?class=stale');
    await gridOf(tab).focus();
    await tab.keyboard.press('ArrowDown');
    await tab.keyboard.press('Enter');
    const detail = tab.getByRole('complementary', { name: 'Detail' });
    await detail.locator('ins').waitFor();
    expect(await detail.locator('del').allTextContents()).toEqual(['book']);
    expect(await detail.locator('ins').allTextContents()).toEqual(['film']);
    expect(await detail.getByRole('heading', { level: 2 }).innerText()).toBe('2');
    await detail.getByText('the green film').first().waitFor();
    await expectAccessible(tab);
    await keepScreenshot(tab, 'drift-detail');

    await tab.keyboard.press('ArrowDown');
    await detail.getByRole('heading', { level: 2, name: '3' }).waitFor();
    expect(queryOf(tab)).toBe('class=stale&key=3');
    await tab.keyboard.press('Escape');
    await detail.waitFor({ state: 'detached' });
  });

  it('of an entity is shown from what is indexed when the source is out of reach', async () => {
    const notes = await makeDrifted();
    await notes.run('validate');
    notes.change((db) => db.exec('ALTER TABLE note RENAME TO hidden'));
    const tab = await openDrift(notes.folder, '#/drift/note?key=2');
    const detail = tab.getByRole('complementary', { name: 'Detail' });
    await detail.getByText('The source cannot be asked: this is what the index knows').waitFor();
    await detail.getByText('the green book').waitFor();
    await detail.getByText('Not known: the source cannot be asked.').waitFor();
    await expectAccessible(tab);
  });

  it('is repaired for what was chosen, after its plan', async () => {
    const notes = await makeDrifted();
    await notes.run('validate');
    const tab = await openDrift(notes.folder, '#/drift/note?class=stale');
    await rowsOf(tab).first().waitFor();
    await gridOf(tab).focus();
    await tab.keyboard.press('Space');
    await tab.keyboard.press('ArrowDown');
    await tab.keyboard.press('Space');
    await tab.getByText('2 selected').waitFor();
    await tab.getByRole('button', { name: 'Repair 2 items …' }).click();
    const plan = tab.getByRole('dialog');
    await plan.getByRole('button', { name: 'Repair 2 rows' }).click();
    await plan.waitFor({ state: 'detached' });
    const { client } = tab.serving;
    await until(async () => (await client.call('status', {})).reports?.[0]?.stale === 1);
    expect(
      (await client.call('drift', { entityType: 'note' })).items.map(({ key }) => key).toSorted(),
    ).toEqual(['3', '4', '5', '7']);
  });

  it('of a whole class is repaired without any of its keys having been looked at', async () => {
    const notes = await makeDrifted();
    await notes.run('validate');
    const tab = await openDrift(notes.folder, '#/drift/note?class=missing');
    await tab.getByRole('button', { name: 'Select all 1 missing' }).click();
    await tab.getByRole('button', { name: 'Repair 1 item …' }).click();
    await tab.getByRole('dialog').getByRole('button', { name: 'Repair 1 row' }).click();
    const { client } = tab.serving;
    await until(async () => (await client.call('status', {})).reports?.[0]?.missing === 0);
    const { stale, orphaned } = (await client.call('status', {})).reports?.[0] ?? {};
    expect([stale, orphaned]).toEqual([3, 2]);
  });

  it('is exported as it is filtered', async () => {
    const notes = await makeDrifted();
    await notes.run('validate');
    const tab = await openDrift(notes.folder, '#/drift/note?class=stale');
    // As in a browser that cannot save by itself: the test sees its downloads.
    await tab.evaluate(() => Object.assign(globalThis, { showSaveFilePicker: undefined }));
    const save = async (format: string): Promise<string> => {
      const saved = tab.waitForEvent('download');
      await tab.getByRole('button', { name: 'Export' }).click();
      await tab.getByRole('menuitem', { name: format }).click();
      return readFileSync(await (await saved).path(), 'utf8');
    };
    const items = parse(await save('JSON')) as DriftItem[];
    expect(items.map(({ key, class: name }) => [key, name])).toEqual([
      ['1', 'stale'],
      ['2', 'stale'],
      ['3', 'stale'],
    ]);
    await tab.getByLabel('Find in keys and texts').fill('green');
    await until(async () => (await keysOf(tab)).join() === '2');
    expect(await save('CSV')).toBe(
      'key,class,reason,text,indexedText\r\n2,stale,the text changed,the green film,the green book\r\n',
    );
  });

  it('is none: says so, with the date', async () => {
    const notes = await makeNotes(['the red book']);
    await notes.run('index');
    await notes.run('validate');
    const tab = await openDrift(notes.folder, '#/drift/note');
    await tab.getByRole('heading', { name: 'note is in sync' }).waitFor();
    await tab.getByText(/Validated just now \(\d/).waitFor();
    await goTo(tab, '#/drift/nothing-by-this-name');
    await tab.getByRole('heading', { name: 'There is no entity type' }).waitFor();
  });

  it('of 6,000 rows is scrolled to its end and back without a blank row; few of them exist at a time', async () => {
    const notes = await makeManyNotes(6_000);
    await notes.run('validate');
    const tab = await openDrift(notes.folder, '#/drift/note');
    await rowsOf(tab).first().waitFor();
    expect(await gridOf(tab).getAttribute('aria-rowcount')).toBe('6001');
    await gridOf(tab).focus();
    await tab.keyboard.press('End');
    await gridOf(tab).locator('[aria-rowindex="6001"]:not([data-loading])').waitFor();
    expect(await rowsOf(tab).count()).toBeLessThan(60);

    for (let i = 0; i < 40; i += 1) {
      await gridOf(tab).evaluate((grid, top) => (grid.scrollTop = top), ((i * 17) % 40) * 6_000);
      expect(await uncovered(tab)).toBe(0);
    }
    await tab.keyboard.press('Home');
    await gridOf(tab).locator('[aria-rowindex="2"]:not([data-loading])').waitFor();
  });

  it('opens over the list in a narrow window', async () => {
    const notes = await makeDrifted();
    await notes.run('validate');
    const tab = await openDrift(notes.folder, '#/drift/note', { viewport: { width: 380, height: 800 } });
    await rowsOf(tab).first().click();
    const detail = tab.getByRole('dialog');
    await detail.getByText('Source fields').waitFor();
    await expectAccessible(tab);
    await keepScreenshot(tab, 'drift-narrow');
    await tab.keyboard.press('Escape');
    await detail.waitFor({ state: 'detached' });
  });
});

/** Pixels of the table that no row covers, at the next frame. */
function uncovered(tab: Page): Promise<number> {
  return gridOf(tab).evaluate(async (grid) => {
    await new Promise((resolve) => {
      requestAnimationFrame(resolve);
    });
    const [header, body] = [...grid.children];
    const top = header?.getBoundingClientRect().bottom ?? 0;
    const bottom = Math.min(grid.getBoundingClientRect().bottom, body?.getBoundingClientRect().bottom ?? 0);
    const boxes = [...(body?.children ?? [])]
      .map((row) => row.getBoundingClientRect())
      .toSorted((a, b) => a.top - b.top);
    let [covered, gap] = [top, 0];
    for (const box of boxes.filter((it) => it.bottom > top && it.top < bottom)) {
      gap += Math.max(0, box.top - covered);
      covered = Math.max(covered, box.bottom);
    }
    return Math.round(gap + Math.max(0, bottom - covered));
  });
}
