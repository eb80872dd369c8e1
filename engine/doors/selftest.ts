/**
 * Does everything native work here? SQLite, the vector index and a model, each asked for something small whose answer is
 * known, in the threads and through the files that the engine uses. For packages: what was left out of one shows here.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { WorkerUrls } from '../engine.ts';
import { EXIT, PlumblineError, toErrorData } from '../errors.ts';
import { fromFloat16Bits, toFloat16Bits } from '../float16.ts';
import { GRAPH_PARAMETERS } from '../graph.ts';
import { createModels } from '../models.ts';
import { openThreads } from '../threads.ts';
import type { VectorsHost } from '../vectors/vectors-host.ts';
import type { SelftestReport } from './selftest-report.ts';

type Check = SelftestReport['checks'][number];

export interface SelftestOptions {
  readonly workers: WorkerUrls;
  /** The folder of the model that ships with Plumbline. */
  readonly builtinModel: string;
}

/** Never rejects. Works in a temporary folder, which is gone afterwards. */
export async function selftest({ workers, builtinModel }: SelftestOptions): Promise<SelftestReport> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-selftest-'));
  try {
    const checks = [
      await check('sqlite', () => writeAndRead(join(folder, 'test.db'))),
      await check('hnsw', () => addAndSearch(workers.vectors, folder)),
      await check('embedding', () => embed(workers.embed, builtinModel, folder)),
    ];
    const { node, electron = null } = process.versions as { node: string; electron?: string };
    const { platform, arch } = process;
    return { ok: checks.every(({ ok }) => ok), checks, versions: { node, electron, platform, arch } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function check(name: Check['name'], run: () => string | Promise<string>): Promise<Check> {
  const startedAt = performance.now();
  const done = (ok: boolean, detail: string): Check => {
    return { name, ok, durationMs: Math.round(performance.now() - startedAt), detail };
  };
  try {
    return done(true, await run());
  } catch (error) {
    const { code, message } = toErrorData(error);
    return done(false, `${code}: ${message}`);
  }
}

/** A write-ahead log and full-text search, as the catalog has them. */
function writeAndRead(path: string): string {
  const db = new Database(path);
  try {
    db.pragma('journal_mode = WAL');
    db.exec('CREATE VIRTUAL TABLE note USING fts5(text, tokenize = porter)');
    db.prepare('INSERT INTO note (text) VALUES (?), (?)').run('a plumb line hangs', 'a level lies');
    const found = db.prepare('SELECT text FROM note WHERE note MATCH ?').pluck().all('hanging');
    expect(
      found.length === 1 && found[0] === 'a plumb line hangs',
      `full-text search found ${found.length} of 1`,
    );
    return `SQLite ${db.prepare('SELECT sqlite_version()').pluck().get() as string}`;
  } finally {
    db.close();
  }
}

async function addAndSearch(url: URL, folder: string): Promise<string> {
  const thread = openThreads<VectorsHost>({ url, count: 1, finishCalls: true, label: 'vector index' });
  try {
    const [id, dimensions, count] = [1, 8, 8];
    await thread.call('open', { generationId: id, folder, dimensions, parameters: GRAPH_PARAMETERS });
    const axes = new Float32Array(dimensions * count);
    for (let label = 0; label < count; label += 1) axes[label * dimensions + label] = 1;
    await thread.call('apply', id, {
      labels: Uint32Array.from({ length: count }, (_, label) => label),
      adds: new Uint8Array(count).fill(1),
      vectors: toFloat16Bits(axes),
      sequence: count,
    });
    const query = axes.slice(5 * dimensions, 6 * dimensions);
    const { labels } = await thread.call('search', id, query, 1);
    expect(labels.length === 1 && labels[0] === 5, `the nearest vector is 5, the search says ${labels[0]}`);
    await thread.call('snapshot', id, { sequence: count, nonce: '0'.repeat(16) });
    return `${count} vectors added, searched and saved`;
  } finally {
    await thread.close();
  }
}

async function embed(workerUrl: URL, builtinFolder: string, folder: string): Promise<string> {
  const models = createModels({
    workerUrl,
    builtinFolder,
    modelsFolder: join(folder, 'models'),
    baseFolder: folder,
    onDownload: () => {},
  });
  try {
    const embedder = await models.with({ workers: 1 }).embedder('builtin');
    const text = 'a quiet espresso machine';
    const [outcome] = await embedder.embed([{ text, tokens: 8 }]);
    if (outcome?.ok !== true) throw wrong(`the model embeds nothing: ${outcome?.message}`);
    const vector = fromFloat16Bits(outcome.vector);
    const near = dot(vector, await embedder.embedQuery('a quiet expresso mashine'));
    const far = dot(vector, await embedder.embedQuery('the parcel came late'));
    expect(near > far, 'the model finds an unrelated text more similar than a misspelt one');
    return `${embedder.model.name}, ${vector.length} dimensions`;
  } finally {
    await models.close();
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw wrong(otherwise);
}

const wrong = (message: string): PlumblineError =>
  new PlumblineError('SELFTEST_FAILED', message, { exitCode: EXIT.unexpected });
