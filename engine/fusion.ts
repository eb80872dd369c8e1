/** Reciprocal rank fusion and full-text queries. Pure. */

/**
 * The constant of reciprocal rank fusion: how quickly lower ranks lose weight. 60 as in Cormack, Clarke and Büttcher,
 * "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods" (SIGIR 2009).
 */
const RRF_K = 60;

/** One result of several ranked lists: its score and its 1-based rank in each list (null where it is not in it). */
export interface Fused {
  readonly id: number;
  readonly score: number;
  readonly ranks: readonly (number | null)[];
}

/** Merges ranked lists of ids, best first: the score is the sum of 1 / (60 + rank). Ties by the best rank, then by id. */
export function fuse(lists: readonly (readonly number[])[]): Fused[] {
  const ranks = new Map<number, (number | null)[]>();
  lists.forEach((list, which) => {
    list.forEach((id, i) => {
      const entry = ranks.get(id) ?? lists.map(() => null);
      entry[which] ??= i + 1;
      ranks.set(id, entry);
    });
  });
  return [...ranks]
    .map(([id, at]) => ({ id, ranks: at, score: at.reduce<number>((sum, rank) => sum + weight(rank), 0) }))
    .sort((a, b) => b.score - a.score || bestRank(a) - bestRank(b) || a.id - b.id);
}

const weight = (rank: number | null): number => (rank === null ? 0 : 1 / (RRF_K + rank));
const bestRank = (item: Fused): number => Math.min(...item.ranks.map((rank) => rank ?? Infinity));

/**
 * An FTS5 expression that matches documents with any of the query's words; BM25 ranks those with more, and rarer, ones
 * first. Nothing of the query's own punctuation reaches FTS5's syntax. Null when it has no word.
 */
export function fullTextExpression(query: string): string | null {
  const words = query.normalize('NFC').match(/[\p{L}\p{M}\p{N}]+/gu);
  return words === null ? null : [...new Set(words)].map((word) => `"${word}"`).join(' OR ');
}
