import { expect, it } from 'vitest';
import { areFiniteFloat16Bits, fromFloat16Bits, toFloat16Bits } from '../../engine/float16.ts';

it('gives back every f16 bit for bit, NaN aside', () => {
  const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  const numbers = all.filter((bits) => areFiniteFloat16Bits(Uint16Array.of(bits)));
  expect(numbers).toHaveLength(65_536 - 2 * 1024);
  expect(toFloat16Bits(fromFloat16Bits(numbers))).toEqual(numbers);
});

it('rounds to the nearest, and calls what does not fit infinite', () => {
  expect([...fromFloat16Bits(toFloat16Bits(Float32Array.of(1 / 3, 65_504, 1e6)))]).toEqual([
    0.333251953125,
    65_504,
    Infinity,
  ]);
  expect(areFiniteFloat16Bits(toFloat16Bits(Float32Array.of(0, 1e6)))).toBe(false);
});

it('reads a view into a larger buffer', () => {
  const bits = toFloat16Bits(Float32Array.of(1, 2, 3));
  expect([...fromFloat16Bits(bits.subarray(1))]).toEqual([2, 3]);
});
