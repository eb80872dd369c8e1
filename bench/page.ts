/**
 * The page over a large index: 100,000 entities of which 50,000 drifted, really indexed and really changed. Measures the time to
 * the first paint and to the first rows of the drift screen, rows left blank while it is scrolled (by wheel, by leaps of the
 * scroll bar, by keyboard), and the memory of the tab before and after all of it. Exits with 1 where a row was blank or the
 * tab's heap has grown beyond its bound.
 *
 * Blank is counted twice: in the document, at every frame, by what of the table no row covers; and on frames as the browser
 * composed them, by stretches without anything drawn.
 *
 * Usage: node bench/page.ts [--rows 100000] [--smoke]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { chromium, type Browser, type Page } from 'playwright';
import { Client } from '../engine/doors/client/client.ts';
import { ensurePage } from '../scripts/build-page.ts';
import { blankRowsOf } from './page/blank-frames.ts';
import { watchRows, type RowsSeen } from './page/watch-rows.ts';
import { addressOf, makeNotes, startServer, stopServer, type NotesServer } from './served-notes.ts';

/** What the tab's heap may grow by while everything is scrolled through. */
const MAX_GROWTH_BYTES = 50e6;

const { values } = parseArgs({ options: { rows: { type: 'string' }, smoke: { type: 'boolean' } } });
const rows = Number(values.rows ?? (values.smoke === true ? 4000 : 100_000));

ensurePage((line) => console.error(line));
const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-page-'));
let server: NotesServer | null = null;
let browser: Browser | null = null;
try {
  makeNotes(folder, rows);
  server = startServer(folder);
  const address = await addressOf(server);
  await drift(new Client(address));
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  process.exitCode = (await measure(browser, address)) ? 0 : 1;
} finally {
  await browser?.close();
  if (server !== null) await stopServer(server);
  rmSync(folder, { recursive: true, force: true });
}

/** Half of the rows: changed, deleted and new ones. */
async function drift(client: Client): Promise<void> {
  const startedAt = performance.now();
  await client.call('index', {});
  const indexed = performance.now();
  const db = new Database(join(folder, 'source.sqlite'));
  db.exec(`UPDATE note SET body = body || ', boiled twice' WHERE id % 10 < 3;
    DELETE FROM note WHERE id % 10 = 3;
    INSERT INTO note (body) SELECT 'a new ' || body FROM note WHERE id % 10 = 4;`);
  db.close();
  const { reports } = await client.call('validate', {});
  const [
    { indexed: entities, stale, orphaned, missing } = { indexed: 0, stale: 0, orphaned: 0, missing: 0 },
  ] = reports;
  console.log(
    `${entities} entities indexed (${seconds(indexed - startedAt)}), ${stale + orphaned + missing} drifted, validated (${seconds(performance.now() - indexed)})`,
  );
}

/** True where all that must hold holds. */
async function measure(
  chrome: Browser,
  { url, token }: { readonly url: string; readonly token: string },
): Promise<boolean> {
  const context = await chrome.newContext({ viewport: { width: 1280, height: 800 } });
  await context.addInitScript((it) => sessionStorage.setItem('plumbline-token', it), token);
  const tab = await context.newPage();
  const startedAt = performance.now();
  await tab.goto(`${url}/#/drift/note`);
  await tab.locator('[role=row]:not([data-loading]) [role=gridcell]').first().waitFor();
  const rowsAfter = performance.now() - startedAt;
  const firstPaint = await tab.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
  );
  console.log(
    `first paint ${firstPaint.toFixed(0)} ms, first rows of the drift screen ${rowsAfter.toFixed(0)} ms`,
  );

  const session = await context.newCDPSession(tab);
  await session.send('Performance.enable');
  const system = await chrome.newBrowserCDPSession();
  const memory = async (): Promise<Memory> => {
    await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? NaN;
    const { processInfo } = await system.send('SystemInfo.getProcessInfo');
    const resident = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => residentBytes(id));
    return { heap: of('JSHeapUsedSize'), nodes: of('Nodes'), resident: Math.max(...resident) };
  };

  const before = await memory();
  const frames: string[] = [];
  session.on('Page.screencastFrame', ({ data, sessionId }) => {
    frames.push(data);
    void session.send('Page.screencastFrameAck', { sessionId });
  });
  await session.send('Page.startScreencast', { format: 'png', everyNthFrame: 3 });
  const seen = await watchRows(tab, () => scrollThrough(tab));
  await session.send('Page.stopScreencast');
  const after = await memory();

  const grid = await tab.getByRole('grid').boundingBox();
  const sample = frames.filter((_, i) => i % Math.max(1, Math.ceil(frames.length / 120)) === 0);
  const blankOnScreen = grid === null ? [NaN] : await blankRowsOf(await context.newPage(), sample, grid);
  tell(seen, sample.length, blankOnScreen, before, after);
  const growth = after.heap - before.heap;
  return seen.blankRows === 0 && Math.max(...blankOnScreen) === 0 && growth < MAX_GROWTH_BYTES;
}

interface Memory {
  /** Bytes. */
  readonly heap: number;
  readonly nodes: number;
  /** Of the tab's process, bytes. */
  readonly resident: number;
}

/** As people do: slowly, fast, by leaps, and by the keyboard; every row has been in the window's reach at the end. */
async function scrollThrough(tab: Page): Promise<void> {
  const grid = tab.getByRole('grid');
  await grid.hover();
  for (let i = 0; i < 60; i += 1) await wheel(tab, 120);
  for (let i = 0; i < 60; i += 1) await wheel(tab, 2400);
  const height = await grid.evaluate((it) => it.scrollHeight);
  for (let i = 0; i < 60; i += 1) {
    await grid.evaluate((it, top) => (it.scrollTop = top), (height * ((i * 37) % 60)) / 60);
    await tab.waitForTimeout(30);
  }
  const step = Math.max(8000, Math.ceil(height / 250));
  for (let top = 0; top < height; top += step) {
    await grid.evaluate((it, to) => (it.scrollTop = to), top);
    await tab.waitForTimeout(40);
  }
  await grid.focus();
  for (const key of ['End', 'Home', 'PageDown', 'PageDown', 'End', 'PageUp', 'PageUp', 'Home']) {
    await tab.keyboard.press(key);
    await tab.waitForTimeout(100);
  }
}

async function wheel(tab: Page, pixels: number): Promise<void> {
  await tab.mouse.wheel(0, pixels);
  await tab.waitForTimeout(16);
}

function tell(seen: RowsSeen, frames: number, blank: readonly number[], before: Memory, after: Memory): void {
  console.log(
    `scrolled: ${seen.frames} frames, longest ${seen.longestFrameMs.toFixed(0)} ms; ${seen.blankRows} blank rows in the document, ${Math.max(...blank)} on ${frames} composed frames; ${seen.loadingRows} rows shown as loading, at most ${seen.longestLoadingMs.toFixed(0)} ms`,
  );
  console.log(
    `heap ${megabytes(before.heap)} before, ${megabytes(after.heap)} after; tab's process ${megabytes(before.resident)} before, ${megabytes(after.resident)} after; nodes ${before.nodes} before, ${after.nodes} after`,
  );
}

/** Linux. */
function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? NaN) * 1024;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
