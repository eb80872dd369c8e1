/**
 * Vectors that say how a word is spelt: the sum of random signs of its grams, so that inflections and misspellings,
 * which share most of them, are near. (Bojanowski et al. 2017, "Enriching word vectors with subword information", with
 * random instead of trained n-gram vectors: Achlioptas 2003, "Database-friendly random projections".)
 *
 * A token's row holds the grams inside it. Those that need the neighbour (or the end of the word) are added by the
 * graph from the bucket table, so a word cut into pieces has the same grams as one in the vocabulary.
 */
import { BUCKETS, endGrams, innerGrams, spellingOf, type Spelling } from './grams.ts';
import { randomSigns } from './random.ts';
import type { Frequencies, Vocabulary } from './vocabulary.ts';
import { isSymbol } from './words.ts';

/** A word of this weight or less says nothing; for punctuation, which must not drown words, yet not vanish either. */
const SYMBOL_WEIGHT = 0.02;
/** Exponent of the surprise (-log probability) in a word's weight. */
const SURPRISE_POWER = 2;
/** Numbers and codes name one thing; with the ten digits they have fewer different grams to say it with. */
const DIGIT_FACTOR = 1.5;
/** What the length of a word's sum is divided by when the word was cut to pieces: that of a word of eight letters. */
const TYPICAL_GRAMS = 12;

export interface LexicalModel {
  /** One row per token of `vocabulary.rows`, `dimensions` wide; not scaled by weight. */
  readonly rows: Float32Array;
  /** What a token's row and grams are multiplied with where the token is a whole word. */
  readonly weights: Float32Array;
  /** The same of any token that is part of a longer word, whose frequency nobody knows: as if the word were rare. */
  readonly pieceWeight: (token: string) => number;
  readonly buckets: Float32Array;
}

export function learnLexical(
  vocabulary: Vocabulary,
  frequencies: Frequencies,
  specials: number,
  dimensions: number,
): LexicalModel {
  const spellings = vocabulary.rows.map(spellingOf);
  const grams = weighGrams(spellings.slice(specials), dimensions);
  const rows = new Float32Array(spellings.length * dimensions);
  const weights = new Float32Array(spellings.length);
  const surprise = surpriseIn(vocabulary, frequencies);
  spellings.forEach((spelling, id) => {
    const token = vocabulary.rows[id] as string;
    if (id < specials) return;
    if (isSymbol(token)) {
      weights[id] = SYMBOL_WEIGHT / Math.sqrt(dimensions);
      return;
    }
    const length = fillRow(rows.subarray(id * dimensions, (id + 1) * dimensions), spelling, grams);
    weights[id] = surprise(token) / length;
  });
  const rare = surprise('') / Math.sqrt(TYPICAL_GRAMS * dimensions);
  return { rows, weights, pieceWeight: (token) => rare * digitFactor(token), buckets: grams.buckets };
}

/** How much a word of a token says; what the corpora do not have counts as a little rarer than the rarest they do. */
function surpriseIn(vocabulary: Vocabulary, frequencies: Frequencies): (token: string) => number {
  const rarest = Math.min(...vocabulary.rows.flatMap((token) => frequencies.get(token) ?? []));
  return (token) => (-Math.log(Math.max(frequencies.get(token) ?? 0, rarest / 4))) ** SURPRISE_POWER / 100;
}

/** The grams' weights, and their vectors times their weights. */
interface Grams {
  readonly weights: Float32Array;
  readonly buckets: Float32Array;
}

function weighGrams(spellings: readonly Spelling[], dimensions: number): Grams {
  const weights = rarity(spellings.filter(({ starts }) => starts));
  const buckets = new Float32Array(BUCKETS * dimensions);
  weights.forEach((weight, bucket) => {
    const signs = randomSigns(`bucket ${bucket}`, dimensions);
    addTo(buckets.subarray(bucket * dimensions), signs, weight);
  });
  return { weights, buckets };
}

/** Adds a token's grams up; answers the expected length of the sum with the grams that the graph adds. */
function fillRow(row: Float32Array, spelling: Spelling, { weights, buckets }: Grams): number {
  const dimensions = row.length;
  const inner = innerGrams(spelling);
  for (const bucket of inner) addTo(row, buckets.subarray(bucket * dimensions, (bucket + 1) * dimensions), 1);
  const all = [...inner, ...endGrams(spelling)];
  const squares = all.reduce((sum, bucket) => sum + (weights[bucket] as number) ** 2, 0);
  return Math.sqrt(squares * dimensions);
}

function digitFactor(token: string): number {
  return /\p{Nd}/u.test(token) ? DIGIT_FACTOR : 1;
}

/** Weight of each gram: 1 for one that a single word has, or none, towards 0 for one that all have. */
function rarity(words: readonly Spelling[]): Float32Array {
  const counts = new Uint32Array(BUCKETS);
  for (const word of words) {
    for (const bucket of new Set([...innerGrams(word), ...endGrams(word)])) counts[bucket]!++;
  }
  const most = Math.log(words.length + 1);
  return Float32Array.from(counts, (count) => 1 - Math.log(Math.max(count, 1)) / most);
}

function addTo(sum: Float32Array, vector: Float32Array, factor: number): void {
  for (let index = 0; index < vector.length; index++)
    sum[index] = (sum[index] as number) + factor * (vector[index] as number);
}
