/**
 * Packs texts into batches. A batch is as wide as its longest text, so mixing lengths computes padding: sorted by
 * length, neighbours pad least. Bounded by padded tokens, which is what time and memory grow with, and by a count.
 */

export interface BatchLimits {
  /** Texts per batch, at most. */
  readonly maxTexts: number;
  /** Longest text times texts, at most; a text longer than this is a batch of its own. */
  readonly maxPaddedTokens: number;
}

/**
 * Indices into `tokens` (the length of each text), one array per batch. Longest first: the batch that needs most memory
 * fails at once if it fails, and the short ones fill the workers evenly at the end. Deterministic: equal lengths keep
 * their order.
 */
export function planBatches(tokens: readonly number[], limits: BatchLimits): number[][] {
  const order = tokens.map((_length, index) => index);
  order.sort((a, b) => (tokens[b] ?? 0) - (tokens[a] ?? 0) || a - b);
  const batches: number[][] = [];
  let batch: number[] = [];
  let width = 0;
  for (const index of order) {
    const full = batch.length >= limits.maxTexts || width * (batch.length + 1) > limits.maxPaddedTokens;
    if (batch.length > 0 && full) {
      batches.push(batch);
      batch = [];
    }
    if (batch.length === 0) width = Math.max(1, tokens[index] ?? 0);
    batch.push(index);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
