/** The page in a real browser, against a really served workspace. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import { afterAll, expect, onTestFinished } from 'vitest';
import { ensurePage } from '../../scripts/build-page.ts';

const CHROMIUM = '/usr/bin/chromium';
/** Test artefacts: not kept in the repository. */
export const SCREENSHOTS = fileURLToPath(new URL('../../coverage/screenshots/', import.meta.url));

/** Why these tests cannot run here; null where they can. In a suite's name, for the summary. */
export const skipReason: string | null = existsSync(CHROMIUM)
  ? null
  : 'there is no chromium: apt-get install -y chromium';
export const skipped = skipReason === null ? '' : ` (skipped: ${skipReason})`;

let built: string | null = null;

/** A folder with the built page, of this process alone: another one may build it anew meanwhile. */
export function page(): string {
  if (built !== null) return built;
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-page-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  cpSync(
    ensurePage(() => {}),
    folder,
    { recursive: true },
  );
  built = folder;
  return folder;
}

export interface BrowserOptions {
  readonly scheme?: 'light' | 'dark';
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly reducedMotion?: boolean;
}

let browser: Promise<Browser> | null = null;

/** One browser per test file; a context, with its storage, per call. Closed with the test. */
export async function newContext(options: BrowserOptions = {}): Promise<BrowserContext> {
  browser ??= chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  const context = await (
    await browser
  ).newContext({
    viewport: options.viewport ?? { width: 1280, height: 800 },
    colorScheme: options.scheme ?? 'light',
    reducedMotion: options.reducedMotion === false ? 'no-preference' : 'reduce',
    locale: 'en-GB',
  });
  context.setDefaultTimeout(60_000);
  onTestFinished(() => context.close());
  return context;
}

afterAll(async () => {
  await (await browser)?.close();
  browser = null;
});

export interface Watched extends Page {
  /** What went wrong in the page itself: exceptions, and errors on its console. */
  readonly problems: readonly string[];
}

/** Opens an address in a context of its own, or in this one. The test fails with what breaks in the page. */
export async function openPage(
  url: string,
  options: BrowserOptions & { readonly context?: BrowserContext } = {},
): Promise<Watched> {
  const context = options.context ?? (await newContext(options));
  const tab = await context.newPage();
  const problems: string[] = [];
  tab.on('pageerror', (error) => problems.push(String(error)));
  tab.on('console', (message) => {
    // The browser's own words for an answer that is an error, which the page tells of in its own.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      problems.push(message.text());
  });
  onTestFinished(() => expect(problems).toEqual([]));
  await tab.goto(url);
  return Object.assign(tab, { problems });
}

/** Nothing that axe finds wrong, by WCAG 2.2 AA and its own best practices. */
export async function expectAccessible(tab: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page: tab }).analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)}\n${failureSummary ?? ''}`),
  );
  expect(found).toEqual([]);
}

/** Keeps a picture of the page for whoever looks at the test's results. */
export async function keepScreenshot(tab: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await tab.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled' });
}
