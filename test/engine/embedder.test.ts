import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Chunking, Embedder, EmbedItem, EmbedOutcome, ModelInfo } from '../../engine/embed/embedder.ts';
import { openGate } from '../../engine/embed/gate.ts';
import { defaultWorkers, openEmbedder, type EmbedderOptions } from '../../engine/embed/pool-embedder.ts';
import { resolveModel } from '../../engine/embed/resolve-model.ts';
import { afterFailure, backoffMs } from '../../engine/embed/retry.ts';
import { fromFloat16Bits } from '../../engine/float16.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const workerUrl = new URL('../../workers/embed.ts', import.meta.url);
const dyingWorkerUrl = new URL('../support/dying-embed.ts', import.meta.url);
const WINDOW = 64;

let root: string;
let model: ModelInfo;
let embedder: Embedder;
let slept: number[];

const open = (more: Partial<EmbedderOptions> = {}): Promise<Embedder> =>
  openEmbedder({
    model,
    workerUrl,
    workers: 2,
    batchSize: 16,
    random: () => 0.5,
    sleep: (milliseconds) => {
      slept.push(milliseconds);
      return Promise.resolve();
    },
    ...more,
  });

const resolve = (folder: string): Promise<ModelInfo> =>
  resolveModel(folder, { modelsFolder: join(root, 'models'), builtinFolder: root, workerUrl });

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'plumbline-embedder-'));
  writeTinyModel(join(root, 'tiny'), { poison: 'poison', notFinite: 'nan', maxTokens: WINDOW });
  model = await resolve(join(root, 'tiny'));
  slept = [];
  embedder = await open();
});
beforeEach(() => {
  slept = [];
});
afterAll(async () => {
  await embedder.close();
  rmSync(root, { recursive: true, force: true });
});

const COLOURS = ['red', 'green', 'blue', 'black', 'white', 'small', 'large', 'new', 'old'];
/** Different short texts of the model's words. */
const someTexts = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${'book '.repeat(i % 7)}${COLOURS[i % 9]} number ${i}`);
const items = (texts: readonly string[]): EmbedItem[] =>
  texts.map((text) => ({ text, tokens: text.split(' ').length + 2 }));

function vectorOf(outcome: EmbedOutcome | undefined): Float32Array {
  if (outcome?.ok !== true) throw new Error(`no vector: ${JSON.stringify(outcome)}`);
  return fromFloat16Bits(outcome.vector);
}
const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
const failedTexts = (texts: readonly string[], outcomes: readonly EmbedOutcome[]): string[] =>
  texts.filter((_text, i) => outcomes[i]?.ok === false);

describe('embed', () => {
  test('gives unit vectors in the order asked, whatever the batches', async () => {
    const texts = someTexts(50);
    const outcomes = await embedder.embed(items(texts));
    expect(outcomes).toHaveLength(50);
    for (const [i, text] of texts.entries()) {
      const vector = vectorOf(outcomes[i]);
      expect(vector).toHaveLength(32);
      expect(dot(vector, vector)).toBeCloseTo(1, 2);
      const [alone] = await embedder.embed(items([text]));
      expect(dot(vector, vectorOf(alone))).toBeCloseTo(1, 2);
    }
  });

  test('embeds identical texts once', async () => {
    const before = embedder.stats().texts;
    const outcomes = await embedder.embed(items(['red book', 'blue book', 'red book', 'red book']));
    expect(embedder.stats().texts - before).toBe(2);
    expect(vectorOf(outcomes[2])).toEqual(vectorOf(outcomes[0]));
    expect(vectorOf(outcomes[1])).not.toEqual(vectorOf(outcomes[0]));
  });

  test('has nothing to do for no texts', async () => {
    expect(await embedder.embed([])).toEqual([]);
  });

  test('isolates a text that onnxruntime refuses, at the cost of its own splits', async () => {
    const texts = [...someTexts(15), 'a poison text'];
    const before = embedder.stats();
    const outcomes = await embedder.embed(items(texts));
    expect(failedTexts(texts, outcomes)).toEqual(['a poison text']);
    expect(outcomes[15]).toMatchObject({ code: 'MODEL_RUN_FAILED', attempts: 3 });
    // 16 = 8 + 4 + 2 + 1 innocent neighbours and the text itself.
    expect(embedder.stats().batches - before.batches).toBe(4);
    expect(slept).toEqual([100, 200]);
    expect(embedder.stats().retries - before.retries).toBe(2);
  });

  test('isolates every one of several', async () => {
    const texts = someTexts(60).map((text, i) => (i % 20 === 3 ? `poison ${text}` : text));
    const outcomes = await embedder.embed(items(texts));
    expect(failedTexts(texts, outcomes)).toEqual(texts.filter((text) => text.startsWith('poison')));
  });

  test('never returns a vector that is not finite', async () => {
    const texts = [...someTexts(7), 'a nan text'];
    const outcomes = await embedder.embed(items(texts));
    expect(failedTexts(texts, outcomes)).toEqual(['a nan text']);
    expect(outcomes[7]).toMatchObject({ code: 'VECTOR_NOT_FINITE', attempts: 3 });
  });

  test('refuses a text beyond the window instead of cutting it', async () => {
    const outcomes = await embedder.embed(items(['red', 'book '.repeat(WINDOW)]));
    expect(outcomes[0]?.ok).toBe(true);
    expect(outcomes[1]).toMatchObject({ code: 'TEXT_TOO_LONG', attempts: 1 });
    expect(slept).toEqual([]);
  });

  test('ends with the reason of an abort, and goes on working afterwards', async () => {
    const controller = new AbortController();
    const running = embedder.embed(items(someTexts(500)), controller.signal);
    controller.abort(new Error('stop it'));
    await expect(running).rejects.toThrow('stop it');
    await expect(embedder.embed(items(['red']), controller.signal)).rejects.toThrow('stop it');
    expect((await embedder.embed(items(['red'])))[0]?.ok).toBe(true);
  });

  test('an abort ends the wait before a retry', async () => {
    const controller = new AbortController();
    const patient = await open({
      sleep: (_milliseconds, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error));
          controller.abort(new Error('stop it'));
        }),
    });
    try {
      await expect(patient.embed(items(['poison']), controller.signal)).rejects.toThrow('stop it');
    } finally {
      await patient.close();
    }
  });

  test('counts tokens as they went through the model', async () => {
    const before = embedder.stats();
    await embedder.embed(items(['red book', 'red book film music']));
    const { tokens, paddedTokens } = embedder.stats();
    expect(tokens - before.tokens).toBe(4 + 6);
    expect(paddedTokens - before.paddedTokens).toBe(2 * 6);
  });
});

describe('a worker thread that dies', () => {
  let dying: Embedder;
  beforeEach(async () => {
    dying = await open({ workerUrl: dyingWorkerUrl });
  });
  afterEach(() => dying.close());

  test('once: its batch is tried again as it was', async () => {
    const outcomes = await dying.embed(items([...someTexts(7), 'a fragile text']));
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(existsSync(join(model.folder, 'died-once'))).toBe(true);
    expect(dying.stats()).toMatchObject({ retries: 1, batches: 1 });
  });

  test('over one text: that text fails, its neighbours do not', async () => {
    const texts = [...someTexts(7), 'a deadly text'];
    const outcomes = await dying.embed(items(texts));
    expect(failedTexts(texts, outcomes)).toEqual(['a deadly text']);
    expect(outcomes[7]).toMatchObject({ code: 'THREAD_DIED', attempts: 3 });
  });
});

describe('split', () => {
  const text = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          'red',
          'book',
          'customer',
          '. ',
          '\n\n',
          '吾輩は猫である。',
          'x'.repeat(150),
          '😀',
          '[SEP]',
        ),
        fc.string({ unit: 'binary', maxLength: 30 }),
        fc.stringMatching(/^[a-z]{1,12}$/),
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join(' '));

  /** Tokenizers of other families, as the tiny model's `tokenizer.json`; ids stay within its table. */
  const symbols = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i));
  const tokenizers: Record<string, object | null> = {
    'WordPiece (BERT)': null,
    'byte-level BPE (RoBERTa)': {
      normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      post_processor: { type: 'RobertaProcessing', sep: ['}', 92], cls: ['{', 90], add_prefix_space: false },
      model: {
        type: 'BPE',
        unk_token: '!',
        vocab: Object.fromEntries(
          [...symbols, 'Ġ', 'Ġr', 'Ġre', 'oo', 'ð', 'Ł'].map((symbol, id) => [symbol, id]),
        ),
        merges: ['Ġ r', 'Ġr e', 'o o'],
      },
    },
    'SentencePiece (XLM-R)': {
      normalizer: { type: 'NFKC' },
      pre_tokenizer: {
        type: 'Metaspace',
        replacement: '▁',
        add_prefix_space: true,
        prepend_scheme: 'always',
      },
      post_processor: null,
      model: {
        type: 'Unigram',
        unk_id: 0,
        vocab: ['<unk>', '▁', '▁red', 'book', 'oo', ...symbols].map((piece, i) => [piece, -1 - i / 10]),
      },
    },
  };

  test.each(Object.entries(tokenizers))(
    'no chunk exceeds the window by the count of the tokenizer that embeds it: %s',
    async (name, tokenizer) => {
      const folder = join(root, name);
      writeTinyModel(folder, { maxTokens: WINDOW });
      if (tokenizer !== null) {
        const file = { version: '1.0', added_tokens: [], decoder: null, ...tokenizer };
        writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(file));
        writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify({ model_max_length: WINDOW }));
      }
      const own = await open({ model: await resolve(folder) });
      try {
        await fc.assert(fc.asyncProperty(fc.array(text, { maxLength: 4 }), chunking, embedsEveryChunk(own)), {
          numRuns: 60,
        });
      } finally {
        await own.close();
      }
    },
  );

  const chunking = fc.record({
    maxTokens: fc.oneof(fc.constant(null), fc.integer({ min: 8, max: 40 })),
    overlapTokens: fc.integer({ min: 0, max: 10 }),
  });

  const embedsEveryChunk = (own: Embedder) => async (texts: string[], settings: Chunking) => {
    const spans = await own.split(texts, settings);
    expect(spans).toHaveLength(texts.length);
    const chunks = spans.flatMap((list, i) =>
      list.map(({ start, end, tokens }) => ({ text: (texts[i] ?? '').slice(start, end), tokens })),
    );
    for (const { tokens, text: chunk } of chunks) {
      if ([...chunk].length > 1) expect(tokens).toBeLessThanOrEqual(settings.maxTokens ?? WINDOW);
    }
    const distinct = [...new Map(chunks.map((chunk) => [chunk.text, chunk])).values()];
    const before = own.stats().tokens;
    const outcomes = await own.embed(distinct);
    expect(outcomes.filter(({ ok }) => !ok)).toEqual([]);
    const counted = distinct.reduce((sum, { tokens }) => sum + tokens, 0);
    expect(own.stats().tokens - before).toBe(counted);
  };

  test('an empty or white text has no chunk; a text that fits is one, the whole of it', async () => {
    expect(await embedder.split(['', ' \n', ' red book '], { maxTokens: null, overlapTokens: 0 })).toEqual([
      [],
      [],
      [{ start: 0, end: 10, tokens: 4 }],
    ]);
  });

  test('never takes more than the model does, whatever is configured', async () => {
    const [spans] = await embedder.split(['book '.repeat(200)], { maxTokens: 10_000, overlapTokens: 0 });
    expect(spans?.map(({ tokens }) => tokens)).toEqual([64, 64, 64, 16]);
  });

  test('refuses chunks that special tokens fill', async () => {
    await expect(embedder.split(['red'], { maxTokens: 2, overlapTokens: 0 })).rejects.toMatchObject({
      code: 'CHUNK_TOO_SMALL',
      exitCode: 2,
    });
  });

  test('ends with the reason of an abort', async () => {
    const signal = AbortSignal.abort(new Error('stop it'));
    await expect(embedder.split(['red'], { maxTokens: null, overlapTokens: 0 }, signal)).rejects.toThrow(
      'stop it',
    );
  });
});

describe('prefixes', () => {
  let prefixed: Embedder;
  beforeAll(async () => {
    const folder = join(root, 'prefixed');
    writeTinyModel(folder, { maxTokens: WINDOW });
    writeFileSync(
      join(folder, 'plumbline.json'),
      JSON.stringify({ queryPrefix: 'red ', documentPrefix: 'blue ' }),
    );
    prefixed = await open({ model: await resolve(folder) });
  });
  afterAll(() => prefixed.close());

  test('of queries and documents are applied, each to its own', async () => {
    const plain = await embedder.embed(items(['red book', 'blue book']));
    expect(dot(await prefixed.embedQuery('book'), vectorOf(plain[0]))).toBeCloseTo(1, 2);
    const [document] = await prefixed.embed(items(['book']));
    expect(dot(vectorOf(document), vectorOf(plain[1]))).toBeCloseTo(1, 2);
  });

  test('count as tokens', async () => {
    expect(await prefixed.split(['book'], { maxTokens: null, overlapTokens: 0 })).toEqual([
      [{ start: 0, end: 4, tokens: 4 }],
    ]);
  });
});

describe('embedQuery', () => {
  test('gives a unit vector in single precision', async () => {
    const vector = await embedder.embedQuery('red book');
    expect(vector).toBeInstanceOf(Float32Array);
    expect(dot(vector, vector)).toBeCloseTo(1, 6);
  });

  test('refuses what does not fit', async () => {
    await expect(embedder.embedQuery('book '.repeat(100))).rejects.toMatchObject({ code: 'QUERY_TOO_LONG' });
  });
});

test('a graph that onnxruntime cannot load ends the opening with one clear line', async () => {
  const folder = join(root, 'damaged');
  writeTinyModel(folder);
  const info = await resolve(folder);
  writeFileSync(join(folder, 'onnx/model.onnx'), 'not a graph');
  await expect(open({ model: info })).rejects.toMatchObject({
    code: 'MODEL_INVALID',
    exitCode: 2,
    message: expect.stringMatching(/^[^\n]*damaged[^\n]*$/),
  });
});

test('a closed embedder says so', async () => {
  const closed = await open({ workers: 1 });
  await Promise.all([closed.close(), closed.close()]);
  await expect(closed.embed(items(['red']))).rejects.toMatchObject({ code: 'THREAD_CLOSED' });
});

test('a gate lets so many through at once, first come, first served', async () => {
  const gate = openGate(2);
  const order: number[] = [];
  let running = 0;
  let most = 0;
  const task = (name: number) =>
    gate.run(async () => {
      running += 1;
      most = Math.max(most, running);
      order.push(name);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (name === 2) throw new Error('a task may fail');
    });
  const results = await Promise.allSettled([0, 1, 2, 3, 4, 5].map(task));
  expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  expect(most).toBe(2);
  expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, true, false, true, true, true]);
});

test.each([
  [1, 1],
  [2, 1],
  [4, 3],
  [16, 4],
])('on %i cores the default is %i workers', (cores, workers) => {
  expect(defaultWorkers(cores)).toBe(workers);
});

test.each([
  [
    'a dead thread takes its batch again',
    'THREAD_DIED',
    true,
    { size: 8, attempts: 1, halved: false },
    'retry',
  ],
  ['not for ever', 'THREAD_DIED', true, { size: 8, attempts: 3, halved: false }, 'halve'],
  ['nor once it is halved', 'THREAD_DIED', true, { size: 4, attempts: 1, halved: true }, 'halve'],
  [
    'what will not pass is halved at once',
    'MODEL_RUN_FAILED',
    false,
    { size: 8, attempts: 1, halved: false },
    'halve',
  ],
  [
    'alone, a text is tried again',
    'MODEL_RUN_FAILED',
    false,
    { size: 1, attempts: 2, halved: true },
    'retry',
  ],
  ['three times in all', 'MODEL_RUN_FAILED', false, { size: 1, attempts: 3, halved: true }, 'give up'],
  [
    'a model that does not load ends it',
    'MODEL_INVALID',
    false,
    { size: 8, attempts: 1, halved: false },
    'stop',
  ],
] as const)('after a failure: %s', (_name, code, retryable, batch, verdict) => {
  expect(afterFailure({ code, retryable }, batch)).toBe(verdict);
});

test('waits double, with jitter around them', () => {
  expect([1, 2, 3].map((attempts) => backoffMs(attempts, () => 0.5))).toEqual([100, 200, 400]);
  expect(backoffMs(1, () => 0)).toBe(50);
  expect(backoffMs(1, () => 1)).toBe(150);
});
