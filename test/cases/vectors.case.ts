/** What every vector store must do. A store's test file calls {@link vectorStoreCases} with a way to make one. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GenerationSpec, VectorStore } from '../../engine/vectors/vectors.ts';
import { dotProduct, near, opBatch, rounded, seededRandom, unitVector } from '../support/vectors.ts';

const DIMENSIONS = 32;
const ID = 7;
const NONCE = '00112233445566ff';

export function vectorStoreCases(name: string, create: () => VectorStore): void {
  describe(`${name} is a vector store`, () => {
    let folder: string;
    let spec: GenerationSpec;
    let store: VectorStore;

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'plumbline-vectors-'));
      spec = {
        generationId: ID,
        folder: join(folder, 'generation'),
        dimensions: DIMENSIONS,
        parameters: { m: 16, efConstruction: 100 },
      };
      store = create();
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    const vectorsFor = (labels: readonly number[], seed = 1) => {
      const random = seededRandom(seed);
      return new Map(labels.map((label) => [label, unitVector(random, DIMENSIONS)]));
    };
    const range = (first: number, count: number) =>
      Array.from({ length: count }, (_, index) => first + index);
    const reopened = () => {
      const other = create();
      return { other, found: other.open(spec) };
    };

    describe('empty', () => {
      it('opens a folder that does not exist, finds nothing, and makes nothing', () => {
        expect(store.open(spec)).toEqual({ position: null, discarded: null });
        expect(readdirSync(folder)).toEqual([]);
      });

      it('answers a search with nothing', () => {
        store.open(spec);
        const query = unitVector(seededRandom(1), DIMENSIONS);
        expect(store.search(ID, query, 10)).toEqual({
          labels: new Uint32Array(0),
          scores: new Float32Array(0),
        });
        expect(store.labels(ID)).toEqual(new Uint32Array(0));
        expect(store.vector(ID, 1)).toBeNull();
      });

      it('survives a snapshot', () => {
        store.open(spec);
        store.snapshot(ID, { sequence: 0, nonce: NONCE });
        const { other, found } = reopened();
        expect(found).toEqual({ position: { sequence: 0, nonce: NONCE }, discarded: null });
        other.apply(ID, opBatch(1, { add: vectorsFor([1]) }));
        expect([...other.labels(ID)]).toEqual([1]);
      });

      it('refuses a generation that is not open, by its code', () => {
        expect(() => store.stats(99)).toThrow(expect.objectContaining({ code: 'GENERATION_CLOSED' }));
      });
    });

    describe('applying operations', () => {
      it('finds each vector by itself, with its own numbers', () => {
        const vectors = vectorsFor(range(1, 300));
        store.open(spec);
        store.apply(ID, opBatch(300, { add: vectors }));
        for (const [label, vector] of vectors) {
          const { labels, scores } = store.search(ID, vector, 1);
          expect(labels[0]).toBe(label);
          expect(scores[0]).toBeCloseTo(1, 2);
          expect(store.vector(ID, label)).toEqual(rounded(vector));
        }
      });

      it('keeps vectors as they were given, even of other lengths than one', () => {
        const vector = unitVector(seededRandom(3), DIMENSIONS).map((value) => value * 0.5);
        store.open(spec);
        store.apply(ID, opBatch(1, { add: [[1, vector]] }));
        expect(store.vector(ID, 1)).toEqual(rounded(vector));
      });

      it('takes the largest label, and none by mistake', () => {
        const top = 2 ** 32 - 1;
        store.open(spec);
        store.apply(ID, opBatch(2, { add: vectorsFor([0, top]) }));
        expect([...store.labels(ID)]).toEqual([0, top]);
      });

      it('reads vectors and labels that are views into larger buffers', () => {
        const whole = opBatch(3, { add: vectorsFor([1, 2, 3]) });
        store.open(spec);
        store.apply(ID, {
          labels: whole.labels.subarray(1),
          adds: whole.adds.subarray(1),
          vectors: whole.vectors.subarray(DIMENSIONS),
          sequence: 3,
        });
        expect([...store.labels(ID)]).toEqual([2, 3]);
        expect(store.vector(ID, 2)).toEqual(rounded(vectorsFor([1, 2, 3]).get(2)!));
      });

      it('is the same applied twice, in whole and in part', () => {
        const first = opBatch(100, { add: vectorsFor(range(1, 100)), drop: range(1, 10) });
        const second = opBatch(130, { add: vectorsFor(range(101, 30)), drop: [20, 101] });
        store.open(spec);
        for (const batch of [first, second, first, second, second]) store.apply(ID, batch);
        const expected = range(11, 120).filter((label) => label !== 20 && label !== 101);
        expect([...store.labels(ID)]).toEqual(expected);
        expect(store.stats(ID)).toMatchObject({ live: expected.length, sequence: 130 });
      });

      it('leaves a dropped label dropped, though its add comes again', () => {
        const vectors = vectorsFor([1, 2]);
        store.open(spec);
        store.apply(ID, opBatch(2, { add: vectors }));
        store.apply(ID, opBatch(3, { drop: [1] }));
        store.apply(ID, opBatch(3, { add: vectors }));
        expect([...store.labels(ID)]).toEqual([2]);
        expect([...store.search(ID, vectors.get(1)!, 5).labels]).toEqual([2]);
      });

      it('ignores the drop of a label it never saw', () => {
        store.open(spec);
        store.apply(ID, opBatch(1, { drop: [42] }));
        expect(store.stats(ID)).toMatchObject({ live: 0, tombstones: 0, sequence: 1 });
      });

      it.each([
        ['of another length', opBatch(2, { add: [[2, new Float32Array(DIMENSIONS + 1)]] })],
        ['that is not a number', opBatch(2, { add: [[2, new Float32Array(DIMENSIONS).fill(NaN)]] })],
        ['that is infinite', opBatch(2, { add: [[2, new Float32Array(DIMENSIONS).fill(1e6)]] })],
        ['that is missing', { ...opBatch(2, { drop: [2, 3] }), adds: Uint8Array.of(1, 0) }],
      ])('refuses a vector %s and changes nothing', (_what, batch) => {
        store.open(spec);
        store.apply(ID, opBatch(1, { add: vectorsFor([1]) }));
        expect(() => store.apply(ID, batch)).toThrow(expect.objectContaining({ code: 'VECTOR_INVALID' }));
        expect([...store.labels(ID)]).toEqual([1]);
        expect(store.stats(ID).sequence).toBe(1);
      });

      it('ends in the same state however the log is cut, replayed and interrupted by snapshots', () => {
        const random = seededRandom(11);
        const vectors = vectorsFor(range(1, 600));
        const dropped = new Set<number>();
        const batches = range(0, 30).map((turn) => {
          const add = range(turn * 20 + 1, 20).map((label) => [label, vectors.get(label)!] as const);
          const drop = range(0, 12).map(() => 1 + Math.floor(random() * (turn + 1) * 20));
          for (const label of drop) dropped.add(label);
          return opBatch((turn + 1) * 32, { add, drop });
        });
        store.open(spec);
        for (const [turn, batch] of batches.entries()) {
          store.apply(ID, batch);
          const replayed = batches[Math.floor(random() * (turn + 1))];
          if (replayed !== undefined && random() < 0.5) store.apply(ID, replayed);
          if (turn % 7 !== 3) continue;
          store.snapshot(ID, { sequence: batch.sequence, nonce: NONCE });
          store = reopened().other;
        }
        expect([...store.labels(ID)]).toEqual([...vectors.keys()].filter((label) => !dropped.has(label)));
      });
    });

    describe('searching', () => {
      it('gives the nearest first and agrees with an exact search', () => {
        const random = seededRandom(5);
        const centers = range(0, 20).map(() => unitVector(random, DIMENSIONS));
        const vectors = new Map(
          range(1, 2000).map((label) => [label, near(centers[label % 20]!, 0.4, random)]),
        );
        store.open(spec);
        store.apply(ID, opBatch(2000, { add: vectors }));
        let found = 0;
        for (const center of centers) {
          const query = near(center, 0.4, random);
          const exact = [...vectors.values()]
            .map((vector) => dotProduct(rounded(vector), query))
            .sort((a, b) => b - a);
          const { scores } = store.search(ID, query, 10);
          expect([...scores]).toEqual([...scores].sort((a, b) => b - a));
          found += scores.filter((score) => score >= exact[9]! - 1e-5).length;
        }
        expect(found / 200).toBeGreaterThanOrEqual(0.98);
      });

      it('gives all where fewer than k are live', () => {
        const vectors = vectorsFor(range(1, 5));
        store.open(spec);
        store.apply(ID, opBatch(5, { add: vectors }));
        for (const k of [5, 6, 1_000_000]) {
          expect([...store.search(ID, vectors.get(1)!, k).labels].sort()).toEqual([1, 2, 3, 4, 5]);
        }
        expect(store.search(ID, vectors.get(1)!, 0).labels).toHaveLength(0);
      });

      it('gives k live ones among many dropped', () => {
        const vectors = vectorsFor(range(1, 1000));
        store.open(spec);
        store.apply(ID, opBatch(1000, { add: vectors }));
        store.apply(ID, opBatch(1990, { drop: range(1, 990) }));
        const { labels } = store.search(ID, vectors.get(5)!, 10);
        expect([...labels].sort((a, b) => a - b)).toEqual(range(991, 10));
      });

      it('gives every vector where clusters are tight and k is all of them', () => {
        const random = seededRandom(9);
        const centers = range(0, 30).map(() => unitVector(random, DIMENSIONS));
        const vectors = new Map(
          range(0, 1500).map((label) => [label, near(centers[Math.floor(label / 50)]!, 0.02, random)]),
        );
        store.open(spec);
        store.apply(ID, opBatch(1500, { add: vectors }));
        expect(store.search(ID, centers[3]!, 1500).labels).toHaveLength(1500);
      });

      it('goes on finding new vectors after every older one was dropped, again and again', () => {
        store.open(spec);
        for (const turn of range(0, 8)) {
          const labels = range(turn * 100, 100);
          const vectors = vectorsFor(labels, turn);
          store.apply(ID, opBatch(turn * 200 + 100, { add: vectors }));
          expect([...store.search(ID, vectors.get(labels[0]!)!, 1).labels]).toEqual([labels[0]]);
          store.apply(ID, opBatch(turn * 200 + 200, { drop: labels }));
          expect(store.search(ID, vectors.get(labels[0]!)!, 1).labels).toHaveLength(0);
        }
      });

      it.each([
        ['another dimension', new Float32Array(DIMENSIONS - 1), 1],
        ['a value that is not finite', new Float32Array(DIMENSIONS).fill(Infinity), 1],
        ['a negative k', new Float32Array(DIMENSIONS), -1],
        ['half a result', new Float32Array(DIMENSIONS), 0.5],
      ])('refuses a query of %s', (_what, query, k) => {
        store.open(spec);
        expect(() => store.search(ID, query, k)).toThrow(expect.objectContaining({ code: 'QUERY_INVALID' }));
      });
    });

    describe('snapshots', () => {
      it('come back with vectors, drops and position, and grow on', () => {
        const vectors = vectorsFor(range(1, 1500));
        store.open(spec);
        store.apply(ID, opBatch(1500, { add: vectors, drop: [] }));
        store.apply(ID, opBatch(1600, { drop: range(1, 100) }));
        const position = { sequence: 1600, nonce: NONCE };
        const { bytes } = store.snapshot(ID, position);
        expect(bytes).toBeGreaterThan(1500 * DIMENSIONS * 2);

        const { other, found } = reopened();
        expect(found).toEqual({ position, discarded: null });
        expect(other.labels(ID)).toEqual(store.labels(ID));
        expect(other.stats(ID)).toMatchObject({
          live: 1400,
          tombstones: 100,
          sequence: 1600,
          snapshotSequence: 1600,
        });
        expect(other.vector(ID, 1)).toBeNull();
        expect(other.vector(ID, 1500)).toEqual(rounded(vectors.get(1500)!));

        other.apply(ID, opBatch(5200, { add: vectorsFor(range(2000, 3000)), drop: range(101, 600) }));
        expect(other.stats(ID)).toMatchObject({ live: 3800, tombstones: 700 });
        expect(other.search(ID, vectors.get(1500)!, 1).labels[0]).toBe(1500);
      });

      it('are replaced, and only the last one stays on disk', () => {
        store.open(spec);
        for (const sequence of [1, 2, 3]) {
          store.apply(ID, opBatch(sequence, { add: vectorsFor([sequence]) }));
          store.snapshot(ID, { sequence, nonce: NONCE });
        }
        expect(readdirSync(spec.folder)).toHaveLength(2);
        expect(reopened().found.position?.sequence).toBe(3);
      });

      it('may be written twice at one position', () => {
        store.open(spec);
        store.apply(ID, opBatch(1, { add: vectorsFor([1]) }));
        store.snapshot(ID, { sequence: 1, nonce: NONCE });
        store.snapshot(ID, { sequence: 1, nonce: NONCE });
        expect(readdirSync(spec.folder)).toHaveLength(2);
        expect([...reopened().other.labels(ID)]).toEqual([1]);
      });

      it('refuse a position that the state is not at', () => {
        store.open(spec);
        store.apply(ID, opBatch(5, { add: vectorsFor([1]) }));
        for (const sequence of [4, 6]) {
          expect(() => store.snapshot(ID, { sequence, nonce: NONCE })).toThrow(
            expect.objectContaining({ code: 'SNAPSHOT_POSITION' }),
          );
        }
      });
    });

    describe('opening, resetting and closing', () => {
      it('answers a second open with the snapshot it stands on, and keeps what was applied since', () => {
        const position = { sequence: 1, nonce: NONCE };
        store.open(spec);
        store.apply(ID, opBatch(1, { add: vectorsFor([1]) }));
        store.snapshot(ID, position);
        store.apply(ID, opBatch(2, { add: vectorsFor([2]) }));
        expect(store.open(spec)).toEqual({ position, discarded: null });
        expect([...store.labels(ID)]).toEqual([1, 2]);
      });

      it('is empty after a reset, with the files still there', () => {
        store.open(spec);
        store.apply(ID, opBatch(1, { add: vectorsFor([1]) }));
        store.snapshot(ID, { sequence: 1, nonce: NONCE });
        store.reset(ID);
        expect(store.stats(ID)).toMatchObject({ live: 0, tombstones: 0, sequence: 0, snapshotSequence: 0 });
        expect(store.open(spec)).toEqual({ position: null, discarded: null });
        expect([...reopened().other.labels(ID)]).toEqual([1]);
      });

      it('forgets what was not in the snapshot when closed, and closes twice', () => {
        store.open(spec);
        store.apply(ID, opBatch(1, { add: vectorsFor([1]) }));
        store.close(ID);
        store.close(ID);
        expect(store.open(spec)).toEqual({ position: null, discarded: null });
        expect(store.labels(ID)).toHaveLength(0);
      });

      it('keeps generations apart', () => {
        const next = { ...spec, generationId: ID + 1, folder: join(folder, 'next') };
        store.open(spec);
        store.open(next);
        store.apply(ID, opBatch(1, { add: vectorsFor([1]) }));
        store.apply(ID + 1, opBatch(1, { add: vectorsFor([2]) }));
        expect([...store.labels(ID)]).toEqual([1]);
        expect([...store.labels(ID + 1)]).toEqual([2]);
      });
    });

    describe('an audit against the catalog', () => {
      /** Everything in one page of `size` after another; the audit's findings together. */
      const audit = (
        vectors: ReadonlyMap<number, Float32Array>,
        sample: readonly number[],
        k: number,
        size = 64,
      ) => {
        const chosen = sample.map((label) => [label, vectors.get(label)!] as const);
        store.beginAudit(ID, Uint32Array.from(sample), opBatch(0, { add: chosen }).vectors, k);
        const all = [...vectors];
        const lost: number[] = [];
        const different: number[] = [];
        for (let at = 0; at < all.length; at += size) {
          const page = opBatch(0, { add: all.slice(at, at + size) });
          const found = store.auditPage(ID, page.labels, page.vectors);
          lost.push(...found.lost);
          different.push(...found.different);
        }
        const { selfFound, recalls } = store.endAudit(ID);
        return { lost, different, selfFound, recalls: [...recalls] };
      };

      it('finds nothing where both hold the same', () => {
        const vectors = vectorsFor(range(1, 300));
        store.open(spec);
        store.apply(ID, opBatch(300, { add: vectors }));
        expect(audit(vectors, range(1, 20), 10)).toEqual({
          lost: [],
          different: [],
          selfFound: 20,
          recalls: range(1, 20).map(() => 1),
        });
      });

      it('names the labels that are not there or are dropped, and those with another vector', () => {
        const vectors = vectorsFor(range(1, 100));
        const changed = new Map(vectors).set(7, vectors.get(8)!);
        changed.delete(50);
        store.open(spec);
        store.apply(ID, opBatch(100, { add: changed }));
        store.apply(ID, opBatch(101, { drop: [60] }));
        expect(audit(vectors, [1], 1)).toMatchObject({ lost: [50, 60], different: [7] });
      });

      it('tells a vector that differs in the sign of a zero only', () => {
        const vector = unitVector(seededRandom(1), DIMENSIONS);
        vector[3] = 0;
        const other = Float32Array.from(vector);
        other[3] = -0;
        store.open(spec);
        store.apply(ID, opBatch(1, { add: [[1, vector]] }));
        expect(audit(new Map([[1, other]]), [], 1).different).toEqual([1]);
      });

      it('counts what a search misses because it is lost, or because a stranger takes its place', () => {
        const random = seededRandom(4);
        const center = unitVector(random, DIMENSIONS);
        const cluster = new Map(range(1, 10).map((label) => [label, near(center, 0.1, random)]));
        const far = new Map(range(11, 50).map((label) => [label, near(center, 50, random)]));
        const catalog = new Map([...cluster, ...far]);
        const inGraph = new Map([...catalog].filter(([label]) => label !== 1 && label !== 2));
        store.open(spec);
        store.apply(ID, opBatch(60, { add: inGraph }));
        expect(audit(catalog, [3], 10).recalls).toEqual([0.8]);
        // Labels the catalog does not know, nearer than all it knows.
        store.apply(ID, opBatch(62, { add: [1000, 1001].map((label) => [label, cluster.get(3)!] as const) }));
        expect(audit(catalog, [3], 10).recalls).toEqual([0.8]);
        store.apply(
          ID,
          opBatch(80, { add: range(1002, 9).map((label) => [label, cluster.get(3)!] as const) }),
        );
        expect(audit(catalog, [4], 10).recalls[0]).toBeLessThan(0.5);
      });

      it('lets ties pass: of equal vectors any will do', () => {
        const vector = unitVector(seededRandom(5), DIMENSIONS);
        const vectors = new Map(range(1, 40).map((label) => [label, vector]));
        store.open(spec);
        store.apply(ID, opBatch(40, { add: vectors }));
        expect(audit(vectors, range(1, 40), 3)).toMatchObject({
          selfFound: 40,
          recalls: range(1, 40).map(() => 1),
        });
      });

      it('does not find a sampled label that is lost, though its twin is there', () => {
        const vector = unitVector(seededRandom(6), DIMENSIONS);
        store.open(spec);
        store.apply(ID, opBatch(1, { add: [[1, vector]] }));
        const vectors = new Map([
          [1, vector],
          [2, vector],
        ]);
        expect(audit(vectors, [1, 2], 1)).toMatchObject({ lost: [2], selfFound: 1 });
      });

      it('clips k to what there is', () => {
        const vectors = vectorsFor([1, 2, 3]);
        store.open(spec);
        store.apply(ID, opBatch(3, { add: vectors }));
        expect(audit(vectors, [1, 2, 3], 10)).toMatchObject({ selfFound: 3, recalls: [1, 1, 1] });
      });

      it('finds everything lost in an empty graph, and nothing amiss where there is nothing', () => {
        store.open(spec);
        expect(audit(new Map(), [], 10)).toEqual({ lost: [], different: [], selfFound: 0, recalls: [] });
        expect(audit(vectorsFor([1, 2]), [1], 10)).toEqual({
          lost: [1, 2],
          different: [],
          selfFound: 0,
          recalls: [0],
        });
      });

      it('looks past tombstones', () => {
        const vectors = vectorsFor(range(1, 500));
        store.open(spec);
        store.apply(ID, opBatch(500, { add: vectors }));
        store.apply(ID, opBatch(980, { drop: range(1, 480) }));
        const left = new Map([...vectors].slice(480));
        expect(audit(left, [481], 10)).toMatchObject({ lost: [], selfFound: 1, recalls: [1] });
      });

      it('does not mind in which pages the vectors come', () => {
        const vectors = vectorsFor(range(1, 200));
        store.open(spec);
        store.apply(ID, opBatch(200, { add: new Map([...vectors].slice(0, 150)) }));
        const inOne = audit(vectors, range(140, 30), 7, 1000);
        expect(audit(new Map([...vectors].reverse()), range(140, 30), 7, 3)).toEqual({
          ...inOne,
          lost: inOne.lost.toReversed(),
        });
        expect(inOne.lost).toEqual(range(151, 50));
      });

      it('refuses what is no vector of its dimensions, and what was never begun', () => {
        const invalid = expect.objectContaining({ code: 'VECTOR_INVALID' });
        const numbers = new Uint16Array(DIMENSIONS);
        store.open(spec);
        expect(() => store.auditPage(ID, Uint32Array.of(1), numbers)).toThrow(
          expect.objectContaining({ code: 'AUDIT_NOT_BEGUN' }),
        );
        expect(() => store.beginAudit(ID, Uint32Array.of(1), numbers.subarray(1), 10)).toThrow(invalid);
        expect(() => store.beginAudit(ID, Uint32Array.of(1), numbers.fill(0x7c00), 10)).toThrow(invalid);
        expect(() => store.beginAudit(ID, new Uint32Array(), new Uint16Array(), 0)).toThrow(invalid);
        store.beginAudit(ID, new Uint32Array(), new Uint16Array(), 10);
        expect(() => store.auditPage(ID, Uint32Array.of(1, 2), numbers)).toThrow(invalid);
      });

      it.each(['endAudit', 'reset', 'close'] as const)('is forgotten by %s', (name) => {
        store.open(spec);
        store.beginAudit(ID, new Uint32Array(), new Uint16Array(), 10);
        store[name](ID);
        store.open(spec);
        expect(() => store.endAudit(ID)).toThrow(expect.objectContaining({ code: 'AUDIT_NOT_BEGUN' }));
      });
    });

    describe('a graph built beside', () => {
      const first = vectorsFor(range(1, 200));
      const second = vectorsFor(range(101, 200), 2);

      it('leaves searches to the open one until it is finished, and has no tombstones', () => {
        const [ofFirst, ofSecond] = [first.get(1)!, second.get(300)!];
        store.open(spec);
        store.apply(ID, opBatch(200, { add: first }));
        store.apply(ID, opBatch(290, { drop: range(2, 90) }));
        store.rebuildBegin(ID);
        store.rebuildApply(ID, opBatch(0, { add: second }));
        expect(store.search(ID, ofFirst, 1).labels[0]).toBe(1);
        expect(store.search(ID, ofSecond, 1000).labels).toHaveLength(110);
        expect(store.stats(ID)).toMatchObject({ live: 110, tombstones: 90, sequence: 290 });
        store.rebuildFinish(ID, 280);
        expect(store.search(ID, ofSecond, 1).labels[0]).toBe(300);
        expect([...store.labels(ID)]).toEqual(range(101, 200));
        expect(store.stats(ID)).toMatchObject({ live: 200, tombstones: 0, sequence: 280 });
      });

      it('lets the open one go on being told what happens, and is told itself afterwards', () => {
        store.open(spec);
        store.apply(ID, opBatch(200, { add: first }));
        store.rebuildBegin(ID);
        store.rebuildApply(ID, opBatch(0, { add: [...first].slice(0, 100) }));
        const news = opBatch(202, { add: [[999, second.get(101)!]], drop: [1] });
        store.apply(ID, news);
        store.rebuildApply(ID, opBatch(0, { add: [...first].slice(100) }));
        store.rebuildFinish(ID, 200);
        expect(store.vector(ID, 999)).toBeNull();
        store.apply(ID, news);
        expect([...store.labels(ID)]).toEqual([...range(2, 199), 999]);
      });

      it('is saved by the next snapshot, and not before', () => {
        store.open(spec);
        store.apply(ID, opBatch(200, { add: first }));
        store.snapshot(ID, { sequence: 200, nonce: NONCE });
        store.rebuildBegin(ID);
        store.rebuildApply(ID, opBatch(0, { add: second }));
        store.rebuildFinish(ID, 300);
        expect([...reopened().other.labels(ID)]).toEqual(range(1, 200));
        expect(store.stats(ID).snapshotSequence).toBe(200);
        store.snapshot(ID, { sequence: 300, nonce: NONCE });
        expect([...reopened().other.labels(ID)]).toEqual(range(101, 200));
      });

      it.each(['rebuildAbandon', 'reset', 'close'] as const)('is given up by %s', (name) => {
        store.open(spec);
        store.apply(ID, opBatch(200, { add: first }));
        store.rebuildBegin(ID);
        store[name](ID);
        store.open(spec);
        expect(() => store.rebuildFinish(ID, 1)).toThrow(
          expect.objectContaining({ code: 'REBUILD_NOT_BEGUN' }),
        );
        expect(store.labels(ID)).toHaveLength(name === 'rebuildAbandon' ? 200 : 0);
        store.rebuildAbandon(ID);
        store.close(ID);
        store.rebuildAbandon(ID);
      });

      it('starts afresh when it is begun again', () => {
        store.open(spec);
        store.rebuildBegin(ID);
        store.rebuildApply(ID, opBatch(0, { add: first }));
        store.rebuildBegin(ID);
        store.rebuildFinish(ID, 0);
        expect(store.labels(ID)).toHaveLength(0);
      });

      it('takes no vector that is not finite', () => {
        const batch = opBatch(0, { add: [[2, new Float32Array(DIMENSIONS).fill(NaN)]] });
        store.open(spec);
        store.rebuildBegin(ID);
        expect(() => store.rebuildApply(ID, batch)).toThrow(
          expect.objectContaining({ code: 'VECTOR_INVALID' }),
        );
      });
    });
  });
}
