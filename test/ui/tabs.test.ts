/** The page open twice in one browser: what one tab does holds for the other. */
import { describe, expect, it } from 'vitest';
import { hostHere, type TestHost } from '../support/host.ts';
import { newContext, openPage, page, skipped, skipReason, type Watched } from '../support/page.ts';
import { makeShop } from '../support/shop-workspace.ts';

async function openTwice(host: TestHost): Promise<[first: Watched, second: Watched]> {
  const context = await newContext();
  const first = await openPage(host.hosting.entryUrl(), { context });
  await first.getByRole('navigation', { name: 'Screens' }).waitFor();
  const second = await openPage(host.url, { context });
  await second.getByRole('navigation', { name: 'Screens' }).waitFor();
  return [first, second];
}

describe.skipIf(skipReason !== null)(`two tabs${skipped}`, () => {
  it('go on with a token that one of them has renewed, once, however often the button is clicked', async () => {
    const host = await hostHere({ page: page() });
    await host.setup.call('openWorkspace', { folder: (await makeShop()).folder });
    const [first, second] = await openTwice(host);
    let renewals = 0;
    first.on('request', (request) => (renewals += request.url().endsWith('/token/renew') ? 1 : 0));

    await first.goto(`${host.url}/#/settings/access`);
    await first.getByRole('button', { name: 'Renew' }).click();
    await first.getByRole('button', { name: 'Make a new token' }).dblclick();
    await first.getByText('The token is new').waitFor();
    expect(renewals).toBe(1);

    await second.getByRole('button', { name: 'Validate all' }).click();
    await second.getByRole('link', { name: 'Missing 200 in products' }).waitFor();
    expect(await first.evaluate(() => sessionStorage.getItem('plumbline-token'))).toBe(host.hosting.token);
    expect(await second.evaluate(() => sessionStorage.getItem('plumbline-token'))).toBe(host.hosting.token);
  });

  it('leave a workspace together, stay connected, and never show a job of the former one as the next one’s', async () => {
    const [shop, other] = [await makeShop(), await makeShop()];
    const host = await hostHere({ page: page() });
    await host.setup.call('openWorkspace', { folder: shop.folder });
    await host.client.call('index', { entityTypes: ['products'] });
    const [first, second] = await openTwice(host);
    await second.goto(`${host.url}/#/jobs/1`);
    await second.getByRole('heading', { name: 'Index products' }).waitFor();

    await first.goto(`${host.url}/#/settings`);
    await first.getByRole('button', { name: 'Close this workspace' }).click();
    for (const tab of [first, second]) {
      await tab.getByRole('heading', { name: 'Welcome to Plumbline' }).waitFor();
      await tab.getByText('Connected', { exact: true }).waitFor();
    }

    await host.setup.call('openWorkspace', { folder: other.folder });
    await second.getByText('This job cannot be shown').waitFor();
  });

  it('say that the engine is gone without a workspace, too', async () => {
    const host = await hostHere({ page: page() });
    const tab = await openPage(host.hosting.entryUrl());
    await tab.getByRole('heading', { name: 'Welcome to Plumbline' }).waitFor();
    await tab.getByText('Connected', { exact: true }).waitFor();
    await host.hosting.stop();
    await tab.getByText('The engine does not answer').waitFor();
    await tab.getByText('Disconnected', { exact: true }).waitFor();
    await hostHere({ page: page(), port: host.hosting.port, home: host.home });
    await tab.getByText('Connected', { exact: true }).waitFor();
  });
});
