/** Jobs: as they run, as they were, and what can be asked of each. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Page } from 'playwright';
import { describe, expect, it } from 'vitest';
import { initWorkspace } from '../../engine/operations/init.ts';
import { workerUrls } from '../../workers/urls.ts';
import { expectAccessible, keepScreenshot, openPage, page, skipped, skipReason } from '../support/page.ts';
import { serveHere } from '../support/served.ts';
import { makeShop } from '../support/shop-workspace.ts';
import { temporaryFolder } from '../support/workspace.ts';

async function serveShop(rows?: number) {
  const shop = await makeShop(rows);
  return { ...shop, ...(await serveHere(shop.folder, page())) };
}

/** Every value that the bar was seen to have, in order. */
async function watchBar(tab: Page): Promise<() => Promise<number[]>> {
  await tab.evaluate(`
    globalThis.seen = [];
    new MutationObserver(() => {
      const bar = document.querySelector('main [role=progressbar]');
      if (bar !== null) globalThis.seen.push(Number(bar.getAttribute('aria-valuenow') ?? 0));
    }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ['aria-valuenow'] });
  `);
  return () => tab.evaluate('globalThis.seen');
}

describe.skipIf(skipReason !== null)(`jobs${skipped}`, () => {
  it('a job runs before the eyes: live figures, a bar that never goes back, pause, resume, cancel', async () => {
    const { serving, client } = await serveShop(10_000);
    const tab = await openPage(serving.entryUrl());
    await tab.getByRole('link', { name: 'Jobs' }).click();
    await tab.getByText('No jobs yet').waitFor();
    await expectAccessible(tab);

    const bar = await watchBar(tab);
    await client.start('index', { entityTypes: ['orders'] }, { waitSeconds: 0 });
    const job = tab.getByRole('article', { name: 'Job 1' });
    await job.getByRole('progressbar', { name: 'Index orders' }).waitFor();
    await job.getByText('Embedding threads').waitFor();
    await job.getByText(/of 4,500/).waitFor();
    await job.getByRole('button', { name: 'Pause (job 1)' }).click();
    await job.getByRole('button', { name: 'Resume (job 1)' }).waitFor();
    const seen = await bar();
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    await keepScreenshot(tab, 'jobs');
    await expectAccessible(tab);

    await job.getByRole('button', { name: 'Cancel … (job 1)' }).click();
    const question = tab.getByRole('dialog', { name: 'Cancel job 1: Index orders?' });
    await expectAccessible(tab);
    await question.getByRole('button', { name: 'Cancel the job' }).click();
    await tab.getByRole('row', { name: /Index orders.*Cancelled/ }).waitFor();
    await job.waitFor({ state: 'hidden' });
  });

  it('what fails is told as it happens, and tried again from the job or the overview', async () => {
    const folder = temporaryFolder();
    const source = join(folder, 'notes.sqlite');
    const db = new Database(source);
    // SQLite lets a text key be NULL: no index can hold such a row.
    db.exec(`CREATE TABLE notes (code TEXT PRIMARY KEY, body TEXT);
             INSERT INTO notes VALUES ('a', 'a quiet harbour'), (NULL, 'a row without a key')`);
    db.close();
    await initWorkspace({ folder, source }, workerUrls);
    const { serving, client } = await serveHere(folder, page());
    const tab = await openPage(serving.entryUrl());
    await tab.getByRole('button', { name: 'Index notes' }).click();
    await tab.getByRole('link', { name: /Last job: Index notes, completed with failures/ }).click();
    await tab.getByText('1 entity failed').waitFor();
    await tab.getByRole('list', { name: 'Latest failures' }).getByText('NULL_KEY').waitFor();
    await tab.getByRole('button', { name: 'Retry failed (job 1)' }).waitFor();
    await expectAccessible(tab);

    await client.call('validate', {});
    await tab.getByRole('link', { name: 'Overview' }).click();
    await tab.getByRole('link', { name: 'Failed 1 in notes' }).waitFor();
    await tab.getByRole('button', { name: 'Retry notes' }).click();
    await tab.getByRole('link', { name: 'See why notes failed' }).click();
    await tab.waitForURL(/#\/dead-letters\/notes/);
  });

  it.each(['light', 'dark'] as const)('a job has a page that tells what it did (%s)', async (scheme) => {
    const { serving, client, change } = await serveShop();
    await client.call('index', { entityTypes: ['orders'] });
    change({ table: 'orders', inserts: 12, updates: 9, deletes: 6 });
    await client.call('fixDrift', { entityTypes: ['orders'] });
    const tab = await openPage(serving.entryUrl(), { scheme });
    await tab.getByRole('link', { name: 'Jobs' }).click();
    await tab.getByRole('link', { name: 'Repair orders' }).click();
    await tab.getByRole('heading', { name: 'Repair orders', level: 1 }).waitFor();
    await tab.getByText('12 added, 9 changed, 6 removed').waitFor();
    await tab.getByRole('region', { name: 'Verdict' }).getByText('In sync').waitFor();
    await expectAccessible(tab);
    await keepScreenshot(tab, `job-${scheme}`);

    const keys = tab.getByRole('table', { name: 'Changed keys' });
    const first = await keys.innerText();
    await tab.getByRole('button', { name: 'Next keys' }).click();
    await tab.getByText('21 to 27').waitFor();
    expect(await keys.innerText()).not.toBe(first);
  });

  it('a rollback is shown before it is done, and what stands in its way is told', async () => {
    const { serving, client, change } = await serveShop();
    await client.call('index', { entityTypes: ['orders'] });
    change({ table: 'orders', inserts: 12, updates: 9, deletes: 6 });
    await client.call('fixDrift', { entityTypes: ['orders'] });
    const tab = await openPage(serving.entryUrl());

    await tab.evaluate(`location.hash = '#/jobs/1'`);
    await tab.getByRole('button', { name: 'Roll back … (job 1)' }).click();
    const refused = tab.getByRole('dialog', { name: 'Roll back job 1' });
    await refused.getByText('900 entities that it added: out of the index').waitFor();
    await refused.getByRole('button', { name: 'Roll back job 1' }).click();
    await refused.getByText('ROLLBACK_CONFLICT').waitFor();
    await refused.getByRole('button', { name: 'Roll back the rest all the same' }).waitFor();
    await expectAccessible(tab);
    await refused.getByRole('button', { name: 'Cancel' }).click();

    await tab.evaluate(`location.hash = '#/jobs/2'`);
    await tab.getByRole('button', { name: 'Roll back … (job 2)' }).click();
    const dialog = tab.getByRole('dialog', { name: 'Roll back job 2' });
    await dialog.getByText('6 entities that it removed: back in the index').waitFor();
    await dialog.getByRole('button', { name: 'Roll back job 2' }).click();
    await tab.getByRole('heading', { name: 'Roll back orders', level: 1 }).waitFor();
    await tab.getByText('Completed').first().waitFor();
    expect(tab.url()).toContain('#/jobs/3');
  });

  it('the history is filtered and paged by its address', async () => {
    const { serving, client } = await serveShop();
    for (let i = 0; i < 13; i += 1) await client.call('validate', {});
    await client.call('index', { entityTypes: ['orders'] });
    const tab = await openPage(serving.entryUrl());
    await tab.evaluate(`location.hash = '#/jobs'`);
    const table = tab.getByRole('table', { name: 'Jobs, newest first' });
    await table.getByRole('link', { name: 'Index orders' }).waitFor();
    expect(await table.getByRole('row').count()).toBe(51);
    await tab.getByRole('button', { name: 'Older' }).click();
    await tab.getByText('Jobs before job 4').waitFor();
    await table.getByRole('link', { name: 'Validate customers' }).waitFor();
    expect(await table.getByRole('row').count()).toBe(4);

    await tab.getByRole('combobox', { name: 'Kind of job' }).click();
    await tab.getByRole('option', { name: 'Index' }).click();
    await table.getByRole('link', { name: 'Index orders' }).waitFor();
    expect(await table.getByRole('row').count()).toBe(2);
    expect(tab.url()).toContain('#/jobs?kind=index');
  });

  it('a job that there is not is said not to be, and a narrow window is enough', async () => {
    const { serving, client } = await serveShop();
    await client.call('index', { entityTypes: ['orders'] });
    const tab = await openPage(serving.entryUrl(), { viewport: { width: 380, height: 800 } });
    await tab.evaluate(`location.hash = '#/jobs/99'`);
    await tab.getByText('JOB_UNKNOWN').waitFor();
    for (const hash of ['#/jobs', '#/jobs/1']) {
      await tab.evaluate(`location.hash = '${hash}'`);
      await tab.getByText('Index orders').first().waitFor();
      expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(380);
    }
    await keepScreenshot(tab, 'job-narrow');
    await expectAccessible(tab);
  });
});
