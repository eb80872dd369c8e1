/**
 * Measures a model folder (default: models/builtin) through transformers.js, beside plain TF-IDF over words:
 * recall@1 and mean reciprocal rank of known-item searches, Spearman's correlation with people's judgement of sentence
 * pairs, and speed on one core. `node scripts/model/evaluate.ts [FOLDER] [documents per collection]`.
 */
import { resolve } from 'node:path';
import { AutoModel, AutoTokenizer, env, type Tensor } from '@huggingface/transformers';
import { retrievals, sentencePairs, type Query, type Retrieval } from './evaluate-data.ts';
import { words } from './words.ts';

const BATCH = 32;

/** Scores of all documents for a query. */
type Scorer = (query: string) => Float32Array;

interface Embedded {
  readonly vectors: Float32Array[];
  readonly tokenizerMs: number;
  readonly sessionMs: number;
  readonly tokens: number;
}

type Embed = (texts: readonly string[]) => Promise<Embedded>;

async function loadEmbed(folder: string): Promise<Embed> {
  env.allowRemoteModels = false;
  env.useFSCache = false;
  const tokenizer = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
  const model = await AutoModel.from_pretrained(folder, {
    local_files_only: true,
    dtype: 'q8',
    device: 'cpu',
    session_options: { intraOpNumThreads: 1, interOpNumThreads: 1 },
  });
  return async (texts) => {
    const vectors: Float32Array[] = [];
    const spent = { tokenizerMs: 0, sessionMs: 0, tokens: 0 };
    for (let start = 0; start < texts.length; start += BATCH) {
      const began = performance.now();
      const inputs = tokenizer(texts.slice(start, start + BATCH), { padding: true, truncation: true });
      const encoded = performance.now();
      const { sentence_embedding: output } = (await model(inputs)) as { sentence_embedding: Tensor };
      spent.sessionMs += performance.now() - encoded;
      spent.tokenizerMs += encoded - began;
      const mask = (inputs.attention_mask as Tensor).data as BigInt64Array;
      spent.tokens += Number(mask.reduce((sum, value) => sum + value, 0n));
      const [count, width] = output.dims as [number, number];
      const data = output.data as Float32Array;
      for (let row = 0; row < count; row++) vectors.push(data.slice(row * width, (row + 1) * width));
    }
    return { vectors, ...spent };
  };
}

async function modelScorer(embed: Embed, { documents, queries }: Retrieval): Promise<Scorer> {
  const { vectors } = await embed(documents);
  const asked = new Map<string, Float32Array>();
  const texts = queries.map(({ text }) => text);
  const answers = await embed(texts);
  texts.forEach((text, place) => asked.set(text, answers.vectors[place] as Float32Array));
  return (query) => Float32Array.from(vectors, (vector) => dot(vector, asked.get(query) as Float32Array));
}

/** Cosine of (1 + log tf) * log idf over whole words: what exact matching alone can do. */
function wordScorer({ documents }: Retrieval): Scorer {
  const postings = new Map<string, Map<number, number>>();
  documents.forEach((text, place) => {
    for (const word of words(text)) {
      const places = postings.get(word) ?? new Map<number, number>();
      places.set(place, (places.get(place) ?? 0) + 1);
      postings.set(word, places);
    }
  });
  const idf = (word: string) => Math.log(documents.length / (postings.get(word)?.size ?? documents.length));
  const squares = new Float64Array(documents.length);
  for (const [word, places] of postings) {
    for (const [place, count] of places) squares[place]! += ((1 + Math.log(count)) * idf(word)) ** 2;
  }
  return (query) => {
    const scores = new Float32Array(documents.length);
    for (const word of words(query)) {
      for (const [place, count] of postings.get(word) ?? [])
        scores[place]! += ((1 + Math.log(count)) * idf(word) ** 2) / Math.sqrt(squares[place] as number);
    }
    return scores;
  };
}

/** Place of the answer among all documents, 1 = first; documents of equal score count as before it. */
function rank(scores: Float32Array, { answer }: Query): number {
  const own = scores[answer] as number;
  return scores.reduce((place, score, index) => place + (index !== answer && score >= own ? 1 : 0), 1);
}

class Table {
  readonly #rows = new Map<string, { count: number; first: number; reciprocal: number }>();

  add(kind: string, place: number): void {
    const row = this.#rows.get(kind) ?? { count: 0, first: 0, reciprocal: 0 };
    row.count++;
    row.first += place === 1 ? 1 : 0;
    row.reciprocal += 1 / place;
    this.#rows.set(kind, row);
  }

  cell(kind: string): string {
    const { count, first, reciprocal } = this.#rows.get(kind) as {
      count: number;
      first: number;
      reciprocal: number;
    };
    return `${(first / count).toFixed(2)} / ${(reciprocal / count).toFixed(2)}`;
  }

  kinds(): string[] {
    return [...this.#rows.keys()];
  }
}

async function measureRetrieval(embed: Embed, count: number): Promise<void> {
  const ours = new Table();
  const theirs = new Table();
  for (const retrieval of retrievals(count)) {
    const model = await modelScorer(embed, retrieval);
    const tfidf = wordScorer(retrieval);
    for (const query of retrieval.queries) {
      for (const kind of [query.kind, `all of ${retrieval.name}`, 'all']) {
        ours.add(kind, rank(model(query.text), query));
        theirs.add(kind, rank(tfidf(query.text), query));
      }
    }
  }
  console.log(`${'recall@1 / MRR'.padEnd(26)}${'model'.padEnd(16)}TF-IDF`);
  for (const kind of ours.kinds())
    console.log(kind.padEnd(26) + ours.cell(kind).padEnd(16) + theirs.cell(kind));
}

async function measureSimilarity(embed: Embed): Promise<void> {
  const pairs = sentencePairs();
  const { vectors: left } = await embed(pairs.map((pair) => pair.left));
  const { vectors: right } = await embed(pairs.map((pair) => pair.right));
  const cosines = left.map((vector, place) => dot(vector, right[place] as Float32Array));
  const judged = pairs.map(({ similarity }) => similarity);
  console.log(`stsb-en-dev, Spearman: ${correlation(ranks(cosines), ranks(judged)).toFixed(3)}`);
}

async function measureSpeed(embed: Embed): Promise<void> {
  for (const { name, documents } of retrievals(1)) {
    const texts = [...documents].sort((left, right) => left.length - right.length);
    await embed(texts.slice(0, 2_000));
    const { tokenizerMs, sessionMs, tokens } = await embed(texts);
    const perText = (ms: number) => `${((ms * 1000) / texts.length).toFixed(1)} µs`;
    const rate = Math.round((texts.length * 1000) / (tokenizerMs + sessionMs));
    console.log(
      `${name}: ${rate} texts/s of ${(tokens / texts.length).toFixed(0)} tokens; ` +
        `tokenizer ${perText(tokenizerMs)}, session ${perText(sessionMs)} a text (batches of ${BATCH}, by length)`,
    );
  }
}

function dot(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += (left[index] as number) * (right[index] as number);
  return sum;
}

/** Ranks from 0; equal values share the mean of theirs. */
function ranks(values: readonly number[]): number[] {
  const sorted = [...values].sort((left, right) => left - right);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2);
}

function correlation(left: readonly number[], right: readonly number[]): number {
  const mean = (left.length - 1) / 2;
  const product = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, index) => sum + (value - mean) * ((b[index] as number) - mean), 0);
  return product(left, right) / Math.sqrt(product(left, left) * product(right, right));
}

const [folder = 'models/builtin', count = '100'] = process.argv.slice(2);
const embed = await loadEmbed(resolve(folder));
await measureRetrieval(embed, Number(count));
await measureSimilarity(embed);
await measureSpeed(embed);
