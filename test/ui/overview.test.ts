/** The overview: each entity type's state, the one thing to do next, and everything at once. */
import { describe, expect, it } from 'vitest';
import { expectAccessible, keepScreenshot, openPage, page, skipped, skipReason } from '../support/page.ts';
import { serveHere, type Rest } from '../support/served.ts';
import { makeShop, type ShopWorkspace } from '../support/shop-workspace.ts';
import type { Serving } from '../../engine/doors/http/serve.ts';

interface Served extends ShopWorkspace, Rest {
  readonly serving: Serving;
}

async function serveShop(rows?: number): Promise<Served> {
  const shop = await makeShop(rows);
  return { ...shop, ...(await serveHere(shop.folder, page())) };
}

/** Indexed and validated, then 27 rows of `orders` changed behind the index's back, and validated again. */
async function serveDrifted(): Promise<Served> {
  const shop = await serveShop();
  await shop.client.call('index', {});
  await shop.client.call('validate', {});
  shop.change({ table: 'orders', inserts: 12, updates: 9, deletes: 6 });
  await shop.client.call('validate', {});
  return shop;
}

describe.skipIf(skipReason !== null)(`the overview${skipped}`, () => {
  it('leads from nothing indexed to everything in sync', async () => {
    const { serving } = await serveShop();
    const tab = await openPage(serving.entryUrl());
    await tab.getByRole('heading', { name: 'Overview' }).waitFor();
    await tab.getByText('Not indexed yet').first().waitFor();
    expect(
      await tab.getByRole('button', { name: /^Index (customers|orders|products|reviews)$/ }).count(),
    ).toBe(4);
    await expectAccessible(tab);

    await tab.getByRole('button', { name: 'Index all' }).click();
    for (const name of ['customers', 'orders', 'products', 'reviews'])
      await tab.getByRole('button', { name: `Validate ${name}`, exact: true }).waitFor();
    expect(await tab.getByText('Not validated yet', { exact: true }).count()).toBe(4);

    await tab.getByRole('button', { name: 'Validate all' }).click();
    await tab.getByText('No drift found').nth(3).waitFor();
    await expectAccessible(tab);
  });

  it.each(['light', 'dark'] as const)(
    'shows drift, and repairs it with its plan first (%s)',
    async (scheme) => {
      const { serving, client } = await serveDrifted();
      const tab = await openPage(serving.entryUrl(), { scheme });
      await tab.getByRole('link', { name: 'Missing 12 in orders' }).waitFor();
      await tab.getByRole('img', { name: /In sync share of orders, 2 validations/ }).waitFor();
      await keepScreenshot(tab, `overview-${scheme}`);
      await expectAccessible(tab);

      await tab.getByRole('button', { name: 'Repair orders' }).click();
      const plan = tab.getByRole('dialog', { name: 'Repair orders' });
      await plan.getByRole('row', { name: /Orphaned 6 deleted/ }).waitFor();
      await expectAccessible(tab);
      await keepScreenshot(tab, `plan-${scheme}`);
      expect((await client.call('status', {})).jobs.some(({ kind }) => kind === 'repair')).toBe(false);

      await plan.getByRole('button', { name: 'Repair 21 rows, delete 6' }).click();
      await tab.getByRole('button', { name: 'Validate orders', exact: true }).waitFor();
      await plan.waitFor({ state: 'hidden' });
      expect((await client.call('validate', {})).reports.every(({ state }) => state === 'in_sync')).toBe(
        true,
      );
    },
  );

  it('a drift badge leads to its items', async () => {
    const { serving } = await serveDrifted();
    const tab = await openPage(serving.entryUrl());
    await tab.getByRole('link', { name: 'Stale 9 in orders' }).click();
    await tab.getByRole('heading', { name: 'Drift', level: 1 }).waitFor();
    expect(tab.url()).toContain('#/drift/orders?class=stale');
  });

  it('deletes beyond the cap only where a person lets it, and there alone', async () => {
    const { serving, client, change } = await serveDrifted();
    change({ table: 'reviews', inserts: 0, updates: 0, deletes: 300 });
    const tab = await openPage(serving.entryUrl());
    await tab.getByRole('button', { name: 'Repair all' }).click();
    const plan = tab.getByRole('dialog', { name: 'Repair everything' });
    await plan.getByText('reviews: more would be deleted than the cap allows').waitFor();
    await plan.getByRole('button', { name: 'Repair 21 rows, delete 6' }).waitFor();
    await expectAccessible(tab);
    await plan.getByRole('checkbox', { name: /Delete these 300 from the index all the same/ }).check();
    await plan.getByRole('button', { name: 'Repair 21 rows, delete 306' }).click();
    await tab.getByText('No drift found').nth(3).waitFor();
    const { jobs } = await client.call('jobs', { kind: 'repair' });
    const asked = await Promise.all(jobs.map(({ id }) => client.call('audit', { job: id })));
    const caps = asked.map(({ job, options }) => [job.entityType, options['maxDeletePercent'] ?? null]);
    expect(Object.fromEntries(caps)).toEqual({ orders: null, reviews: 60 });
  });

  it('a running job stands in its row, with nothing moving, and can be paused and resumed', async () => {
    const { serving } = await serveShop(10_000);
    const tab = await openPage(serving.entryUrl());
    const row = tab.getByRole('listitem').filter({ has: tab.getByRole('heading', { name: 'orders' }) });
    await row.waitFor();
    // Both in one frame: the page may still be coming in from one to the next.
    const place = (): Promise<object> =>
      row.evaluate((element) => {
        const box = element.getBoundingClientRect();
        const list = element.parentElement?.getBoundingClientRect();
        return { top: Math.round(box.top - (list?.top ?? 0)), height: Math.round(box.height) };
      });
    const before = await place();
    await tab.getByRole('button', { name: 'Index orders', exact: true }).click();
    await row.getByRole('progressbar', { name: 'Index orders' }).waitFor();
    await row.getByText(/of 4,500/).waitFor();
    expect(await place()).toEqual(before);

    await row.getByRole('button', { name: 'Pause orders' }).click();
    await row.getByRole('button', { name: 'Resume orders' }).click();
    await row.getByRole('button', { name: 'Validate orders', exact: true }).waitFor({ timeout: 45_000 });
  });

  it('rebuilds from the menu, with its plan first', async () => {
    const { serving, client } = await serveDrifted();
    const tab = await openPage(serving.entryUrl());
    await tab.getByRole('button', { name: 'More for orders' }).click();
    await tab.getByRole('menu').waitFor();
    await keepScreenshot(tab, 'overview-menu');
    await expectAccessible(tab);
    await tab.getByRole('menuitem', { name: 'Rebuild …' }).click();
    const plan = tab.getByRole('dialog', { name: 'Rebuild orders' });
    await plan.getByText(/ free$/).waitFor();
    await plan.getByRole('button', { name: 'Rebuild from 906 rows, drop 6' }).click();
    await tab.getByRole('link', { name: 'Last job: Rebuild orders, completed' }).waitFor();
    const { reports = [] } = await client.call('status', {});
    expect(reports.find(({ entityType }) => entityType === 'orders')?.state).toBe('in_sync');
  });

  it('keeps to a narrow window', async () => {
    const { serving } = await serveDrifted();
    const tab = await openPage(serving.entryUrl(), { viewport: { width: 380, height: 800 } });
    await tab.getByRole('link', { name: 'Missing 12 in orders' }).waitFor();
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(380);
    await expectAccessible(tab);
    await keepScreenshot(tab, 'overview-narrow');
  });
});
