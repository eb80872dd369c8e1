/**
 * One HNSW graph in memory, behind the few calls of hnswlib-node that are safe, in the order in which they are safe.
 * Sources of the hazards named here: hnswalg.h and addon.cc of hnswlib-node 3.0.0; each is shown in
 * test/engine/hnsw-traps.test.ts.
 */
import hnswlib from 'hnswlib-node';
import { GRAPH_PARAMETERS, type GraphParameters } from '../graph.ts';
import { LabelSet } from './label-set.ts';
import type { SearchResult } from './vectors.ts';

/** Breadth of a search: recall@10 of 0.98 needs about 20 to 30 on clustered data (bench/recall.ts); four times that. */
const EF_SEARCH = 128;

const INITIAL_CAPACITY = 1024;
const GROWTH = 1.5;

/** What is needed of hnswlib-node. Points must be plain arrays of numbers: anything else in them aborts the process. */
interface HnswIndex {
  initIndex(maxElements: number, m: number, efConstruction: number): void;
  readIndexSync(path: string): void;
  writeIndexSync(path: string): void;
  resizeIndex(maxElements: number): void;
  addPoint(point: number[], label: number): void;
  markDelete(label: number): void;
  unmarkDelete(label: number): void;
  searchKnn(query: number[], k: number): { distances: number[]; neighbors: number[] };
  getPoint(label: number): number[];
  getMaxElements(): number;
  setEf(ef: number): void;
}

export interface GraphShape {
  readonly dimensions: number;
  readonly parameters: GraphParameters;
}

/** The labels of a graph file, as {@link scanGraphFile} finds them. */
export interface GraphLabels {
  readonly live: LabelSet;
  readonly dropped: LabelSet;
}

export class HnswGraph {
  readonly live: LabelSet;
  readonly dropped: LabelSet;
  readonly #index: HnswIndex;
  /** Reused for every vector on its way into the library, which takes plain arrays only. */
  readonly #point: number[];
  /**
   * Whether dropped labels carry the library's tombstone at the moment. They do while searching and saving, and must
   * not while adding: the library links a new point to live ones only, and where it finds none it reads past a vector's
   * end, which crashes the process; short of that, live points become unreachable.
   */
  #isMarked: boolean;

  private constructor(index: HnswIndex, dimensions: number, labels: GraphLabels) {
    this.#index = index;
    this.#point = Array.from({ length: dimensions }, () => 0);
    this.live = labels.live;
    this.dropped = labels.dropped;
    this.#isMarked = true;
  }

  static create({ dimensions, parameters }: GraphShape): HnswGraph {
    const index = newIndex(dimensions);
    index.initIndex(INITIAL_CAPACITY, parameters.m, parameters.efConstruction);
    return new HnswGraph(index, dimensions, { live: new LabelSet(), dropped: new LabelSet() });
  }

  /**
   * Reads a file that {@link scanGraphFile} has found whole. Into a fresh handle, because a failed read into a used one
   * leaves it pointing at freed memory.
   */
  static load(path: string, dimensions: number, labels: GraphLabels): HnswGraph {
    const index = newIndex(dimensions);
    index.readIndexSync(path);
    return new HnswGraph(index, dimensions, labels);
  }

  get capacity(): number {
    return this.#index.getMaxElements();
  }

  /** Makes room for `count` more vectors; geometric, so that growing costs a constant share of adding. */
  reserve(count: number): void {
    const needed = this.live.size + this.dropped.size + count;
    if (needed <= this.capacity) return;
    this.#index.resizeIndex(Math.max(needed, Math.ceil(this.capacity * GROWTH)));
  }

  /** The label must be new, and room reserved. */
  add(label: number, vector: ArrayLike<number>): void {
    this.#setMarks(false);
    this.#index.addPoint(this.#fillPoint(vector), label);
    this.live.add(label);
  }

  /** The label must be live. */
  drop(label: number): void {
    if (this.#isMarked) this.#index.markDelete(label);
    this.live.delete(label);
    this.dropped.add(label);
  }

  /** The vector of a live label, null for any other. */
  vector(label: number): Float32Array | null {
    if (!this.live.has(label)) return null;
    return Float32Array.from(this.#index.getPoint(label));
  }

  /** The `k` nearest live labels, or all where there are fewer. */
  search(query: Float32Array, k: number): SearchResult {
    const wanted = Math.min(k, this.live.size);
    if (wanted === 0) return { labels: new Uint32Array(0), scores: new Float32Array(0) };
    this.#setMarks(true);
    this.#index.setEf(Math.max(EF_SEARCH, 2 * wanted));
    const { neighbors, distances } = this.#index.searchKnn(this.#fillPoint(query), wanted);
    if (neighbors.length < wanted) return this.#searchExactly(query, wanted);
    return {
      labels: Uint32Array.from(neighbors),
      scores: Float32Array.from(distances, (distance) => 1 - distance),
    };
  }

  save(path: string): void {
    this.#setMarks(true);
    this.#index.writeIndexSync(path);
  }

  /**
   * Frees the graph now. The collector would do so some day, but knows nothing of the memory behind the handle and sees
   * no reason to hurry.
   */
  release(): void {
    this.#index.initIndex(1, GRAPH_PARAMETERS.m, GRAPH_PARAMETERS.efConstruction);
  }

  /** For the points that no link leads to: a graph of tight clusters has some, and they show when `k` is large. */
  #searchExactly(query: Float32Array, k: number): SearchResult {
    const scored = Array.from(this.live.toArray(), (label) => ({
      label,
      score: dot(this.#index.getPoint(label), query),
    }));
    const best = scored.sort((a, b) => b.score - a.score).slice(0, k);
    return {
      labels: Uint32Array.from(best, ({ label }) => label),
      scores: Float32Array.from(best, ({ score }) => score),
    };
  }

  #setMarks(wanted: boolean): void {
    if (this.#isMarked === wanted) return;
    this.dropped.toArray().forEach((label) => {
      if (wanted) this.#index.markDelete(label);
      else this.#index.unmarkDelete(label);
    });
    this.#isMarked = wanted;
  }

  #fillPoint(vector: ArrayLike<number>): number[] {
    for (let i = 0; i < this.#point.length; i += 1) this.#point[i] = vector[i] as number;
    return this.#point;
  }
}

/** Inner product on unit vectors; the library's `cosine` would normalise again what the catalog has stored. */
function newIndex(dimensions: number): HnswIndex {
  return new hnswlib.HierarchicalNSW('ip', dimensions);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
