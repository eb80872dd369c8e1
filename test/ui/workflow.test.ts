/** A person's whole way with the mouse alone: sample, index, drift, repair. Nothing on the page jumps meanwhile. */
import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright';
import { keepScreenshot, openPage, page, skipped, skipReason } from '../support/page.ts';
import { hostHere } from '../support/host.ts';

describe.skipIf(skipReason !== null)(`the first hour${skipped}`, { timeout: 240_000 }, () => {
  it('from nothing to a repaired index of the sample', async () => {
    const { hosting } = await hostHere({ page: page() });
    const tab = await openPage(hosting.entryUrl());
    await watchLayout(tab);

    await tab.getByRole('button', { name: 'Make the sample shop' }).click();
    await tab.getByRole('heading', { name: 'Overview' }).waitFor();
    await restLayout(tab);
    await tab.getByRole('button', { name: 'Index all' }).click();
    await tab
      .getByRole('button', { name: /^Validate/ })
      .nth(4)
      .waitFor();
    expect(await layoutShifts(tab)).toEqual([]);
    await keepScreenshot(tab, 'workflow-indexed');

    await tab.getByRole('button', { name: /change the data/i }).click();
    await tab.getByRole('button', { name: 'Validate all' }).click();
    await tab.getByText('Missing').first().waitFor();
    await keepScreenshot(tab, 'workflow-drifted');

    await tab.getByRole('button', { name: /^Repair all/ }).click();
    const plan = tab.getByRole('dialog');
    await plan.getByRole('button', { name: /^Repair/ }).click();
    await plan.waitFor({ state: 'detached' });
    await tab.getByText('No drift found').nth(3).waitFor();
    await keepScreenshot(tab, 'workflow-repaired');
  });
});

interface Shift {
  readonly value: number;
  readonly what: string;
}

/** Collects what moves without the person having done anything for half a second. */
async function watchLayout(tab: Page): Promise<void> {
  await tab.evaluate(() => {
    const shifts: Shift[] = [];
    Object.assign(globalThis, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
        sources: { node: Node | null }[];
      })[])
        if (!entry.hadRecentInput)
          shifts.push({
            value: entry.value,
            what: entry.sources
              .map(({ node }) => (node instanceof Element ? node.outerHTML.slice(0, 200) : node?.textContent))
              .join(' | '),
          });
    }).observe({ type: 'layout-shift', buffered: false });
  });
}

const restLayout = (tab: Page): Promise<void> =>
  tab.evaluate(() => void (globalThis as unknown as { shifts: Shift[] }).shifts.splice(0));

/** A word that replaces another inside a box of its own counts as some millionths; a row that moves, as thousandths. */
const WORD = 0.000_05;

async function layoutShifts(tab: Page): Promise<Shift[]> {
  const shifts = await tab.evaluate(() => (globalThis as unknown as { shifts: Shift[] }).shifts);
  return shifts.filter(({ value }) => value > WORD);
}
