/**
 * A first index of the sample shop at two sizes: rate, peak memory of the whole process tree, and what lies on disk.
 * Memory must not grow with the data, the arrays of the HNSW graphs aside.
 *
 *   node bench/scale.ts [--rows 10000,100000] [--smoke]
 *
 * A job frees its graph at its end, so the largest one is what the peak may hold; it is counted as its file's bytes,
 * without the slack of growth, so that the figure without it is an upper bound.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeSampleShop } from '../engine/sample/shop.ts';
import { watchMemory } from './process-memory.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '10000,100000' }, smoke: { type: 'boolean', default: false } },
});
const sizes = values.smoke ? [2000, 4000] : values.rows.split(',').map(Number);

interface Measured {
  readonly rows: number;
  readonly seconds: number;
  readonly peak: number;
  /** Bytes of all index files, and of the largest. */
  readonly graphs: number;
  readonly largestGraph: number;
  readonly catalog: number;
}

const measured: Measured[] = [];
for (const rows of sizes) {
  const result = await measure(rows);
  measured.push(result);
  console.log(
    [
      `${rows} rows`,
      `${Math.round(rows / result.seconds)} rows/s (${result.seconds.toFixed(1)} s, start-up included)`,
      `peak ${megabytes(result.peak)}`,
      `without its graph ${megabytes(result.peak - result.largestGraph)}`,
      `catalog ${megabytes(result.catalog)}`,
      `index files ${megabytes(result.graphs)}`,
    ].join(' | '),
  );
}
const [small, large] = measured;
if (small !== undefined && large !== undefined) {
  const ratio = (large.peak - large.largestGraph) / (small.peak - small.largestGraph);
  console.log(
    `memory without the graph, ${large.rows} against ${small.rows} rows: ${ratio.toFixed(2)} times`,
  );
}

async function measure(rows: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  try {
    const source = join(folder, 'shop.sqlite');
    await writeSampleShop(source, { rows });
    await plumbline(folder, 'init', '--source', source);
    const startedAt = performance.now();
    const peak = await plumbline(folder, 'index');
    const seconds = (performance.now() - startedAt) / 1000;
    const data = join(folder, '.plumbline');
    return {
      rows,
      seconds,
      peak,
      ...graphBytes(join(data, 'vectors')),
      catalog: statSync(join(data, 'catalog.db')).size,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs one verb to its end; the peak memory of its process tree in bytes. */
function plumbline(folder: string, ...args: string[]): Promise<number> {
  const bin = join(import.meta.dirname, '../bin/plumbline.mjs');
  const child = spawn(process.execPath, [bin, ...args, '-w', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const memory = watchMemory(child.pid ?? 0);
  return new Promise((resolve, reject) => {
    child.on('exit', (code) => {
      const peak = memory.stop();
      if (code === 0) resolve(peak);
      else reject(new Error(`plumbline ${args[0]} ended with exit code ${code}`));
    });
  });
}

/** Snapshots lie in one folder per generation; there are none where none was due. */
function graphBytes(folder: string): { graphs: number; largestGraph: number } {
  const sizes = existsSync(folder) ? readdirSync(folder).map((name) => folderBytes(join(folder, name))) : [];
  return { graphs: sizes.reduce((sum, size) => sum + size, 0), largestGraph: Math.max(0, ...sizes) };
}

function folderBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
