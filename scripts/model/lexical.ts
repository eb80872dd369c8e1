/**
 * Vectors that say how a word is spelt: the sum of random signs of its trigrams and 4-grams, so that inflections and
 * misspellings, which share most of them, are near. (Bojanowski et al. 2017, "Enriching word vectors with subword
 * information", with random instead of trained n-gram vectors: Achlioptas 2003.)
 *
 * A token's row holds the n-grams inside it. Trigrams that need the neighbour (or the end of the word) are added by the
 * graph from the bucket table, so a word cut into pieces has the same trigrams as one in the vocabulary.
 */
import { randomSigns } from './random.ts';
import { BUCKETS, characterCode, trigramBucket, WORD_END, WORD_START } from './trigrams.ts';
import type { Frequencies, Vocabulary } from './vocabulary.ts';
import { isSymbol } from './words.ts';

/** A word of this weight or less says nothing; for punctuation, which must not drown words, yet not vanish either. */
const SYMBOL_WEIGHT = 0.02;
/** Exponent of the surprise (-log probability) in a word's weight. */
const SURPRISE_POWER = 2;
/** What the length of a word's sum is divided by when the word was cut to pieces: that of a word of eight letters. */
const TYPICAL_GRAMS = 10;

/** A token's spelling: the codes of its characters, and whether a word starts with it. */
export interface Spelling {
  readonly starts: boolean;
  readonly characters: readonly string[];
  readonly codes: readonly number[];
}

export interface LexicalModel {
  /** One row per token of `vocabulary.rows`, `dimensions` wide; not scaled by weight. */
  readonly rows: Float32Array;
  /** What a token's row and trigrams are multiplied with where the token is a whole word. */
  readonly weights: Float32Array;
  /** The same where it is part of a longer word, whose frequency nobody knows: as if the word were rare. */
  readonly pieceWeight: number;
  readonly buckets: Float32Array;
}

export function spellingOf(token: string): Spelling {
  const starts = !token.startsWith('##') || token.length === 2;
  const characters = [...(starts ? token : token.slice(2))];
  return { starts, characters, codes: characters.map(characterCode) };
}

export function learnLexical(
  vocabulary: Vocabulary,
  frequencies: Frequencies,
  specials: number,
  dimensions: number,
): LexicalModel {
  const spellings = vocabulary.rows.map(spellingOf);
  const words = spellings.slice(specials).filter(({ starts }) => starts);
  const trigramWeights = rarity(words.map((word) => new Set([...innerTrigrams(word), endTrigram(word)])));
  const gramWeights = rarity(words.map((word) => new Set(fourGrams(word))));
  const buckets = bucketTable(trigramWeights, dimensions);
  const rows = new Float32Array(spellings.length * dimensions);
  const weights = new Float32Array(spellings.length);
  const rarest = Math.min(...vocabulary.rows.flatMap((token) => frequencies.get(token) ?? []));
  const surprise = (token: string) =>
    (-Math.log(Math.max(frequencies.get(token) ?? 0, rarest / 4))) ** SURPRISE_POWER / 100;

  spellings.forEach((spelling, id) => {
    const row = rows.subarray(id * dimensions, (id + 1) * dimensions);
    const token = vocabulary.rows[id] as string;
    if (id < specials) return;
    if (isSymbol(token)) {
      weights[id] = SYMBOL_WEIGHT / Math.sqrt(dimensions);
      return;
    }
    let squares = (trigramWeights.get(endTrigram(spelling)) ?? 1) ** 2;
    for (const bucket of innerTrigrams(spelling)) {
      addTo(row, buckets.subarray(bucket * dimensions, (bucket + 1) * dimensions), 1);
      squares += (trigramWeights.get(bucket) ?? 1) ** 2;
    }
    for (const gram of fourGrams(spelling)) {
      const weight = gramWeights.get(gram) ?? 1;
      addTo(row, randomSigns(gram, dimensions), weight);
      squares += weight ** 2;
    }
    weights[id] = surprise(token) / Math.sqrt(squares * dimensions);
  });
  return { rows, weights, pieceWeight: surprise('') / Math.sqrt(TYPICAL_GRAMS * dimensions), buckets };
}

/** Trigrams without the one that ends the word, as buckets. */
function innerTrigrams({ starts, codes }: Spelling): number[] {
  const line = starts ? [WORD_START, ...codes] : codes;
  return line.slice(2).map((_, at) => trigramBucket(line.slice(at, at + 3)));
}

function endTrigram({ codes }: Spelling): number {
  return trigramBucket([codes.at(-2) ?? WORD_START, codes.at(-1) as number, WORD_END]);
}

function fourGrams({ starts, characters }: Spelling): string[] {
  const line = starts ? ['<', ...characters] : characters;
  return line.slice(3).map((_, at) => line.slice(at, at + 4).join(''));
}

/** Weight of each feature: 1 for one that a single word has, towards 0 for one that all have. */
function rarity<Feature>(words: readonly Set<Feature>[]): Map<Feature, number> {
  const counts = new Map<Feature, number>();
  for (const features of words) {
    for (const feature of features) counts.set(feature, (counts.get(feature) ?? 0) + 1);
  }
  const most = Math.log(words.length + 1);
  return new Map([...counts].map(([feature, count]) => [feature, 1 - Math.log(count) / most]));
}

function bucketTable(weights: ReadonlyMap<number, number>, dimensions: number): Float32Array {
  const table = new Float32Array(BUCKETS * dimensions);
  for (let bucket = 0; bucket < BUCKETS; bucket++)
    addTo(
      table.subarray(bucket * dimensions),
      randomSigns(`bucket ${bucket}`, dimensions),
      weights.get(bucket) ?? 1,
    );
  return table;
}

function addTo(sum: Float32Array, vector: Float32Array, factor: number): void {
  for (let index = 0; index < vector.length; index++)
    sum[index] = (sum[index] as number) + factor * (vector[index] as number);
}
