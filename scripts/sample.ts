/** Writes a sample shop: `node scripts/sample.ts --rows 2000 --out shop.sqlite [--seed n] [--force]`. */
import { parseArgs } from 'node:util';
import { EXIT, PlumblineError, toErrorData, type ExitCode } from '../engine/errors.ts';
import { MAX_SHOP_ROWS, MIN_SHOP_ROWS, writeSampleShop } from '../engine/sample/shop.ts';

const USAGE = `Usage: npm run sample -- --out shop.sqlite [--rows 2000] [--seed 1] [--force]

Writes a SQLite database of a small shop: customers, products, orders and reviews.

  --out <file>   where to write it
  --rows <n>     rows over all tables, ${MIN_SHOP_ROWS} to ${MAX_SHOP_ROWS} (default ${MIN_SHOP_ROWS})
  --seed <n>     another whole number gives other data (default 1)
  --force        replace an existing file

Example: npm run sample -- --rows 100000 --out /tmp/shop.sqlite`;

async function main(): Promise<ExitCode> {
  const options = readOptions();
  if (options === 'help') {
    console.log(USAGE);
    return EXIT.ok;
  }
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  try {
    const { path, rows } = await writeSampleShop(options.out, {
      rows: options.rows,
      seed: options.seed,
      overwrite: options.force,
      signal: interrupt.signal,
      onProgress: showProgress,
    });
    const counts = Object.entries(rows).map(([table, count]) => `${count} ${table}`);
    console.log(`Wrote ${path}: ${counts.join(', ')}.`);
    return EXIT.ok;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    console.error('Interrupted; nothing was written.');
    return EXIT.interrupted;
  }
}

function readOptions() {
  const { values } = parse();
  if (values.help === true) return 'help';
  if (values.out === undefined) throw usageError('--out is missing: where should the database go?');
  return {
    out: values.out,
    rows: wholeNumber('--rows', values.rows ?? String(MIN_SHOP_ROWS)),
    seed: wholeNumber('--seed', values.seed ?? '1'),
    force: values.force ?? false,
  };
}

function parse() {
  try {
    return parseArgs({
      options: {
        rows: { type: 'string' },
        out: { type: 'string' },
        seed: { type: 'string' },
        force: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw usageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw usageError(`${option} takes a whole number, not ${JSON.stringify(text)}.`);
  return Number(text);
}

function usageError(message: string): PlumblineError {
  return new PlumblineError('USAGE', message, { hint: USAGE });
}

function showProgress({ rows, total }: { rows: number; total: number }): void {
  if (process.stderr.isTTY)
    process.stderr.write(`\r${Math.floor((100 * rows) / total)} %${rows === total ? '\n' : ''}`);
}

try {
  process.exitCode = await main();
} catch (error) {
  const { message, hint, exitCode } = toErrorData(error);
  console.error(hint === null ? message : `${message}\n${hint}`);
  process.exitCode = exitCode;
}
