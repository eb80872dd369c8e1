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

/** A batch should take about so long: the cost of sending it to a worker is then lost in it. */
const TARGET_MS = 10;
const MIN_BUDGET = 512;
const MAX_BUDGET = 2048;

/**
 * Padded tokens per batch for a model that takes so long per token (null: not known yet). Measured on one core, per
 * second of CPU: MiniLM in int8 embeds 118 texts of 84 tokens at 512 and 77 at 4096, because larger activations leave
 * the cache; the built-in model, a table look-up a hundred times as fast, embeds 2,400 of 110 tokens at 512, because sending
 * a batch costs more than computing it, 4,600 at 2048 and 4,000 at 8192, which also takes 70 MB more.
 */
export function paddedTokenBudget(millisecondsPerToken: number | null): number {
  if (millisecondsPerToken === null) return MIN_BUDGET;
  return Math.max(MIN_BUDGET, Math.min(MAX_BUDGET, Math.floor(TARGET_MS / millisecondsPerToken)));
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
