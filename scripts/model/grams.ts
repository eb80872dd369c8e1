/**
 * The features of a word's spelling: its trigrams, in order, and its runs of four characters, whatever their order, so
 * that swapped letters cost little. Each is hashed to a row of one table. The hash is computed twice, here for what
 * lies inside a token, and in the ONNX graph for what crosses the border of two pieces of a word; so it is made of
 * 32-bit integer operations that cannot overflow.
 */

/** Rows of the table that the grams (and characters without a row of their own) share. A prime. */
export const BUCKETS = 8191;

/** Codes that stand for the borders of a word. 0 is "no character". */
export const WORD_START = 1;
export const WORD_END = 2;

/** One per place of a trigram: `ab` before `c` is another one than `c` before `ab`. */
export const MULTIPLIERS = [4603, 89, 1] as const;

/** A character's code, below 2^13: rare characters of different scripts may share one. */
export function characterCode(character: string): number {
  return 3 + ((character.codePointAt(0) as number) % 8000);
}

export function trigramBucket(codes: readonly number[]): number {
  return (
    MULTIPLIERS.reduce((sum, multiplier, place) => sum + multiplier * (codes[place] as number), 0) % BUCKETS
  );
}

/** A sum, so the order does not matter; of cubes, because plain sums of letters are soon the same. */
export function quadBucket(codes: readonly number[]): number {
  return codes.reduce((sum, code) => sum + cube(code), 0) % BUCKETS;
}

function cube(code: number): number {
  return (((code * code) % BUCKETS) * code) % BUCKETS;
}

/** A token's spelling: the codes of its characters, and whether a word starts with it. */
export interface Spelling {
  readonly starts: boolean;
  readonly codes: readonly number[];
}

export function spellingOf(token: string): Spelling {
  const starts = !token.startsWith('##');
  return { starts, codes: Array.from(starts ? token : token.slice(2), characterCode) };
}

/** Buckets of the grams inside a token: all but those that need what follows or goes before it. */
export function innerGrams({ starts, codes }: Spelling): number[] {
  const line = starts ? [WORD_START, ...codes] : codes;
  return [
    ...line.slice(2).map((_, at) => trigramBucket(line.slice(at, at + 3))),
    ...line.slice(3).map((_, at) => quadBucket(line.slice(at, at + 4))),
  ];
}

/** Buckets of the grams that the graph adds where a word ends with the token. */
export function endGrams({ starts, codes }: Spelling): number[] {
  const line = [...(starts ? [WORD_START] : []), ...codes, WORD_END];
  return [
    ...(line.length >= 3 ? [trigramBucket(line.slice(-3))] : []),
    ...(line.length >= 4 ? [quadBucket(line.slice(-4))] : []),
  ];
}
