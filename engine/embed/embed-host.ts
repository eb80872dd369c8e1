/**
 * What an embedding worker thread serves. Each worker has a session of its own, loaded by the first call, so that a
 * thread that replaces a dead one needs nothing said. Whatever belongs to a single text comes back as data; what is
 * thrown concerns the whole call.
 */
import { PlumblineError } from '../errors.ts';
import { toFloat16Bits } from '../float16.ts';
import type { ModelIdentity } from '../recipe.ts';
import { chunkSpans, type ChunkLimits, type TokenCounter } from './chunk.ts';
import type { ChunkSpan } from './embedder.ts';
import { normalize, pool } from './pooling.ts';
import {
  firstLine,
  loadTransformer,
  type Encoded,
  type ModelFiles,
  type Transformer,
} from './transformer.ts';

/** What a worker is told about its model (`workerData`). */
export interface WorkerModel
  extends ModelFiles, Pick<ModelIdentity, 'pooling' | 'queryPrefix' | 'documentPrefix'> {}

/** Why one text of a batch has no vector. */
export interface TextFailure {
  /** Its place in the batch. */
  readonly index: number;
  readonly code: 'TEXT_TOO_LONG' | 'TEXT_WITHOUT_TOKENS' | 'TOKENIZER_FAILED' | 'VECTOR_NOT_FINITE';
  readonly message: string;
}

export interface EmbeddedBatch {
  /** f16 bits, `dimensions` per text in the order asked; zeros for texts that failed. */
  readonly vectors: Uint16Array;
  readonly failures: readonly TextFailure[];
  /** Tokens that went through the graph, padding excluded and included. */
  readonly tokens: number;
  readonly paddedTokens: number;
  /** Time that the graph took. */
  readonly milliseconds: number;
}

/** Chunks of several texts, packed: `spans` holds start, end, tokens of each; text i has `counts[i]` of them. */
export interface PackedSpans {
  readonly counts: Uint32Array;
  readonly spans: Uint32Array;
}

/** What a graph answers, found out by running it. */
export interface Probe {
  readonly dimensions: number;
  /** True where the graph pools by itself: it has the output `sentence_embedding`. */
  readonly sentenceEmbedding: boolean;
}

export type EmbedHost = ReturnType<typeof createEmbedHost>;

const SENTENCE_EMBEDDING = 'sentence_embedding';
/** Outputs of one vector per token, by the names that exporters give them. */
const TOKEN_EMBEDDINGS = ['last_hidden_state', 'token_embeddings', 'hidden_states'];
/** Texts repeat their words; 50,000 short pieces take a few megabytes. */
const MAX_CACHED_COUNTS = 50_000;

export function createEmbedHost(model: WorkerModel) {
  let loading: Promise<Transformer> | null = null;
  const transformer = (): Promise<Transformer> => (loading ??= loadTransformer(model));
  return {
    /** Loads the model now, so that errors show before work starts. */
    async load(): Promise<void> {
      await transformer();
    },

    async probe(): Promise<Probe> {
      const loaded = await transformer();
      const outputs = await loaded.run([loaded.encode('probe')]);
      const sentenceEmbedding = outputs.has(SENTENCE_EMBEDDING);
      const dimensions = findOutput(outputs, sentenceEmbedding, model.folder).dims.at(-1) ?? 0;
      return { dimensions, sentenceEmbedding };
    },

    async split(texts: readonly string[], limits: ChunkLimits): Promise<PackedSpans> {
      const counter = tokenCounter(await transformer(), model.documentPrefix);
      return packSpans(texts.map((text) => splitOne(text, limits, counter)));
    },

    async embed(texts: readonly string[]): Promise<EmbeddedBatch> {
      return embedBatch(await transformer(), model, texts);
    },

    async embedQuery(query: string): Promise<Float32Array> {
      const loaded = await transformer();
      const encoded = loaded.encode(model.queryPrefix + query);
      if (encoded.ids.length > model.maxTokens) throw queryTooLong(encoded.ids.length, model.maxTokens);
      if (encoded.ids.length === 0) throw queryEmpty();
      const vector = await vectorsOf(loaded, model, [encoded]);
      if (!normalize(vector)) throw new PlumblineError('VECTOR_NOT_FINITE', NOT_FINITE);
      return vector;
    },
  };
}

const NOT_FINITE = 'the model gave a vector without direction (not a number, infinite, or all zero)';

function queryTooLong(tokens: number, maxTokens: number): PlumblineError {
  return new PlumblineError(
    'QUERY_TOO_LONG',
    `the query has ${tokens} tokens; the model takes ${maxTokens}`,
    {
      hint: 'Shorten the query; what lies beyond the window could not influence the result.',
    },
  );
}

function queryEmpty(): PlumblineError {
  return new PlumblineError('QUERY_EMPTY', 'the query holds nothing that the model can read', {
    hint: 'Type at least one word.',
  });
}

const NOTHING_RUN = { vectors: new Uint16Array(0), tokens: 0, paddedTokens: 0, milliseconds: 0 };

async function embedBatch(
  loaded: Transformer,
  model: WorkerModel,
  texts: readonly string[],
): Promise<EmbeddedBatch> {
  const failures: TextFailure[] = [];
  const places: number[] = [];
  const batch: Encoded[] = [];
  texts.forEach((text, index) => {
    const encoded = encodeOne(loaded, model, text);
    if ('code' in encoded) {
      failures.push({ index, ...encoded });
    } else {
      places.push(index);
      batch.push(encoded);
    }
  });
  if (batch.length === 0) return { ...NOTHING_RUN, failures };
  const started = performance.now();
  const pooled = await vectorsOf(loaded, model, batch);
  const milliseconds = performance.now() - started;
  const dimensions = pooled.length / batch.length;
  const vectors = new Float32Array(texts.length * dimensions);
  places.forEach((index, row) => {
    const vector = pooled.subarray(row * dimensions, (row + 1) * dimensions);
    if (normalize(vector)) vectors.set(vector, index * dimensions);
    else failures.push({ index, code: 'VECTOR_NOT_FINITE', message: NOT_FINITE });
  });
  const lengths = batch.map(({ ids }) => ids.length);
  return {
    vectors: toFloat16Bits(vectors),
    failures,
    tokens: lengths.reduce((sum, length) => sum + length, 0),
    paddedTokens: lengths.length * Math.max(...lengths),
    milliseconds,
  };
}

/** A text's tokens, or why it cannot be embedded. Never truncated: the end of a text would be lost unseen. */
function encodeOne(
  loaded: Transformer,
  model: WorkerModel,
  text: string,
): Encoded | Omit<TextFailure, 'index'> {
  let encoded: Encoded;
  try {
    encoded = loaded.encode(model.documentPrefix + text);
  } catch (error) {
    return { code: 'TOKENIZER_FAILED', message: `the tokenizer failed: ${firstLine(error)}` };
  }
  const tokens = encoded.ids.length;
  if (tokens > model.maxTokens) {
    const message = `the text has ${tokens} tokens; the model takes ${model.maxTokens}`;
    return { code: 'TEXT_TOO_LONG', message };
  }
  if (tokens === 0) {
    return { code: 'TEXT_WITHOUT_TOKENS', message: 'the text holds nothing that the model can read' };
  }
  return encoded;
}

/** Pooled vectors of a batch, not normalised, one after another. */
async function vectorsOf(
  loaded: Transformer,
  model: WorkerModel,
  batch: readonly Encoded[],
): Promise<Float32Array> {
  const outputs = await loaded.run(batch);
  const output = findOutput(outputs, model.pooling === 'none', model.folder);
  const lengths = batch.map(({ ids }) => ids.length);
  return pool(output, model.pooling, lengths);
}

function findOutput<T>(outputs: ReadonlyMap<string, T>, sentenceEmbedding: boolean, folder: string): T {
  const names = sentenceEmbedding ? [SENTENCE_EMBEDDING] : TOKEN_EMBEDDINGS;
  for (const name of names) {
    const output = outputs.get(name);
    if (output !== undefined) return output;
  }
  const has = [...outputs.keys()].join(', ');
  throw new PlumblineError('MODEL_INVALID', `the graph in ${folder} has no output ${names.join(' or ')}`, {
    hint: `It answers ${has === '' ? 'nothing usable' : has}; export it for feature extraction.`,
  });
}

function tokenCounter(loaded: Transformer, prefix: string): TokenCounter {
  const counts = new Map<string, number>();
  return {
    count(piece) {
      const known = counts.get(piece);
      if (known !== undefined) return known;
      if (counts.size >= MAX_CACHED_COUNTS) counts.clear();
      const tokens = loaded.countPlain(piece);
      counts.set(piece, tokens);
      return tokens;
    },
    countSent: (text) => loaded.encode(prefix + text).ids.length,
  };
}

/**
 * A text that the tokenizer cannot read becomes one chunk all the same: embedding it fails, alone, and makes a dead
 * letter of it, where an error from here would end the job for every other text.
 */
function splitOne(text: string, limits: ChunkLimits, counter: TokenCounter): ChunkSpan[] {
  try {
    return chunkSpans(text, limits, counter);
  } catch (error) {
    if (error instanceof PlumblineError) throw error;
    return [{ start: 0, end: text.length, tokens: limits.maxTokens }];
  }
}

function packSpans(texts: readonly (readonly ChunkSpan[])[]): PackedSpans {
  const spans = texts.flatMap((chunks) => chunks.flatMap(({ start, end, tokens }) => [start, end, tokens]));
  return { counts: Uint32Array.from(texts, (chunks) => chunks.length), spans: Uint32Array.from(spans) };
}
