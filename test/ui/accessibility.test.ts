/** Every screen, in both themes, by axe; on a narrow window and at 200 % zoom nothing is out of reach. */
import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright';
import { expectAccessible, keepScreenshot, openPage, page, skipped, skipReason } from '../support/page.ts';
import { serveHere } from '../support/served.ts';
import { makeShop } from '../support/shop-workspace.ts';
import { hostHere } from '../support/host.ts';
import { widthBeyond } from './width-beyond.ts';

const SCREENS = {
  overview: '#/',
  jobs: '#/jobs',
  job: '#/jobs/1',
  drift: '#/drift/products',
  search: '#/search/products',
  'dead-letters': '#/dead-letters',
  settings: '#/settings',
  'settings-types': '#/settings/types',
  'settings-models': '#/settings/models',
  about: '#/about',
} as const;

describe.skipIf(skipReason !== null)(`every screen${skipped}`, { timeout: 240_000 }, () => {
  it.each(['light', 'dark'] as const)('has nothing that axe finds wrong: %s', async (scheme) => {
    const tab = await openDrifted({ scheme });
    for (const [name, address] of Object.entries(SCREENS)) {
      await goTo(tab, address);
      await keepScreenshot(tab, `${name}-${scheme}`);
      await expectAccessible(tab);
    }

    const { hosting } = await hostHere({ page: page() });
    const welcome = await openPage(hosting.entryUrl(), { scheme });
    await welcome.getByRole('heading', { level: 1 }).waitFor();
    await keepScreenshot(welcome, `welcome-${scheme}`);
    await expectAccessible(welcome);
  });

  // A window of 1280 pixels at 200 % lays out as one of 640.
  it.each([380, 640])('fits into %d pixels without scrolling sideways', async (width) => {
    const tab = await openDrifted({ viewport: { width, height: 800 } });
    for (const [name, address] of Object.entries(SCREENS)) {
      await goTo(tab, address);
      await keepScreenshot(tab, `${name}-${width}`);
      expect({ name, beyond: await widthBeyond(tab) }).toEqual({ name, beyond: 0 });
    }
  });

  it('can be reached by keyboard: skip link, palette, shortcuts', async () => {
    const tab = await openDrifted({});
    await tab.keyboard.press('g');
    await tab.keyboard.press('d');
    await tab.getByRole('heading', { level: 1, name: 'Drift' }).waitFor();
    await tab.keyboard.press('Shift+?');
    await tab.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await tab.keyboard.press('Escape');
    await tab.keyboard.press('Control+k');
    await tab.getByLabel('Command', { exact: true }).fill('search orders');
    await tab.keyboard.press('Enter');
    await tab.getByRole('heading', { level: 1, name: 'Search' }).waitFor();
    expect(new URL(tab.url()).hash).toBe('#/search/orders');
  });
});

/** The page on a shop that was indexed, changed and validated, with a little drift of each kind. */
async function openDrifted(options: Parameters<typeof openPage>[1]): Promise<Page> {
  const shop = await makeShop();
  const { client, serving } = await serveHere(shop.folder, page());
  await client.call('index', {});
  shop.change({ table: 'products', inserts: 3, updates: 5, deletes: 2 });
  await client.call('validate', {});
  const tab = await openPage(serving.entryUrl(), options);
  await tab.getByRole('heading', { level: 1 }).waitFor();
  return tab;
}

async function goTo(tab: Page, address: string): Promise<void> {
  await tab.evaluate((hash) => void (location.hash = hash), address);
  await tab.getByRole('heading', { level: 1 }).waitFor();
  // Whatever is still being read shows as loading.
  await tab.locator('main [aria-label="Loading"]').first().waitFor({ state: 'detached' });
}
