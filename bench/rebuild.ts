/**
 * A rebuild under another template while clients search without pause: failed searches, answers that mix the two indexes,
 * latencies before, during and at the switch, and how long the switch itself takes.
 *
 *   node bench/rebuild.ts [--rows 20000] [--clients 4] [--smoke]
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import type { WritableCatalog } from '../engine/catalog/catalog.ts';
import type { Output } from '../engine/contract.ts';
import { dispatch } from '../engine/doors/dispatch.ts';
import { Engine } from '../engine/engine.ts';
import { initWorkspace } from '../engine/operations/init.ts';
import { workerUrls } from '../workers/urls.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '20000' },
    clients: { type: 'string', default: '4' },
    smoke: { type: 'boolean', default: false },
  },
});
const rows = values.smoke ? 1500 : Number(values.rows);
const clients = Number(values.clients);
const SUBJECTS = ['teapot', 'bicycle', 'lantern', 'violin', 'compass', 'kettle', 'hammock', 'telescope'];
/** What the new template puts before every text: tells an answer's index. */
const MARK = 'second edition';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
try {
  writeSource(join(folder, 'source.sqlite'));
  await initWorkspace({ folder, source: join(folder, 'source.sqlite') }, workerUrls);
  await withEngine((engine) => dispatch(engine, 'index', {}, new AbortController().signal));
  const config = join(folder, 'plumbline.yaml');
  writeFileSync(config, readFileSync(config, 'utf8').replace('{{body}}', `${MARK}: {{body}}`));
  await withEngine(measure);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function writeSource(path: string): void {
  const db = new Database(path);
  db.exec('CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)');
  const insert = db.prepare('INSERT INTO note (body) VALUES (?)');
  db.transaction(() => {
    for (let i = 0; i < rows; i += 1) {
      const subject = SUBJECTS[i % SUBJECTS.length];
      insert.run(
        `The ${subject} number ${i} stood in house ${i * 7}, beside ${SUBJECTS[(i * 3) % 8]} ${i % 97}.`,
      );
    }
  })();
  db.close();
}

async function withEngine(work: (engine: Engine) => Promise<unknown>): Promise<void> {
  const builtinModel = fileURLToPath(new URL('../models/builtin/', import.meta.url));
  const engine = new Engine({ folder, workers: workerUrls, builtinModel, access: 'write' });
  try {
    await work(engine);
  } finally {
    await engine.close();
  }
}

interface Search {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly isNew: boolean;
}

async function measure(engine: Engine): Promise<void> {
  const done: Search[] = [];
  let failed = 0;
  let mixed = 0;
  let empty = 0;
  let over = false;
  const search = async (client: number): Promise<void> => {
    for (let i = client; !over; i += clients) {
      const startedAt = performance.now();
      try {
        const query = `${SUBJECTS[i % 8]} number ${(i * 31) % rows}`;
        const input = { entityType: 'note', query, k: 10 };
        const { hits } = await dispatch(engine, 'search', input, new AbortController().signal);
        const news = hits.filter((hit) => hit.text.startsWith(MARK)).length;
        if (hits.length < 10) empty += 1;
        if (news !== 0 && news !== hits.length) mixed += 1;
        done.push({ startedAt, endedAt: performance.now(), isNew: news > 0 });
      } catch (error) {
        failed += 1;
        console.error(error);
      }
    }
  };
  const running = Array.from({ length: clients }, (_, client) => search(client));
  await quiet(3000);
  const rebuildAt = performance.now();
  const switched = watchSwitch(engine);
  const { jobs } = await dispatch(engine, 'rebuild', { entityType: 'note' }, new AbortController().signal);
  const rebuiltAt = performance.now();
  await quiet(2000);
  over = true;
  await Promise.all(running);
  const { at, ms } = switched();
  report(jobs, rebuiltAt - rebuildAt);
  console.log(`searches ${done.length}, failed ${failed}, with fewer than 10 hits ${empty}, mixed ${mixed}`);
  console.log(`the switch: one commit of ${ms.toFixed(1)} ms`);
  const windows: [string, (one: Search) => boolean][] = [
    ['before the rebuild', (one) => one.endedAt < rebuildAt],
    ['during it', (one) => one.startedAt > rebuildAt && one.endedAt < rebuiltAt],
    ['under way at the switch', (one) => one.startedAt <= at && one.endedAt >= at],
    ['after it', (one) => one.startedAt > rebuiltAt],
  ];
  for (const [name, within] of windows) console.log(`${name}: ${latencies(done.filter(within))}`);
  const stale = done.filter((one) => one.startedAt > at + ms && !one.isNew).length;
  console.log(`answered by the former index though begun after the switch: ${stale}`);
}

function quiet(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Times the transaction that switches. */
function watchSwitch(engine: Engine): () => { at: number; ms: number } {
  const catalog = engine.writable() as { -readonly [K in keyof WritableCatalog]: WritableCatalog[K] };
  const { transaction } = catalog;
  const { switchTo } = catalog.generations;
  let seen = { at: Number.NaN, ms: Number.NaN };
  let switching = false;
  Object.assign(catalog.generations, {
    switchTo(id: number) {
      switching = true;
      switchTo(id);
    },
  });
  catalog.transaction = (work) => {
    const startedAt = performance.now();
    const result = transaction(work);
    if (switching) seen = { at: startedAt, ms: performance.now() - startedAt };
    switching = false;
    return result;
  };
  return () => seen;
}

function report(jobs: Output<'rebuild'>['jobs'], ms: number): void {
  for (const { state, processed, embedded, reused, error } of jobs) {
    const why = error === null ? '' : ` ${error.code}: ${error.message}`;
    console.log(
      `rebuild ${state}: ${processed} rows, ${embedded} embedded, ${reused} reused, ${(ms / 1000).toFixed(1)} s${why}`,
    );
  }
}

function latencies(searches: readonly Search[]): string {
  const sorted = searches.map(({ startedAt, endedAt }) => endedAt - startedAt).sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(0);
  return `${sorted.length} searches, median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`;
}
