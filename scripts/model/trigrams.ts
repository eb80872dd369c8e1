/**
 * The hash of three neighbouring characters. It is computed twice, here for the trigrams that lie inside a token, and
 * in the ONNX graph for those that cross the border of two pieces of a word; so it is made of 32-bit integer operations
 * that cannot overflow.
 */

/** Rows of the table that trigrams (and characters without a row of their own) share. A prime. */
export const BUCKETS = 4093;

/** Codes that stand for the borders of a word. 0 is "no character". */
export const WORD_START = 1;
export const WORD_END = 2;

/** One per place: `a` before `b` is another trigram than `b` before `a`. */
export const MULTIPLIERS = [1619, 59, 1] as const;

/** A character's code, below 2^13: rare characters of different scripts may share one. */
export function characterCode(character: string): number {
  return 3 + ((character.codePointAt(0) as number) % 8000);
}

export function trigramBucket(codes: readonly number[]): number {
  return (
    MULTIPLIERS.reduce((sum, multiplier, place) => sum + multiplier * (codes[place] as number), 0) % BUCKETS
  );
}
