/**
 * hnswlib-node 3's traps, each shown on the library itself and then shown avoided by the store. A trap that is gone
 * after an upgrade fails here, and with it the code that goes round it may go.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import hnswlib from 'hnswlib-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hnswStore } from '../../engine/vectors/hnsw-store.ts';
import type { GenerationSpec, VectorStore } from '../../engine/vectors/vectors.ts';
import { dotProduct, near, opBatch, rounded, seededRandom, unitVector } from '../support/vectors.ts';

const ID = 1;
const DIMENSIONS = 8;
const NONCE = '0000000000000001';

let folder: string;
let spec: GenerationSpec;
let store: VectorStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plumbline-traps-'));
  spec = { generationId: ID, folder, dimensions: DIMENSIONS, parameters: { m: 16, efConstruction: 100 } };
  store = hnswStore();
  store.open(spec);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const VECTORS = (() => {
  const random = seededRandom(1);
  return Array.from({ length: 2000 }, () => rounded(unitVector(random, DIMENSIONS)));
})();

/** The library, holding the first `count` vectors under labels 0, 1, 2 … */
function library(count: number, capacity = count, allowReplaceDeleted = false) {
  const index = new hnswlib.HierarchicalNSW('ip', DIMENSIONS);
  index.initIndex(capacity, 16, 100, 100, allowReplaceDeleted);
  VECTORS.slice(0, count).forEach((vector, label) => index.addPoint([...vector], label));
  return index;
}

function give(first: number, count: number): void {
  const add = VECTORS.slice(first, first + count).map((vector, index) => [first + index, vector] as const);
  store.apply(ID, opBatch(first + count, { add }));
}

describe('dropping', () => {
  it('a second markDelete throws; a second drop does nothing', () => {
    const index = library(3);
    index.markDelete(1);
    expect(() => index.markDelete(1)).toThrow('already deleted');

    give(0, 3);
    store.apply(ID, opBatch(4, { drop: [1] }));
    store.apply(ID, opBatch(4, { drop: [1, 1] }));
    expect([...store.labels(ID)]).toEqual([0, 2]);
  });

  it('a dropped label added again comes back to life; in the store it stays dropped', () => {
    const index = library(3);
    index.markDelete(1);
    index.addPoint([...VECTORS[1]!], 1);
    expect(index.searchKnn([...VECTORS[1]!], 1).neighbors).toEqual([1]);

    give(0, 3);
    store.apply(ID, opBatch(4, { drop: [1] }));
    give(0, 3);
    expect([...store.labels(ID)]).toEqual([0, 2]);
  });

  it('reusing slots can store a label twice, unseen; the store reuses none', () => {
    const index = library(3, 4, true);
    index.markDelete(0);
    index.addPoint([...VECTORS[2]!], 2, true);
    const { neighbors } = index.searchKnn([...VECTORS[2]!], 3);
    expect(neighbors.filter((label) => label === 2)).toHaveLength(2);
    expect([...index.getIdsList()].sort()).toEqual([1, 2]);

    give(0, 3);
    store.apply(ID, opBatch(4, { drop: [0] }));
    give(2, 1);
    expect([...store.search(ID, VECTORS[2]!, 3).labels].sort()).toEqual([1, 2]);
    expect(store.stats(ID)).toMatchObject({ live: 2, tombstones: 1 });
  });

  it('getIdsList includes dropped labels, whose getPoint throws; labels and vector agree with each other', () => {
    const index = library(3);
    index.markDelete(1);
    expect([...index.getIdsList()].sort()).toEqual([0, 1, 2]);
    expect(() => index.getPoint(1)).toThrow('Label not found');

    give(0, 3);
    store.apply(ID, opBatch(4, { drop: [1] }));
    expect([...store.labels(ID)]).toEqual([0, 2]);
    expect(store.vector(ID, 1)).toBeNull();
  });

  it(
    'adding among tombstones crashes the process; the store goes on and finds every live point',
    { timeout: 60_000 },
    () => {
      expect([2, 3, 5, 7, 10, 1, 4, 6].some((seed) => churnLibrary(seed) !== 0)).toBe(true);

      const found = churnStore();
      expect(found.missing).toBe(0);
      expect(found.searches).toBeGreaterThan(500);
    },
  );
});

/** The store under the same treatment, over all its searches. */
function churnStore(): { missing: number; searches: number } {
  const random = seededRandom(4);
  const centers = Array.from({ length: 5 }, () => unitVector(random, DIMENSIONS));
  const live: number[] = [];
  let [missing, searches, sequence, label] = [0, 0, 0, 0];
  for (let round = 0; round < 40; round += 1) {
    const add = Array.from({ length: 1 + Math.floor(random() * 200) }, () => {
      live.push(label);
      return [label++, near(centers[label % 5]!, 0.05, random)] as const;
    });
    store.apply(ID, opBatch((sequence += add.length), { add }));
    const drop = live.splice(0, Math.floor(live.length * 0.95));
    store.apply(ID, opBatch((sequence += drop.length), { drop }));
    for (const center of [...centers, ...centers, ...centers]) {
      const k = Math.min(10, live.length);
      missing += k - store.search(ID, center, k).labels.length;
      searches += 1;
    }
  }
  return { missing, searches };
}

/** Adds and drops at random in five tight clusters, in a process of its own; gives its exit code, null after a crash. */
function churnLibrary(seed: number): number | null {
  const require = JSON.stringify(createRequire(import.meta.url).resolve('hnswlib-node'));
  const script = `
    const { HierarchicalNSW } = require(${require});
    let state = ${seed};
    const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    const centers = Array.from({ length: 5 }, () => Array.from({ length: ${DIMENSIONS} }, () => random() - 0.5));
    const point = () => {
      const vector = centers[Math.floor(random() * 5)].map((value) => value + (random() - 0.5) * 0.02);
      const length = Math.hypot(...vector);
      return vector.map((value) => value / length);
    };
    const index = new HierarchicalNSW('ip', ${DIMENSIONS});
    index.initIndex(60000, 4, 10, state);
    const live = [];
    let label = 0;
    for (let round = 0; round < 60; round++) {
      for (let adds = Math.floor(random() * 300); adds >= 0; adds--) {
        index.addPoint(point(), label);
        live.push(label++);
      }
      for (let drops = Math.floor(live.length * (random() < 0.5 ? 1 : 0.95)); drops > 0; drops--) {
        index.markDelete(live.splice(Math.floor(random() * live.length), 1)[0]);
      }
    }`;
  return spawnSync(process.execPath, ['--eval', script]).status;
}

describe('arguments', () => {
  it('a typed array is refused by the library, and taken by the store', () => {
    const index = library(0, 1);
    expect(() => index.addPoint(VECTORS[0] as unknown as number[], 0)).toThrow('must be an Array');
    give(0, 1);
    expect([...store.labels(ID)]).toEqual([0]);
  });

  it('NaN is stored by the library, and refused by the store', () => {
    const index = library(0, 1);
    index.addPoint(
      Array.from({ length: DIMENSIONS }, () => NaN),
      0,
    );
    expect(index.searchKnn([...VECTORS[0]!], 1).distances).toEqual([NaN]);

    const poison = new Float32Array(DIMENSIONS).fill(NaN);
    expect(() => store.apply(ID, opBatch(1, { add: [[0, poison]] }))).toThrow(
      expect.objectContaining({ code: 'VECTOR_INVALID' }),
    );
  });

  it('a label from 2^32 becomes another one without a word; the store takes 32-bit labels by type', () => {
    const index = library(0, 2);
    index.addPoint([...VECTORS[0]!], 2 ** 32 + 5);
    expect(index.getIdsList()).toEqual([5]);

    store.apply(ID, opBatch(1, { add: [[2 ** 32 - 1, VECTORS[0]!]] }));
    expect([...store.labels(ID)]).toEqual([2 ** 32 - 1]);
  });

  it('k above the capacity throws; the store gives what there is', () => {
    expect(() => library(3).searchKnn([...VECTORS[0]!], 4)).toThrow('k-nearest');
    give(0, 3);
    expect(store.search(ID, VECTORS[0]!, 5000).labels).toHaveLength(3);
  });

  it('one vector more than the capacity throws; the store grows', () => {
    const index = library(3);
    expect(() => index.addPoint([...VECTORS[3]!], 3)).toThrow('exceeds the specified limit');
    give(0, 2000);
    expect(store.stats(ID)).toMatchObject({ live: 2000, capacity: 2000 });
  });

  it("'cosine' changes the vector that is stored; the store keeps the catalog's", () => {
    const half = VECTORS[0]!.map((value) => value / 2);
    const index = new hnswlib.HierarchicalNSW('cosine', DIMENSIONS);
    index.initIndex(1);
    index.addPoint([...half], 0);
    expect(dotProduct(Float32Array.from(index.getPoint(0)), half)).toBeCloseTo(0.5, 2);

    store.apply(ID, opBatch(1, { add: [[0, half]] }));
    expect(store.vector(ID, 0)).toEqual(rounded(half));
  });
});

describe('files', () => {
  it('a file of another dimension loads without error; the store discards it', () => {
    const path = join(folder, 'x.hnsw');
    library(10).writeIndexSync(path);
    const other = new hnswlib.HierarchicalNSW('ip', DIMENSIONS * 2);
    other.readIndexSync(path);
    expect(other.getCurrentCount()).toBe(10);

    give(0, 10);
    store.snapshot(ID, { sequence: 10, nonce: NONCE });
    expect(hnswStore().open({ ...spec, dimensions: DIMENSIONS * 2 }).discarded?.code).toBe(
      'SNAPSHOT_FOREIGN',
    );
  });

  it('a write that reaches no disk reports success; the store reads back what it wrote', (context) => {
    const full = '/dev/full';
    if (!statSync(full, { throwIfNoEntry: false })?.isCharacterDevice()) context.skip(`there is no ${full}`);
    expect(() => library(100).writeIndexSync(full)).not.toThrow();
    expect(() => library(100).writeIndexSync(join(folder, 'missing', 'x.hnsw'))).not.toThrow();
    // The store on a disk that is really full: hnsw-store.test.ts.
  });

  it('a damaged file is believed; the store checks it first', () => {
    const path = join(folder, 'x.hnsw');
    library(10).writeIndexSync(path);
    const bytes = readFileSync(path);
    bytes.writeInt32LE(9999, 52); // the entry point: a search would start far outside of the memory
    writeFileSync(path, bytes);
    const index = new hnswlib.HierarchicalNSW('ip', DIMENSIONS);
    expect(() => index.readIndexSync(path)).not.toThrow();

    give(0, 10);
    store.snapshot(ID, { sequence: 10, nonce: NONCE });
    const snapshot = join(folder, '1-10.hnsw');
    const own = readFileSync(snapshot);
    own.writeInt32LE(9999, 52);
    writeFileSync(snapshot, own);
    expect(hnswStore().open(spec).discarded?.code).toBe('SNAPSHOT_DAMAGED');
  });

  it('an index without a vector comes back without capacity; the store makes a new one', () => {
    const path = join(folder, 'x.hnsw');
    library(0, 100).writeIndexSync(path);
    const index = new hnswlib.HierarchicalNSW('ip', DIMENSIONS);
    index.readIndexSync(path);
    expect(index.getMaxElements()).toBe(0);

    store.snapshot(ID, { sequence: 0, nonce: NONCE });
    store = hnswStore();
    expect(store.open(spec).discarded).toBeNull();
    give(0, 10);
    expect(store.stats(ID).live).toBe(10);
  });
});
