/** Settings and About: what is changed, what that makes of the index, and nothing lost on the way. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { hostHere, type TestHost } from '../support/host.ts';
import { startHub } from '../support/hub-server.ts';
import { expectAccessible, keepScreenshot, openPage, page, skipped, skipReason } from '../support/page.ts';
import { restOf } from '../support/served.ts';
import { makeShop } from '../support/shop-workspace.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { temporaryFolder } from '../support/workspace.ts';
import { widthBeyond } from './width-beyond.ts';

interface Opened extends TestHost {
  readonly folder: string;
  /** Its `plumbline.yaml`. */
  readonly file: string;
  readonly tab: Page;
  goTo(section: string): Promise<void>;
}

/** The page on a shop, at one of its settings. */
async function openSettings(section: string, options: Parameters<typeof openPage>[1] = {}): Promise<Opened> {
  const { folder } = await makeShop();
  const host = await hostHere({ page: page(), startFolder: temporaryFolder() });
  await host.setup.call('openWorkspace', { folder });
  const tab = await openPage(host.hosting.entryUrl(), options);
  await tab.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  const goTo = async (name: string): Promise<void> => {
    await tab.evaluate((hash) => void (location.hash = hash), `#/settings/${name}`);
    await tab.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
  };
  await goTo(section);
  return { ...host, folder, file: join(folder, 'plumbline.yaml'), tab, goTo };
}

const read = ({ file }: Opened): string => readFileSync(file, 'utf8');
const unsaved = (tab: Page) => tab.getByRole('region', { name: 'Unsaved changes' });

describe.skipIf(skipReason !== null)(`settings${skipped}`, () => {
  it('are saved into the file, whose comments stay', async () => {
    const opened = await openSettings('indexing');
    const { tab } = opened;
    appendFileSync(opened.file, '\n# Ask Ada before changing anything here.\n');
    await tab.reload();
    await tab.getByLabel('Tokens a chunk').fill('128');
    await tab.getByLabel('Deletion cap').fill('5');
    await tab.getByLabel('Policy').fill('missing>0,stale>1%');
    await unsaved(tab).getByText('3 unsaved changes').waitFor();
    await unsaved(tab).getByText('With other chunks all indexed entities become outdated').waitFor();
    await expectAccessible(tab);
    await unsaved(tab).getByRole('button', { name: 'Save' }).click();
    await unsaved(tab).waitFor({ state: 'detached' });
    const text = read(opened);
    expect(text).toContain('# Ask Ada before changing anything here.');
    expect(text).toMatch(/maxTokens: 128/);
    expect(text).toMatch(/maxDeletePercent: 5\b/);
    expect(text).toContain('missing>0,stale>1%');
    await opened.goTo('file');
    await tab.getByRole('region', { name: 'plumbline.yaml' }).getByText('Ask Ada').waitFor();
  });

  it('are refused where they are wrong, with nothing written', async () => {
    const opened = await openSettings('indexing');
    const { tab } = opened;
    const before = read(opened);
    await tab.getByLabel('Policy').fill('losses>0');
    await tab.getByText('a rule cannot speak of "losses"').first().waitFor();
    await unsaved(tab).getByRole('button', { name: 'Save' }).click();
    await unsaved(tab).getByText('Nothing was saved').waitFor();
    expect(read(opened)).toBe(before);
    await unsaved(tab).getByRole('button', { name: 'Discard' }).click();
    await unsaved(tab).waitFor({ state: 'detached' });
    expect(await tab.getByLabel('Policy').inputValue()).toBe('');
  });

  it('say how much of the index a template makes outdated, and are right', async () => {
    const { tab, client } = await openSettings('types');
    await client.call('index', {});
    await client.call('validate', {});
    await tab.getByRole('button', { name: 'Edit products' }).click();
    await tab.getByLabel('Template').fill('{{name}} in {{category}}');
    await tab.getByText(/ in /).nth(1).waitFor();
    await tab.getByRole('button', { name: 'Done' }).click();
    await unsaved(tab).getByText('all 200 entities of products become outdated').waitFor();
    await keepScreenshot(tab, 'settings-outdated');
    await unsaved(tab).getByRole('button', { name: 'Save' }).click();
    await unsaved(tab).waitFor({ state: 'detached' });
    const { reports } = await client.call('validate', {});
    expect(reports.map(({ entityType, outdated }) => [entityType, outdated])).toEqual(
      expect.arrayContaining([
        ['products', 200],
        ['orders', 0],
      ]),
    );
  });

  it('take entity types out and in again', async () => {
    const opened = await openSettings('types');
    const { tab, client } = opened;
    const before = read(opened);
    await tab.getByLabel('Select reviews').uncheck();
    await unsaved(tab).getByText('reviews: taken out').waitFor();
    await tab.getByLabel('Select reviews').check();
    await unsaved(tab).waitFor({ state: 'detached' });
    await tab.getByLabel('Select reviews').uncheck();
    await unsaved(tab).getByRole('button', { name: 'Save' }).click();
    await unsaved(tab).waitFor({ state: 'detached' });
    expect((await client.call('status', {})).entityTypes).not.toContain('reviews');
    await tab.getByLabel('Select reviews').check();
    await unsaved(tab).getByText('reviews is missing from the index until it is indexed').waitFor();
    await unsaved(tab).getByRole('button', { name: 'Save' }).click();
    await unsaved(tab).waitFor({ state: 'detached' });
    expect((await client.call('status', {})).entityTypes).toContain('reviews');
    expect(before).toContain('reviews:');
  });

  it('meet a change that was made beside them, and take both', async () => {
    const opened = await openSettings('indexing');
    const { tab, setup } = opened;
    await tab.getByLabel('Deletion cap').fill('7');
    await setup.call('changeSettings', { workers: 3 });
    await unsaved(tab).getByRole('button', { name: 'Save' }).click();
    const conflict = unsaved(tab).getByRole('alert');
    await conflict.getByText('plumbline.yaml has changed since you began').waitFor();
    await conflict.getByText('+ workers: 3').waitFor();
    await conflict.getByText('Deletion cap: 20 % → 7 %').waitFor();
    await expectAccessible(tab);
    expect(read(opened)).toMatch(/maxDeletePercent: 20\b/);
    await conflict.getByRole('button', { name: 'Take both' }).click();
    await unsaved(tab).getByRole('button', { name: 'Save' }).click();
    await unsaved(tab).waitFor({ state: 'detached' });
    expect(read(opened)).toMatch(/maxDeletePercent: 7\b/);
    expect(read(opened)).toMatch(/workers: 3\b/);
  });

  it('are not left unsaved without a question', async () => {
    const opened = await openSettings('indexing');
    const { tab } = opened;
    const leave = (): Promise<void> => tab.getByRole('link', { name: 'Jobs' }).click();
    await tab.getByLabel('Deletion cap').fill('9');
    // Another section is no leaving.
    await tab.getByRole('link', { name: 'Appearance' }).click();
    await unsaved(tab).getByText('Deletion cap: 20 % → 9 %').waitFor();
    await leave();
    const dialog = tab.getByRole('dialog', { name: 'Leave with unsaved changes?' });
    await expectAccessible(tab);
    await dialog.getByRole('button', { name: 'Keep editing' }).click();
    await tab.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    await leave();
    await dialog.getByRole('button', { name: 'Save and leave' }).click();
    await tab.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
    expect(read(opened)).toMatch(/maxDeletePercent: 9\b/);
    await opened.goTo('indexing');
    await tab.getByLabel('Deletion cap').fill('11');
    await leave();
    await dialog.getByRole('button', { name: 'Discard' }).click();
    await tab.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
    expect(read(opened)).toMatch(/maxDeletePercent: 9\b/);
  });

  it('renew the token: the former one is void, the page goes on', async () => {
    const { tab, token, url } = await openSettings('access');
    await tab.getByRole('button', { name: 'Show or hide the token' }).click();
    expect(await tab.getByLabel('Access token').inputValue()).toBe(token);
    await tab.getByRole('button', { name: 'Renew' }).click();
    await tab.getByRole('dialog').getByRole('button', { name: 'Make a new token' }).click();
    await tab.getByText('The former one is void.').waitFor();
    const renewed = await tab.getByLabel('Access token').inputValue();
    expect(renewed).not.toBe(token);
    expect((await restOf({ url, token }).request('GET', '/status')).status).toBe(401);
    expect((await restOf({ url, token: renewed }).request('GET', '/status')).status).toBe(200);
    await tab.getByRole('link', { name: 'Overview' }).click();
    await tab.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await tab.getByText('customers').first().waitFor();
  });

  it('download a model, stop and go on; use it; import and remove another', async () => {
    const shipped = join(temporaryFolder(), 'tiny');
    writeTinyModel(shipped);
    const hub = await startHub('Xenova/all-MiniLM-L6-v2', shipped);
    vi.stubEnv('HF_ENDPOINT', hub.endpoint);
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await hub.close();
    });
    let isHeld = true;
    hub.intercept = ({ host }, response, body) => {
      if (!isHeld || host !== 'storage') return false;
      // Half of it, and then nothing: a line that hangs.
      response.writeHead(200, { 'content-length': body.length }).write(body.subarray(0, body.length / 2));
      return true;
    };
    const { tab, setup } = await openSettings('models');
    const model = tab.getByRole('article', { name: 'MiniLM L6' });
    await model.getByRole('button', { name: 'Download' }).click();
    await model.getByRole('progressbar').waitFor();
    await model
      .getByText(/received|of .*B\b/)
      .first()
      .waitFor();
    await expectAccessible(tab);
    await model.getByRole('button', { name: /^Stop/ }).click();
    await model.getByRole('progressbar').waitFor({ state: 'detached' });
    isHeld = false;
    await model.getByRole('button', { name: 'Download' }).click();
    await model.getByText('On this machine').waitFor();
    await model.getByRole('button', { name: 'Use' }).click();
    await unsaved(tab).getByText('Model: builtin → Xenova/all-MiniLM-L6-v2').waitFor();
    await unsaved(tab).getByText('With another model').waitFor();
    await unsaved(tab).getByRole('button', { name: 'Save' }).click();
    await unsaved(tab).waitFor({ state: 'detached' });
    await model.getByText('In use').waitFor();
    expect(await model.getByRole('button', { name: /^Remove/ }).count()).toBe(0);

    const folder = join(temporaryFolder(), 'small');
    writeTinyModel(folder, { seed: 2 });
    await tab.getByRole('button', { name: 'Import a folder…' }).click();
    const dialog = tab.getByRole('dialog');
    await dialog.getByLabel('Folder', { exact: true }).fill(folder);
    await dialog.getByLabel('Folder', { exact: true }).press('Enter');
    await dialog.getByText('onnx').waitFor();
    await dialog.getByRole('button', { name: 'Choose this folder' }).click();
    const imported = tab.getByRole('article', { name: 'small', exact: true });
    await imported.getByRole('button', { name: /^Remove/ }).click();
    await tab.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await imported.waitFor({ state: 'detached' });
    expect((await setup.call('models', {})).models.map(({ title }) => title)).not.toContain('small');
  });

  it('close the workspace, and lead to another', async () => {
    const { tab, setup } = await openSettings('workspace');
    await tab.getByRole('button', { name: 'Close this workspace' }).click();
    await tab.getByRole('heading', { level: 1, name: 'Welcome to Plumbline' }).waitFor();
    expect((await setup.call('workspaces', {})).open).toBeNull();
    await tab.getByRole('button', { name: /^Open shop/ }).click();
    await tab.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  });

  it('keep the theme that was chosen', async () => {
    const { tab } = await openSettings('appearance');
    await tab.getByRole('radiogroup', { name: 'Theme' }).getByText('Dark').click();
    await tab.reload();
    await tab.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    expect(await tab.evaluate(() => document.documentElement.dataset['mantineColorScheme'])).toBe('dark');
    expect(await tab.getByRole('radio', { name: 'Dark' }).isChecked()).toBe(true);
  });

  it.each([
    ['light', 1280],
    ['dark', 380],
  ] as const)(
    'have nothing that axe finds wrong, and fit: %s, %d pixels',
    async (scheme, width) => {
      const { tab, goTo } = await openSettings('workspace', { scheme, viewport: { width, height: 800 } });
      for (const section of ['workspace', 'indexing', 'types', 'models', 'appearance', 'access', 'file']) {
        await goTo(section);
        await tab.waitForFunction(() => document.querySelector('main [aria-label="Loading"]') === null);
        await keepScreenshot(tab, `settings-${section}-${scheme}-${width}`);
        await expectAccessible(tab);
        expect({ section, beyond: await widthBeyond(tab) }).toEqual({ section, beyond: 0 });
      }
    },
    120_000,
  );
});

describe.skipIf(skipReason !== null)(`about${skipped}`, () => {
  it('says its version, whether all is well, and whose work it contains', async () => {
    const { tab } = await openSettings('workspace');
    await tab.evaluate(() => void (location.hash = '#/about'));
    await tab.getByText('0.0.0-test').waitFor();
    await tab.getByRole('button', { name: 'Check now' }).click();
    await tab
      .getByText('Sample shop')
      .or(tab.getByText(/can be read/))
      .first()
      .waitFor();
    await tab
      .getByText('All is well')
      .or(tab.getByText(/needs? attention/))
      .first()
      .waitFor();
    const packages = tab.getByRole('table', { name: 'Packages and their licences' });
    for (const name of ['react', 'better-sqlite3', '@mantine/core'])
      await packages.getByRole('cell', { name, exact: true }).waitFor();
    await tab.getByRole('textbox', { name: 'Filter packages' }).fill('hnswlib');
    await packages.getByRole('button', { name: /hnswlib-node/ }).click();
    await tab
      .getByRole('dialog')
      .getByText(/Apache License|MIT/)
      .first()
      .waitFor();
    await expectAccessible(tab);
    await tab.keyboard.press('Escape');
    await tab.getByRole('dialog').waitFor({ state: 'detached' });
    await keepScreenshot(tab, 'about');
    await expectAccessible(tab);
  });
});
