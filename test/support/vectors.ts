/** Vectors to test and measure with: seeded, so that a failure can be repeated. */
import { toFloat16Bits } from '../../engine/float16.ts';
import type { OpBatch } from '../../engine/vectors/vectors.ts';

export type Random = () => number;

/** mulberry32 (Tommy Ettinger, public domain). */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function unitVector(random: Random, dimensions: number): Float32Array {
  return normalised(Float32Array.from({ length: dimensions }, () => gauss(random)));
}

/** A unit vector whose cosine with `center` is about `1 / sqrt(1 + spread²)`. */
export function near(center: Float32Array, spread: number, random: Random): Float32Array {
  const scale = spread / Math.sqrt(center.length);
  return normalised(center.map((value) => value + scale * gauss(random)));
}

export function dotProduct(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** As the catalog keeps it: rounded to f16. */
export function rounded(vector: Float32Array): Float32Array {
  return new Float32Array(new Float16Array(vector));
}

export interface Operations {
  readonly add?: ReadonlyMap<number, Float32Array> | readonly (readonly [number, Float32Array])[];
  /** After the adds. */
  readonly drop?: readonly number[];
}

/** A batch of adds, then drops, that ends at `sequence`. */
export function opBatch(sequence: number, { add = [], drop = [] }: Operations): OpBatch {
  const adds = [...add];
  const dimensions = adds[0]?.[1].length ?? 0;
  const vectors = new Float32Array(adds.length * dimensions);
  adds.forEach(([, vector], index) => vectors.set(vector, index * dimensions));
  return {
    labels: Uint32Array.from([...adds.map(([label]) => label), ...drop]),
    adds: Uint8Array.from([...adds.map(() => 1), ...drop.map(() => 0)]),
    vectors: toFloat16Bits(vectors),
    sequence,
  };
}

function gauss(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function normalised(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
