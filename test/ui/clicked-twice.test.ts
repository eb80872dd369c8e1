/** Impatient people: what is clicked twice is done once, also where the answer takes its time. */
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openPage, page, skipped, skipReason } from '../support/page.ts';
import { serveHere } from '../support/served.ts';
import { makeShop } from '../support/shop-workspace.ts';

const SLOW_MS = 300;

describe.skipIf(skipReason !== null)(`a double click${skipped}`, () => {
  it('starts one job, and repairs once', async () => {
    const { folder, change } = await makeShop();
    const { serving, client } = await serveHere(folder, page());
    await client.call('index', { entityTypes: ['products'] });
    change({ table: 'products', inserts: 0, updates: 3, deletes: 0 });
    const tab = await openPage(serving.entryUrl(), { reducedMotion: false });
    const started: string[] = [];
    await tab.route('**/api/ai/bulk-sync/**', async (route) => {
      const request = route.request();
      if (request.method() === 'POST') {
        started.push(new URL(request.url()).pathname.split('/').at(-2) ?? '');
        await wait(SLOW_MS);
      }
      await route.continue();
    });

    await tab.getByRole('button', { name: 'Validate products' }).dblclick();
    await tab.getByRole('button', { name: 'Repair products' }).click();
    const confirm = tab.getByRole('dialog').getByRole('button', { name: /row/ });
    await confirm.waitFor();
    expect(started).toEqual(['validate', 'fix-drift']);

    await confirm.click({ clickCount: 3 });
    await tab.getByText('Repair started').waitFor();
    await tab.getByRole('dialog').waitFor({ state: 'detached' });
    // The plan, and what it was confirmed for.
    expect(started).toEqual(['validate', 'fix-drift', 'fix-drift']);
  });
});
