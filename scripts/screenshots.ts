/**
 * The pictures of docs/screenshots, made from the sample shop by walking through the page: every screen at 1280x800 in
 * both themes. Run by hand after a change of the page: `npm run screenshots`.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { chromium, type Page } from 'playwright';
import { Client } from '../engine/doors/client/client.ts';
import { SetupClient } from '../engine/doors/client/setup-client.ts';
import { openHost, type Hosting } from '../engine/doors/http/hosting.ts';
import { mutateShop, writeSampleShop } from '../engine/sample/shop.ts';
import { workerUrls } from '../workers/urls.ts';
import { ensurePage } from './build-page.ts';

const CHROMIUM = '/usr/bin/chromium';
const FOLDER = fileURLToPath(new URL('../docs/screenshots/', import.meta.url));
const MAX_BYTES = 300_000;
const SCHEMES = ['light', 'dark'] as const;

type Shoot = (name: string) => Promise<void>;

const home = mkdtempSync(join(tmpdir(), 'plumbline-screenshots-'));
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
mkdirSync(FOLDER, { recursive: true });
try {
  for (const scheme of SCHEMES) await walk(scheme);
} finally {
  await browser.close();
  rmSync(home, { recursive: true, force: true });
}

async function walk(scheme: (typeof SCHEMES)[number]): Promise<void> {
  const hosting = await openHost({
    home: join(home, scheme),
    workers: workerUrls,
    builtinModel: fileURLToPath(new URL('../models/builtin/', import.meta.url)),
    port: 0,
    version: '0.1.0',
    page: ensurePage((line) => console.error(line)),
  });
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme: scheme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
  });
  try {
    const tab = await context.newPage();
    await tab.goto(hosting.entryUrl());
    await tab.getByRole('heading', { level: 1 }).waitFor();
    const shoot: Shoot = async (name) => {
      await settle(tab);
      // What a person would not be pointing at.
      await tab.mouse.move(0, 0);
      const path = join(FOLDER, `${name}-${scheme}.png`);
      await tab.screenshot({ path, animations: 'disabled' });
      const { size } = statSync(path);
      if (size > MAX_BYTES) throw new Error(`${path} has ${size} bytes: more than ${MAX_BYTES}`);
      console.log(`${name}-${scheme}.png  ${Math.round(size / 1000)} kB`);
    };
    await shootAll(tab, hosting, shoot);
  } finally {
    await context.close();
    await hosting.stop();
  }
}

async function shootAll(tab: Page, { url, token }: Hosting, shoot: Shoot): Promise<void> {
  const client = new Client({ url, token });
  const setup = new SetupClient({ url, token });
  await shoot('welcome');
  await tab.getByRole('link', { name: 'Choose' }).click();
  await tab.getByLabel('Path or address').fill(await ownDatabase());
  await tab.getByRole('button', { name: 'Test', exact: true }).click();
  await shoot('welcome-source');
  await tab.getByRole('button', { name: 'Entity types' }).click();
  await tab.getByRole('button', { name: 'Edit products' }).click();
  await shoot('welcome-template');

  const { open } = await setup.call('createSample', {});
  if (open === null) throw new Error('the sample was not opened');
  const source = join(open.folder, 'shop.sqlite');
  spoil(source);
  await goTo(tab, '#/');
  await tab.reload();
  await client.call('index', {});
  await client.call('validate', {});
  mutateShop(source, { table: 'products', inserts: 9, updates: 14, deletes: 5 });
  mutateShop(source, { table: 'reviews', inserts: 4, updates: 0, deletes: 0 });
  await client.call('validate', {});
  await shoot('overview');

  await goTo(tab, '#/drift/products');
  await tab.getByText('the text changed').first().click();
  await shoot('drift');
  await tab.getByRole('button', { name: 'Repair all …' }).click();
  await tab.getByRole('dialog').waitFor();
  await shoot('repair-plan');
  await tab.keyboard.press('Escape');

  await goTo(tab, '#/jobs');
  await client.call('rebuild', { entityType: 'products' });
  await shoot('jobs');
  await goTo(tab, '#/jobs/1');
  await shoot('job');

  await goTo(tab, '#/search/products?q=a%20quiet%20cofee%20maschine%20for%20the%20office');
  await tab.getByRole('button', { name: /why/i }).first().click();
  await shoot('search');

  await goTo(tab, '#/dead-letters');
  await shoot('dead-letters');
  await goTo(tab, '#/settings/types');
  await shoot('settings-entity-types');
  await goTo(tab, '#/settings/models');
  await shoot('settings-models');
  await goTo(tab, '#/about');
  await shoot('about');
}

async function ownDatabase(): Promise<string> {
  const path = join(home, 'shop.sqlite');
  await writeSampleShop(path, { rows: 20_000, overwrite: true });
  return path;
}

/** Bytes that are no text, as real tables have them. */
function spoil(source: string): void {
  const db = new Database(source);
  db.exec(`UPDATE customers SET notes = x'C3280000' WHERE id IN (17, 42, 99)`);
  db.close();
}

async function goTo(tab: Page, address: string): Promise<void> {
  await tab.evaluate(`location.hash = ${JSON.stringify(address)}`);
  await settle(tab);
}

/** Until nothing shows as loading any more. */
async function settle(tab: Page): Promise<void> {
  await tab.waitForTimeout(700);
  await tab.locator('[aria-label="Loading"]').first().waitFor({ state: 'detached' });
}
