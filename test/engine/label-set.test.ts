import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LabelSet } from '../../engine/vectors/label-set.ts';

/** Labels around the borders of words and pages, and anywhere. */
const label = fc.oneof(
  fc.constantFrom(0, 31, 32, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1),
  fc.integer({ min: 0, max: 200 }),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
);

it('behaves as a Set of numbers does, and lists its labels in ascending order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), label)), (steps) => {
      const labels = new LabelSet();
      const model = new Set<number>();
      for (const [isAdd, value] of steps) {
        expect(isAdd ? labels.add(value) : labels.delete(value)).toBe(isAdd !== model.has(value));
        if (isAdd) model.add(value);
        else model.delete(value);
        expect(labels.has(value)).toBe(isAdd);
      }
      expect(labels.size).toBe(model.size);
      expect([...labels.toArray()]).toEqual([...model].sort((a, b) => a - b));
    }),
  );
});
