/** The engine goes away under the page, and comes back. */
import { describe, expect, it } from 'vitest';
import { openPage, page, skipped, skipReason } from '../support/page.ts';
import { serveHere } from '../support/served.ts';
import { makeShop } from '../support/shop-workspace.ts';

describe.skipIf(skipReason !== null)(`an engine that goes away${skipped}`, () => {
  it('is missed in words, what is shown stays, and it is found again when it is back', async () => {
    const { folder } = await makeShop();
    const first = await serveHere(folder, page());
    await first.client.call('index', { entityTypes: ['products'] });
    const tab = await openPage(first.serving.entryUrl());
    await tab.getByText('Connected', { exact: true }).waitFor();
    await tab.getByText('products', { exact: true }).first().waitFor();

    const { port } = first.serving;
    await first.serving.stop();
    await tab.getByText('The engine does not answer').waitFor();
    expect(await tab.getByText('products', { exact: true }).first().isVisible()).toBe(true);

    // Screens that were never shown are there all the same.
    const { url } = first.serving;
    await tab.goto(`${url}/#/about`);
    await tab.getByRole('heading', { name: 'About Plumbline' }).waitFor();
    await tab.goto(`${url}/#/`);

    const second = await serveHere(folder, page(), port);
    await tab.getByText('Connected again').waitFor();
    await tab.getByText('The engine does not answer').waitFor({ state: 'detached' });

    // What happens from now on is heard of.
    const started = second.client.call('validate', { entityTypes: ['products'] });
    await tab.getByText('100%').first().waitFor();
    await started;
  });

  it('with another token asks for that one', async () => {
    const { folder } = await makeShop();
    const { serving, url } = await serveHere(folder, page());
    const tab = await openPage(serving.entryUrl());
    await tab.getByText('Connected', { exact: true }).waitFor();
    await tab.evaluate(() => sessionStorage.setItem('plumbline-token', 'of-another-workspace'));
    await tab.goto(`${url}/#/jobs`);
    await tab.reload();
    await tab.getByRole('heading', { name: 'Plumbline needs its token' }).waitFor();
  });
});
