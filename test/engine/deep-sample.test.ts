/** What a deep validation measures on samples, and how it draws them. */
import { describe, expect, it } from 'vitest';
import type { AuditReader } from '../../engine/catalog/audit.ts';
import type { Generation } from '../../engine/catalog/generations.ts';
import { toFloat16Bits } from '../../engine/float16.ts';
import { wilsonInterval } from '../../engine/jobs/deep/interval.ts';
import { cosineDistance, toleranceOf } from '../../engine/jobs/deep/reembed.ts';
import { sampleLabels } from '../../engine/jobs/deep/sample.ts';
import { queriesFor } from '../../engine/jobs/deep/vectors.ts';
import { near, rounded, seededRandom, unitVector } from '../support/vectors.ts';

describe('an interval', () => {
  // Newcombe (1998), Statistics in Medicine 17, table I: Wilson's score method.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %d in %d is the published one', (found, n, low, high) => {
    const interval = wilsonInterval(found / n, n);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('holds what was found, also where all or nothing was', () => {
    for (const n of [1, 30, 200]) {
      for (const share of [0, 1 / 3, 1]) {
        const { low, high } = wilsonInterval(share, n);
        expect(low).toBeLessThanOrEqual(share);
        expect(high).toBeGreaterThanOrEqual(share);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
      }
    }
    expect(wilsonInterval(1, 200)).toMatchObject({ high: 1, low: expect.closeTo(0.981, 3) });
  });
});

it('fewer queries are asked of a large collection, and never too few to say anything', () => {
  expect([0, 100, 100_000, 200_000, 1_000_000, 50_000_000].map(queriesFor)).toEqual([
    200, 200, 200, 100, 30, 30,
  ]);
});

describe('a sample', () => {
  /** Labels as the catalog answers them, in ascending order. */
  function draw(labels: readonly number[], count: number, seed = 1): number[] {
    const reader: Pick<AuditReader, 'labels' | 'labelFrom'> = {
      labels: (_id, after, limit) => labels.filter((label) => label > after).slice(0, limit),
      labelFrom: (_id, from) => labels.find((label) => label >= from) ?? labels[0] ?? null,
    };
    const nextLabel = (labels.at(-1) ?? -1) + 1;
    const generation = { id: 1, nextLabel } as Generation;
    return sampleLabels(reader as AuditReader, generation, count, seededRandom(seed));
  }
  const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

  it('is everything where there is no more than that, in another order', () => {
    const labels = range(5, 50);
    const drawn = draw(labels, 50);
    expect(drawn).not.toEqual(labels);
    expect(drawn.toSorted((a, b) => a - b)).toEqual(labels);
    expect(draw([], 50)).toEqual([]);
  });

  it('holds no label twice, and comes from everywhere', () => {
    const drawn = draw(range(0, 10_000), 200);
    expect(new Set(drawn).size).toBe(200);
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const here = drawn.filter((label) => Math.floor(label / 1000) === tenth);
      expect(here.length, `labels in ${tenth}`).toBeGreaterThan(5);
    }
    expect(draw(range(0, 10_000), 200, 2)).not.toEqual(drawn);
  });

  it('comes to an end where few labels are left among many dropped ones', () => {
    const labels = [...range(0, 5), ...range(1_000_000, 200)];
    const drawn = draw(labels, 100);
    expect(drawn.length).toBeGreaterThan(0);
    expect(drawn.every((label) => labels.includes(label))).toBe(true);
  });
});

describe('the distance of two embeddings of a text', () => {
  const random = seededRandom(7);
  const vector = unitVector(random, 384);
  const bits = (values: Float32Array): Uint16Array => toFloat16Bits(values);

  it('is nothing for what rounding does, and far beyond the tolerance for another text', () => {
    expect(cosineDistance(bits(vector), bits(rounded(vector)))).toBeLessThan(1e-6);
    expect(cosineDistance(bits(vector), bits(near(vector, 0.02, random)))).toBeLessThan(toleranceOf('fp32'));
    expect(cosineDistance(bits(vector), bits(unitVector(random, 384)))).toBeGreaterThan(toleranceOf('q8'));
  });

  it('does not depend on length, and says 1 of what has no direction', () => {
    expect(cosineDistance(bits(vector), bits(vector.map((value) => value * 3)))).toBeLessThan(1e-5);
    expect(cosineDistance(bits(vector), new Uint16Array(384))).toBe(1);
  });
});
