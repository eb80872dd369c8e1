/** Who is let into the page, and how. */
import { describe, expect, it } from 'vitest';
import {
  expectAccessible,
  keepScreenshot,
  newContext,
  openPage,
  page,
  skipped,
  skipReason,
} from '../support/page.ts';
import { serveHere } from '../support/served.ts';
import { makeShop } from '../support/shop-workspace.ts';

describe.skipIf(skipReason !== null)(`the way into the page${skipped}`, () => {
  it('an address with a code lets in once; the token is asked for without one', async () => {
    const { folder } = await makeShop();
    const { serving, url } = await serveHere(folder, page());
    const entry = serving.entryUrl();
    const first = await openPage(entry);
    await first.getByRole('navigation', { name: 'Screens' }).waitFor();
    expect(first.url()).not.toContain('code=');

    for (const address of [url, entry]) {
      const stranger = await openPage(address);
      await stranger.getByRole('heading', { name: 'Plumbline needs its token' }).waitFor();
    }
  });

  it('a wrong token is refused in words, the right one lets in', async () => {
    const { folder } = await makeShop();
    const { url, token } = await serveHere(folder, page());
    const tab = await openPage(url);
    await tab.getByLabel('Token', { exact: true }).fill('not-the-token');
    await tab.getByRole('button', { name: 'Enter' }).click();
    await tab.getByText('this is not the token of the workspace').waitFor();
    await expectAccessible(tab);
    await keepScreenshot(tab, 'token-wrong');

    await tab.getByLabel('Token', { exact: true }).fill(token);
    await tab.getByRole('button', { name: 'Enter' }).click();
    await tab.getByRole('navigation', { name: 'Screens' }).waitFor();
  });

  it('a second tab of the same browser is let in by the first', async () => {
    const { folder } = await makeShop();
    const { serving, url } = await serveHere(folder, page());
    const context = await newContext();
    const first = await openPage(serving.entryUrl(), { context });
    await first.getByRole('navigation', { name: 'Screens' }).waitFor();
    const second = await openPage(url, { context });
    await second.getByRole('navigation', { name: 'Screens' }).waitFor();
  });
});
