/**
 * What the pipeline around a transformer costs: 5,000 short rows through `index` (read, split, embed, commit, op log),
 * against the same texts through the same model by bare onnxruntime, alternating, in one run. The model has MiniLM's
 * shape (6 layers, 384 wide, int8) and random weights.
 *
 *   node bench/minilm.ts [--rows 5000] [--rounds 3] [--smoke]
 *
 * Bare: token ids prepared beforehand, sorted by length, batches of 16, one session with one thread: nothing but the
 * model. The pipeline runs one worker with one thread, so both have the same share of the machine for the model itself.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AutoTokenizer } from '@huggingface/transformers';
import Database from 'better-sqlite3';
import * as ort from 'onnxruntime-node';
import { stringify } from 'yaml';
import { dispatch } from '../engine/doors/dispatch.ts';
import { Engine } from '../engine/engine.ts';
import { writeSampleShop } from '../engine/sample/shop.ts';
import { writeMiniLm } from '../scripts/model/minilm.ts';
import { workerUrls } from '../workers/urls.ts';

const BATCH = 16;

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '5000' },
    rounds: { type: 'string', default: '3' },
    smoke: { type: 'boolean', default: false },
  },
});
const rows = values.smoke ? 200 : Number(values.rows);
const rounds = values.smoke ? 1 : Number(values.rounds);

const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
try {
  const model = join(folder, 'minilm');
  writeMiniLm(model);
  const texts = await shortTexts(rows);
  const bare = await openBare(model, texts);
  const rates: { bare: number; pipeline: number }[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const pair = {
      bare: texts.length / (await bare.run()),
      pipeline: texts.length / (await indexOnce(model, texts)),
    };
    rates.push(pair);
    console.log(
      `round ${round}: bare onnxruntime ${pair.bare.toFixed(0)} texts/s, plumbline ${pair.pipeline.toFixed(0)} entities/s, ` +
        `ratio ${(pair.pipeline / pair.bare).toFixed(2)}`,
    );
  }
  const ratio = median(rates.map((pair) => pair.pipeline / pair.bare));
  console.log(
    `${texts.length} rows, ${bare.tokens} tokens; median of ${rounds}: bare ${median(rates.map((pair) => pair.bare)).toFixed(0)} texts/s, ` +
      `plumbline ${median(rates.map((pair) => pair.pipeline)).toFixed(0)} entities/s, ratio ${ratio.toFixed(2)}`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Distinct titles and first sentences of the sample shop. */
async function shortTexts(count: number): Promise<string[]> {
  const path = join(folder, 'shop.sqlite');
  await writeSampleShop(path, { rows: Math.max(2000, count * 6) });
  const db = new Database(path, { readonly: true });
  const texts = db
    .prepare<[number], string>(
      `SELECT DISTINCT substr(comment, 1, 90) FROM orders WHERE comment IS NOT NULL ORDER BY id LIMIT ?`,
    )
    .pluck()
    .all(count);
  db.close();
  return texts;
}

/** The model alone; `run` answers seconds. */
async function openBare(model: string, texts: readonly string[]) {
  const tokenizer = await AutoTokenizer.from_pretrained(model, { local_files_only: true });
  const ids = texts.map((text) => tokenizer.encode(text)).toSorted((a, b) => a.length - b.length);
  const session = await ort.InferenceSession.create(join(model, 'onnx/model_quantized.onnx'), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const runBatch = async (batch: readonly number[][]): Promise<void> => {
    const width = Math.max(...batch.map((row) => row.length));
    const cells = batch.length * width;
    const tensors = {
      ids: new BigInt64Array(cells),
      mask: new BigInt64Array(cells),
      types: new BigInt64Array(cells),
    };
    batch.forEach((row, i) =>
      row.forEach((id, j) => {
        tensors.ids[i * width + j] = BigInt(id);
        tensors.mask[i * width + j] = 1n;
      }),
    );
    const shape = [batch.length, width];
    const feeds: Record<string, ort.Tensor> = {
      input_ids: new ort.Tensor('int64', tensors.ids, shape),
      attention_mask: new ort.Tensor('int64', tensors.mask, shape),
      token_type_ids: new ort.Tensor('int64', tensors.types, shape),
    };
    await session.run(
      Object.fromEntries(session.inputNames.map((name) => [name, feeds[name] as ort.Tensor])),
    );
  };
  await runBatch(ids.slice(0, BATCH));
  return {
    tokens: ids.reduce((sum, row) => sum + row.length, 0),
    async run(): Promise<number> {
      const startedAt = performance.now();
      for (let at = 0; at < ids.length; at += BATCH) await runBatch(ids.slice(at, at + BATCH));
      return (performance.now() - startedAt) / 1000;
    },
  };
}

/** A first index into a fresh workspace, one embedding worker; the job's own seconds, start-up of the model aside. */
async function indexOnce(model: string, texts: readonly string[]): Promise<number> {
  const workspace = mkdtempSync(join(folder, 'workspace-'));
  const db = new Database(join(workspace, 'source.sqlite'));
  db.exec('CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT NOT NULL)');
  const insert = db.prepare('INSERT INTO note (body) VALUES (?)');
  db.transaction(() => texts.forEach((text) => insert.run(text)))();
  db.close();
  writeFileSync(
    join(workspace, 'plumbline.yaml'),
    stringify({
      version: 1,
      source: { kind: 'sqlite', name: 'source', path: 'source.sqlite' },
      model,
      entityTypes: { note: { key: ['id'], template: '{{body}}' } },
    }),
  );
  const engine = new Engine({ folder: workspace, workers: workerUrls, builtinModel: model, access: 'write' });
  try {
    const { signal } = new AbortController();
    // Loads the model, so that the measured job starts with warm workers, as the bare session does.
    await dispatch(engine, 'index', { workers: 1, limit: 1 }, signal);
    const startedAt = performance.now();
    const { jobs } = await dispatch(engine, 'index', { workers: 1 }, signal);
    if (jobs[0]?.state !== 'completed') throw new Error(`the job ended ${jobs[0]?.state}`);
    return (performance.now() - startedAt) / 1000;
  } finally {
    await engine.close();
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}
