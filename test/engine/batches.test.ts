import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { paddedTokenBudget, planBatches } from '../../engine/embed/batches.ts';

const lengths = fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 200 });
const limits = fc.record({
  maxTexts: fc.integer({ min: 1, max: 40 }),
  maxPaddedTokens: fc.integer({ min: 1, max: 4000 }),
});
const width = (batch: number[], tokens: number[]): number => Math.max(...batch.map((i) => tokens[i] ?? 0));

describe('planBatches', () => {
  test('puts every text into exactly one batch, within both bounds', () => {
    fc.assert(
      fc.property(lengths, limits, (tokens, bounds) => {
        const batches = planBatches(tokens, bounds);
        expect(batches.flat().sort((a, b) => a - b)).toEqual(tokens.map((_length, index) => index));
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(bounds.maxTexts);
          if (batch.length > 1) {
            expect(batch.length * width(batch, tokens)).toBeLessThanOrEqual(bounds.maxPaddedTokens);
          }
        }
      }),
    );
  });

  test('never widens a batch: lengths fall from the first batch to the last', () => {
    fc.assert(
      fc.property(lengths, limits, (tokens, bounds) => {
        const sorted = planBatches(tokens, bounds).flatMap((batch) => batch.map((i) => tokens[i] ?? 0));
        expect(sorted).toEqual([...sorted].sort((a, b) => b - a));
      }),
    );
  });

  test('fills a batch before it opens the next', () => {
    const batches = planBatches([5, 5, 5, 5, 5], { maxTexts: 2, maxPaddedTokens: 100 });
    expect(batches).toEqual([[0, 1], [2, 3], [4]]);
  });

  test('leaves a text longer than the budget alone', () => {
    expect(planBatches([10, 900, 10], { maxTexts: 8, maxPaddedTokens: 100 })).toEqual([[1], [0, 2]]);
  });

  test('has no batch for no texts', () => {
    expect(planBatches([], { maxTexts: 8, maxPaddedTokens: 100 })).toEqual([]);
  });
});

describe('paddedTokenBudget', () => {
  test.each([
    ['an unknown model', null, 512],
    ['a transformer', 0.11, 512],
    ['a small transformer', 0.01, 1000],
    ['a table look-up', 0.0056, 1785],
    ['one too fast to measure', 0, 2048],
  ])('of %s', (_name, millisecondsPerToken, budget) => {
    expect(paddedTokenBudget(millisecondsPerToken)).toBe(budget);
  });
});
