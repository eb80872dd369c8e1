/**
 * Compares a graph with the vectors that the catalog says it holds: which are not there, which are others, and how many
 * of a sample's true nearest neighbours the graph's own search finds. Vectors come in pages and are not kept, so memory
 * does not grow with the collection: the `k` best scores per query, and one bit per label.
 */
import { PlumblineError } from '../errors.ts';
import { areFiniteFloat16Bits, fromFloat16Bits } from '../float16.ts';
import type { HnswGraph } from './hnsw-graph.ts';
import { LabelSet } from './label-set.ts';
import type { AuditPage, AuditResult } from './vectors.ts';

/** Two scores this near are a tie: the library adds up in f32, the exact search in f64. */
const TIE = 1e-5;

export class GraphAudit {
  readonly #dimensions: number;
  /** Labels of the sample, one per query. */
  readonly #labels: Uint32Array;
  /** One after another, `#dimensions` each. */
  readonly #queries: Float32Array;
  readonly #k: number;
  /** The best scores of every query so far, `#k` each, highest first; unused places are -Infinity. */
  readonly #best: Float64Array;
  /** Labels of all pages: what else a search returns is not the catalog's, and found nothing. */
  readonly #seen = new LabelSet();

  /** @throws `VECTOR_INVALID` where the queries are no finite vectors of these dimensions, or `k` is no count. */
  constructor(dimensions: number, labels: Uint32Array, queries: Uint16Array, k: number) {
    checkLength(labels, queries, dimensions);
    if (!areFiniteFloat16Bits(queries)) throw invalid('a query holds a value that is not finite');
    if (!Number.isSafeInteger(k) || k < 1) throw invalid(`${k} is no number of neighbours`);
    this.#dimensions = dimensions;
    this.#labels = labels;
    this.#queries = fromFloat16Bits(queries);
    this.#k = k;
    this.#best = new Float64Array(labels.length * k).fill(-Infinity);
  }

  /** @throws `VECTOR_INVALID` where the vectors do not fit the labels. */
  page(graph: HnswGraph, labels: Uint32Array, bits: Uint16Array): AuditPage {
    checkLength(labels, bits, this.#dimensions);
    const vectors = fromFloat16Bits(bits);
    const lost: number[] = [];
    const different: number[] = [];
    labels.forEach((label, index) => {
      const stored = graph.vector(label);
      const given = vectors.subarray(index * this.#dimensions, (index + 1) * this.#dimensions);
      if (stored === null) lost.push(label);
      else if (!areSameBits(stored, given)) different.push(label);
      if (this.#seen.add(label)) this.#score(given);
    });
    return { lost: Uint32Array.from(lost), different: Uint32Array.from(different) };
  }

  /** Asks the graph for what the pages' vectors have told to be nearest. */
  finish(graph: HnswGraph): AuditResult {
    let selfFound = 0;
    const recalls = new Float64Array(this.#labels.length);
    for (let query = 0; query < this.#labels.length; query += 1) {
      const vector = this.#query(query);
      const { labels, scores } = graph.search(vector, this.#k);
      const label = this.#labels[query] as number;
      // Where the k best places are taken by others just as near, the label itself need not be among them.
      const selfScore = scoreOf(this.#queries, query * this.#dimensions, vector) - TIE;
      const isFound =
        labels.includes(label) || (graph.live.has(label) && (scores.at(-1) ?? -Infinity) >= selfScore);
      if (isFound) selfFound += 1;
      recalls[query] = this.#recall(query, labels, scores);
    }
    return { selfFound, recalls };
  }

  #recall(query: number, labels: Uint32Array, scores: Float32Array): number {
    const wanted = Math.min(this.#k, this.#seen.size);
    if (wanted === 0) return 1;
    const leastScore = (this.#best[query * this.#k + wanted - 1] as number) - TIE;
    let found = 0;
    for (let i = 0; i < labels.length; i += 1) {
      if ((scores[i] as number) >= leastScore && this.#seen.has(labels[i] as number)) found += 1;
    }
    return Math.min(found, wanted) / wanted;
  }

  #query(index: number): Float32Array {
    return this.#queries.subarray(index * this.#dimensions, (index + 1) * this.#dimensions);
  }

  /** Enters a vector into every query's list of the best. */
  #score(vector: Float32Array): void {
    const best = this.#best;
    const k = this.#k;
    for (let query = 0; query < this.#labels.length; query += 1) {
      const score = scoreOf(this.#queries, query * this.#dimensions, vector);
      const first = query * k;
      let at = first + k - 1;
      // Also true for NaN, which a damaged vector scores: it is nobody's neighbour.
      if (!(score > (best[at] as number))) continue;
      for (; at > first && (best[at - 1] as number) < score; at -= 1) best[at] = best[at - 1] as number;
      best[at] = score;
    }
  }
}

/**
 * Inner product of `vector` with the numbers of `queries` from `start`: the loop that an audit's time goes into. Four sums,
 * because the processor adds to them at the same time; one would wait for itself.
 */
function scoreOf(queries: Float32Array, start: number, vector: Float32Array): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const { length } = vector;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    const at = start + i;
    a += queries[at]! * vector[i]!;
    b += queries[at + 1]! * vector[i + 1]!;
    c += queries[at + 2]! * vector[i + 2]!;
    d += queries[at + 3]! * vector[i + 3]!;
  }
  for (; i < length; i += 1) a += queries[start + i]! * vector[i]!;
  return a + b + (c + d);
}

function areSameBits(a: Float32Array, b: Float32Array): boolean {
  const bitsOfA = new Uint32Array(a.buffer, a.byteOffset, a.length);
  const bitsOfB = new Uint32Array(b.buffer, b.byteOffset, b.length);
  return bitsOfA.every((value, i) => value === bitsOfB[i]);
}

function checkLength(labels: Uint32Array, bits: Uint16Array, dimensions: number): void {
  if (bits.length === labels.length * dimensions) return;
  throw invalid(`${bits.length} numbers are not ${labels.length} vectors of ${dimensions} dimensions`);
}

function invalid(problem: string): PlumblineError {
  return new PlumblineError('VECTOR_INVALID', `the vector index cannot be audited: ${problem}`, {
    hint: 'The catalog holds vectors of another model than it says; rebuild the entity type.',
  });
}
