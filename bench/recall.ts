/**
 * Recall@10 and cost of the graph on clustered vectors, over breadths of search (ef), for two orders of insertion:
 * `mixed`, and `sorted` (cluster after cluster, as rows in key order often come). 30 % of the texts repeat; they share
 * a label, as in the catalog, and so do not reach the graph. A tenth of the vectors are near-copies of earlier ones.
 *
 * The column `store` is Plumbline's own way: its store, fed in the same order, in pages that it shuffles. `compacted` is the
 * same store built anew from the catalog, as compaction, a rebuild and a lost snapshot do: every page spans the collection.
 *
 *   node bench/recall.ts [--texts 14000] [--dimensions 256] [--smoke]
 *
 * A result counts as found if its similarity reaches that of the exact tenth (ties pass).
 */
import { parseArgs } from 'node:util';
import hnswlib from 'hnswlib-node';
import { toFloat16Bits } from '../engine/float16.ts';
import { GRAPH_PARAMETERS } from '../engine/graph.ts';
import { PAGE_OPS, REBUILD_LABELS } from '../engine/jobs/index-sync.ts';
import { hnswStore } from '../engine/vectors/hnsw-store.ts';
import { dotProduct, near, type Random, rounded, seededRandom, unitVector } from '../test/support/vectors.ts';

const K = 10;
const QUERIES = 300;
const TEXTS_PER_CLUSTER = 140;
const REPEATED = 0.3;
const NEAR_COPIES = 0.1;
const BREADTHS = [10, 20, 30, 50, 80, 128, 200, 400];
/** Spreads with, within a cluster, cosines of about 0.5, 0.86, 0.92 and 0.99. */
const SPREADS = [1, 0.4, 0.3, 0.1];

const { values } = parseArgs({
  options: {
    texts: { type: 'string', default: '14000' },
    dimensions: { type: 'string', default: '256' },
    smoke: { type: 'boolean', default: false },
  },
});
const texts = values.smoke ? 2000 : Number(values.texts);
const dimensions = Number(values.dimensions);

console.log(
  `${texts} texts, M ${GRAPH_PARAMETERS.m}, efConstruction ${GRAPH_PARAMETERS.efConstruction}, recall@${K} per ef`,
);
console.log(
  ['cosine', 'order', 'vectors', 'store', 'compacted', 'µs/add', ...BREADTHS.map((ef) => `ef ${ef}`)]
    .map(cell)
    .join(''),
);
for (const spread of SPREADS) {
  for (const order of ['mixed', 'sorted'] as const) report(spread, order);
}

function report(spread: number, order: 'mixed' | 'sorted'): void {
  const random = seededRandom(1);
  const centers = Array.from({ length: Math.ceil(texts / TEXTS_PER_CLUSTER) }, () =>
    unitVector(random, dimensions),
  );
  const vectors = distinctVectors(centers, spread, order, random);
  const { index, addMicros } = build(vectors);
  const queries = Array.from({ length: QUERIES }, () => near(pick(centers, random), spread, random));
  const tenth = queries.map((query) => exactTenth(vectors, query));
  const cells = BREADTHS.map((ef) => {
    index.setEf(ef);
    const micros: number[] = [];
    let found = 0;
    queries.forEach((query, at) => {
      const start = performance.now();
      const { distances } = index.searchKnn([...query], K);
      micros.push((performance.now() - start) * 1000);
      found += distances.filter((distance) => 1 - distance >= (tenth[at] ?? 0) - 1e-6).length;
    });
    return `${(found / QUERIES / K).toFixed(4)}/${median(micros).toFixed(0)}µs`;
  });
  const own = storeRecalls(vectors, queries, tenth).map((recall) => recall.toFixed(4));
  const cosine = (1 / Math.sqrt(1 + spread ** 2)) ** 2;
  console.log(
    [cosine.toFixed(2), order, vectors.length, ...own, addMicros.toFixed(0), ...cells].map(cell).join(''),
  );
}

/** The vectors of the texts that do not repeat an earlier one. */
function distinctVectors(
  centers: Float32Array[],
  spread: number,
  order: string,
  random: Random,
): Float32Array[] {
  const vectors: Float32Array[] = [];
  for (let text = 0; text < texts; text += 1) {
    if (vectors.length > 0 && random() < REPEATED) continue;
    const isCopy = vectors.length > 0 && random() < NEAR_COPIES;
    const cluster =
      order === 'mixed' ? pick(centers, random) : centers[Math.floor((text * centers.length) / texts)];
    vectors.push(
      rounded(isCopy ? near(pick(vectors, random), 0.02, random) : near(cluster!, spread, random)),
    );
  }
  return vectors;
}

function build(vectors: Float32Array[]) {
  const index = new hnswlib.HierarchicalNSW('ip', dimensions);
  index.initIndex(vectors.length, GRAPH_PARAMETERS.m, GRAPH_PARAMETERS.efConstruction);
  const start = performance.now();
  vectors.forEach((vector, label) => index.addPoint([...vector], label));
  const addMicros = ((performance.now() - start) * 1000) / vectors.length;
  return { index, addMicros };
}

/** Recall of our own store: fed in key order and in pages, as jobs feed it; and built anew in strands. */
function storeRecalls(vectors: Float32Array[], queries: Float32Array[], tenth: number[]): [number, number] {
  const store = hnswStore();
  store.open({ generationId: 1, folder: '/nonexistent', dimensions, parameters: GRAPH_PARAMETERS });
  for (let from = 0; from < vectors.length; from += PAGE_OPS) {
    const labels = Uint32Array.from(vectors.slice(from, from + PAGE_OPS), (_vector, at) => from + at);
    store.apply(1, pageOf(vectors, labels, from + labels.length));
  }
  const recall = (): number => {
    const found = queries.reduce((sum, query, at) => {
      const { scores } = store.search(1, query, K);
      return sum + scores.filter((score) => score >= (tenth[at] ?? 0) - 1e-6).length;
    }, 0);
    return found / QUERIES / K;
  };
  const fed = recall();
  const strands = Math.ceil(vectors.length / REBUILD_LABELS);
  store.rebuildBegin(1);
  for (let strand = 0; strand < strands; strand += 1) {
    const size = Math.ceil((vectors.length - strand) / strands);
    const labels = Uint32Array.from({ length: size }, (_, at) => strand + at * strands);
    store.rebuildApply(1, pageOf(vectors, labels, strand));
  }
  store.rebuildFinish(1, vectors.length);
  const compacted = recall();
  store.close(1);
  return [fed, compacted];
}

function pageOf(vectors: Float32Array[], labels: Uint32Array, sequence: number) {
  const bits = new Uint16Array(labels.length * dimensions);
  labels.forEach((label, at) => bits.set(toFloat16Bits(vectors[label] as Float32Array), at * dimensions));
  return { labels, adds: new Uint8Array(labels.length).fill(1), vectors: bits, sequence };
}

function exactTenth(vectors: Float32Array[], query: Float32Array): number {
  const scores = Float32Array.from(vectors, (vector) => dotProduct(vector, query)).sort();
  return scores.at(-K) ?? -1;
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random() * items.length)] as T;
}

function median(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

function cell(value: unknown): string {
  return String(value).padEnd(15);
}
