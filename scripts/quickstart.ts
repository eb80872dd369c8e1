/**
 * What Plumbline does, shown on a small shop in under a minute: `npm run quickstart`. Runs the real verbs and checks
 * after each that it gave what it promises, so that it is a smoke test as well.
 *
 * Exit codes: 0 all promises kept; 1 one was not; 5 interrupted.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, styleText } from 'node:util';
import type { DriftClass, Input, OperationName, Output } from '../engine/contract.ts';
import { main as plumbline } from '../engine/doors/cli/main.ts';
import { dispatch } from '../engine/doors/dispatch.ts';
import { Engine } from '../engine/engine.ts';
import { EXIT, type ExitCode } from '../engine/errors.ts';
import {
  MIN_SHOP_ROWS,
  mutateShop,
  writeSampleShop,
  type ShopChange,
  type ShopChanges,
} from '../engine/sample/shop.ts';
import { workerUrls } from '../workers/urls.ts';

const BUILTIN_MODEL = new URL('../models/builtin/', import.meta.url);

/** What is changed behind the index's back. The other tables stay as they are. */
const CHANGES: readonly ShopChange[] = [
  { table: 'products', inserts: 3, updates: 4, deletes: 2 },
  { table: 'orders', inserts: 12, updates: 9, deletes: 6 },
];

/** `finds`: what the text of the first hit must hold. */
const SEARCHES = [
  { why: 'misspelt', type: 'products', query: 'expresso mashine with a steem wand', finds: /espresso/i },
  { why: 'rare words', type: 'reviews', query: "Saturn's rings", finds: /Saturn/ },
  {
    why: 'a sentence',
    type: 'orders',
    query: 'the parcel was left out in the rain and came late',
    finds: /rain/,
  },
] as const;

/** A step that did not give what it promises. */
class BrokenPromise extends Error {}

/** The keys of a type by drift class, sorted. */
type Drift = Partial<Record<DriftClass, readonly string[]>>;

class Quickstart {
  readonly #folder: string;
  readonly #signal: AbortSignal;
  #step = 0;
  /** True once there is an index to play with: from then on the workspace stays. */
  useful = false;

  constructor(folder: string, signal: AbortSignal) {
    this.#folder = folder;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const shop = join(this.#folder, 'shop.sqlite');
    say('Plumbline keeps a vector index true to the data it was built from.');
    say('Here `plumbline` is short for `npm run -s plumbline --`. Nothing leaves this machine.');

    this.#title(`A database: a small shop of ${MIN_SHOP_ROWS} rows.`);
    command(`npm run sample -- --out ${shop}`);
    const { rows } = await writeSampleShop(shop, { rows: MIN_SHOP_ROWS, signal: this.#signal });
    const counts = Object.entries(rows).map(([table, count]) => `${count} ${table}`);
    say(`  ${counts.join(', ')}`);

    this.#title('A workspace for it: tables, keys and text columns are found, the source is only ever read.');
    await this.#plumbline(['init', '--source', shop], EXIT.ok);

    this.#title('The index: every row becomes text, every text a vector, on this machine.');
    await this.#plumbline(['index'], EXIT.ok);
    this.useful = true;
    await this.#expectIndexed(MIN_SHOP_ROWS);

    this.#title("The data changes behind the index's back, as data does.");
    const expected = CHANGES.map((change) => ({
      table: change.table,
      drift: driftOf(mutateShop(shop, change)),
    }));
    for (const change of CHANGES)
      say(
        `  ${change.table}: ${change.inserts} rows inserted, ${change.updates} updated, ${change.deletes} deleted`,
      );

    this.#title('The check: every row is compared, so the answer is exact. Exit code 3 stops a pipeline.');
    await this.#plumbline(['validate'], EXIT.drift);
    for (const { table, drift } of expected) await this.#expectDrift(table, drift);
    await this.#expectDrift('customers', {});
    await this.#expectDrift('reviews', {});

    this.#title('The same, key by key.');
    await this.#plumbline(['drift', 'products'], EXIT.ok);

    this.#title('The repair: only what drifted is embedded; before a delete the source is asked again.');
    await this.#plumbline(['fix-drift', 'products', 'orders'], EXIT.ok);

    this.#title('And the proof.');
    await this.#plumbline(['validate'], EXIT.ok);
    for (const table of Object.keys(rows)) await this.#expectDrift(table, {});

    this.#title('Searches, by vector and by word at once.');
    for (const { why, type, query, finds } of SEARCHES) {
      await this.#plumbline(['search', type, query, '-k', '3'], EXIT.ok, ` # ${why}`);
      const { hits } = await this.#ask('search', { entityType: type, query, k: 3 });
      promise(finds.test(hits[0]?.text ?? ''), `the first hit for "${query}" should speak of ${finds}`);
    }
  }

  #title(text: string): void {
    this.#signal.throwIfAborted();
    this.#step += 1;
    say(`\n${styleText('bold', `${this.#step}. ${text}`)}`);
  }

  /** Runs a verb on the workspace, as the command line does. */
  async #plumbline(args: readonly string[], wanted: ExitCode, comment = ''): Promise<void> {
    this.#signal.throwIfAborted();
    command(`plumbline ${args.map(shellWord).join(' ')} -w ${shellWord(this.#folder)}${comment}`);
    const code = await plumbline({
      args: [...args, '-w', this.#folder],
      workers: workerUrls,
      builtinModel: BUILTIN_MODEL,
    });
    this.#signal.throwIfAborted();
    promise(code === wanted, `plumbline ${args[0]} should end with exit code ${wanted}, not ${code}`);
  }

  /** Asks the workspace itself: what was shown is not taken at its word. */
  async #ask<N extends OperationName>(name: N, input: Input<N>): Promise<Output<N>> {
    const engine = new Engine({
      folder: this.#folder,
      workers: workerUrls,
      builtinModel: fileURLToPath(BUILTIN_MODEL),
      access: 'read',
    });
    try {
      return await dispatch(engine, name, input, this.#signal);
    } finally {
      await engine.close();
    }
  }

  async #expectIndexed(rows: number): Promise<void> {
    const { jobs } = await this.#ask('jobs', {});
    const written = jobs.reduce((sum, job) => sum + job.embedded + job.reused, 0);
    promise(written === rows, `${rows} rows should be indexed, not ${written}`);
  }

  async #expectDrift(entityType: string, expected: Drift): Promise<void> {
    const { items } = await this.#ask('drift', { entityType });
    const found: Record<string, string[]> = {};
    for (const item of items) (found[item.class] ??= []).push(item.key);
    for (const keys of Object.values(found)) keys.sort();
    promise(
      isDeepStrictEqual(found, expected),
      `the drift of ${entityType} should be ${JSON.stringify(expected)}, not ${JSON.stringify(found)}`,
    );
  }
}

function driftOf({ inserted, updated, deleted }: ShopChanges): Drift {
  return { missing: inserted.toSorted(), stale: updated.toSorted(), orphaned: deleted.toSorted() };
}

function promise(kept: boolean, words: string): void {
  if (!kept) throw new BrokenPromise(words);
}

function nextSteps(folder: string): string {
  const w = ` -w ${shellWord(folder)}`;
  return `
${styleText('bold', 'Now on your own database')} (SQLite; it is opened read-only):
  npm run -s plumbline -- init --source path/to/your.db -w my-index
  npm run -s plumbline -- index --dry-run -w my-index     how many texts, tokens, minutes; writes nothing
  npm run -s plumbline -- index -w my-index
  npm run -s plumbline -- validate -w my-index            0 in sync, 3 drifted: fit for CI
What is embedded of each table stands in my-index/plumbline.yaml; see docs/configuration.md.

The shop and its index stay in ${folder}; for instance:
  npm run -s plumbline -- status${w}
Delete the folder when you have seen enough.`;
}

const shellWord = (word: string): string =>
  /^[\w./:@%+=-]+$/.test(word)
    ? word
    : word.includes("'")
      ? `"${word.replaceAll(/["$`\\]/g, '\\$&')}"`
      : `'${word}'`;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const command = (line: string): void => say(styleText('cyan', `$ ${line}`));

async function main(): Promise<ExitCode> {
  const startedAt = performance.now();
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'plumbline-shop-')));
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());
  const quickstart = new Quickstart(folder, interrupt.signal);
  // Also where a second interrupt ends the process at once.
  process.once('exit', () => {
    if (interrupt.signal.aborted && !quickstart.useful) rmSync(folder, { recursive: true, force: true });
  });
  try {
    await quickstart.run();
    say(
      `\n${styleText('green', '✓')} Every step kept its promise, in ${Math.round((performance.now() - startedAt) / 1000)} s.`,
    );
    say(nextSteps(folder));
    return EXIT.ok;
  } catch (error) {
    const kept = quickstart.useful || !interrupt.signal.aborted ? ` The workspace stays in ${folder}.` : '';
    if (interrupt.signal.aborted) {
      console.error(`\nInterrupted.${kept === '' ? ' Nothing is left behind.' : kept}`);
      return EXIT.interrupted;
    }
    const what = error instanceof BrokenPromise ? 'A promise was broken' : 'This should not happen';
    console.error(`\n${what}: ${error instanceof Error ? error.message : String(error)}.${kept}`);
    return EXIT.unexpected;
  }
}

process.exitCode = await main();
