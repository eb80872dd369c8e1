/** What the drift screen decides: which words differ, what is selected, what a repair is asked for. */
import { describe, expect, it } from 'vitest';
import type { DriftItem } from '../../engine/contract.ts';
import { describeKeyValue } from '../../renderer/components/entity/key-value.ts';
import {
  countSelected,
  isSelected,
  nothing,
  repairInput,
  select,
} from '../../renderer/screens/drift/selection.ts';
import {
  bound,
  condense,
  MAX_COMPARED,
  wordDiff,
  type Piece,
} from '../../renderer/screens/drift/word-diff.ts';

const changed = (pieces: readonly Piece[]): string[] =>
  pieces.filter(({ isChanged }) => isChanged).map(({ text }) => text);
const all = (pieces: readonly Piece[]): string => pieces.map(({ text }) => text).join('');

describe('the words that differ', () => {
  it('are marked on both sides, and both texts stay whole', () => {
    const diff = wordDiff('a red book about tea', 'a blue book about green tea');
    expect([changed(diff.indexed), changed(diff.current)]).toEqual([['red'], ['blue', 'green ']]);
    expect([all(diff.indexed), all(diff.current)]).toEqual([
      'a red book about tea',
      'a blue book about green tea',
    ]);
  });

  it.each([
    ['', 'new'],
    ['old', ''],
    ['same', 'same'],
    ['a b', 'a  b'],
    ['teapot', 'teapots'],
    ['x '.repeat(500), 'y '.repeat(400)],
    ['family 👨‍👩‍👧 one', 'family 👨‍👩‍👦 one'],
    ['𝒜 end', '𝒝 end'],
  ])('%j and %j: nothing is lost, and no character is cut in two', (indexed, current) => {
    const diff = wordDiff(indexed, current);
    expect([all(diff.indexed), all(diff.current)]).toEqual([indexed, current]);
    expect([...diff.indexed, ...diff.current].every(({ text }) => text.isWellFormed())).toBe(true);
    expect(changed(diff.indexed).length + changed(diff.current).length > 0).toBe(indexed !== current);
  });

  it('of texts beyond the bound are one change between what both begin and end with, and that is told', () => {
    const [start, end] = ['the same beginning '.repeat(10), ' the same end'.repeat(10)];
    const diff = wordDiff(
      `${start}${'a '.repeat(MAX_COMPARED)}${end}`,
      `${start}${'b '.repeat(MAX_COMPARED)}${end}`,
    );
    expect(diff.detail).toBe('large');
    expect(changed(diff.indexed).length).toBe(1);
    expect(diff.indexed[0]).toEqual({ text: start, isChanged: false });
  });

  it('of a long text with one change are found quickly, by what it begins and ends with', () => {
    const long = 'word '.repeat(200_000);
    const diff = wordDiff(`${long}old ${long}`, `${long}new ${long}`);
    expect([diff.detail, changed(diff.indexed), changed(diff.current)]).toEqual(['words', ['old'], ['new']]);
  });
});

describe('a long comparison', () => {
  const long = 'x'.repeat(5000);

  it('leaves out the middles of what did not change, and says how much', () => {
    const shown = condense([
      { text: long, isChanged: false },
      { text: 'new', isChanged: true },
      { text: long, isChanged: false },
    ]);
    expect(shown.map((piece) => ('text' in piece ? piece.text.length : -piece.leftOut))).toEqual([
      -4760, 240, 3, 240, -4760,
    ]);
  });

  it('is cut off at the bound, and says how much is behind it', () => {
    const { shown, cutOff } = bound(
      [
        { text: long, isChanged: false },
        { text: long, isChanged: true },
      ],
      6000,
    );
    expect(shown.map((piece) => ('text' in piece ? piece.text.length : 0))).toEqual([5000, 1000]);
    expect(cutOff).toBe(4000);
  });
});

describe('a selection', () => {
  const item = (
    key: string,
    of: DriftItem['class'],
    keyValues: DriftItem['keyValues'] = [key],
  ): DriftItem => ({
    key,
    keyValues,
    class: of,
    reason: '',
    text: null,
    indexedText: null,
  });
  const [stale, missing, ghost] = [item('1', 'stale'), item('2', 'missing'), item('1', 'ghost')];
  const counts = new Map([['stale' as const, 40_000]]);

  it('holds keys, and a repair is asked for them alone', () => {
    const selection = select(nothing, [stale, missing], true);
    expect(countSelected(selection, counts)).toBe(2);
    expect(repairInput(selection, 'note')).toEqual({ entityTypes: ['note'], keys: ['1', '2'] });
    expect(repairInput(select(selection, [stale], false), 'note')).toEqual({
      entityTypes: ['note'],
      keys: ['2'],
    });
  });

  it('of a class needs none of its keys', () => {
    const selection = { kind: 'class', driftClass: 'stale' } as const;
    expect([isSelected(selection, stale), isSelected(selection, missing)]).toEqual([true, false]);
    expect(countSelected(selection, counts)).toBe(40_000);
    expect(repairInput(selection, 'note')).toEqual({ entityTypes: ['note'], classes: ['stale'] });
  });

  it('of nothing repairs everything', () => {
    expect(repairInput(nothing, 'note')).toEqual({ entityTypes: ['note'] });
  });

  it('never holds what has no key of its own: ghosts, whose key is a label, and rows with NULL in it', () => {
    const selection = select(nothing, [stale, ghost, item('null', 'failed', [null])], true);
    expect(countSelected(selection, counts)).toBe(1);
    expect([isSelected(selection, stale), isSelected(selection, ghost)]).toEqual([true, false]);
  });
});

describe('a key value', () => {
  it.each([
    ['integer', 7, '7'],
    ['integer', 9_007_199_254_740_993n, '9007199254740993'],
    ['real', 1.5, '1.5'],
    ['text', '7', '7'],
    ['NULL', null, 'NULL'],
    ['bytes, in hex', { blob: 'ff00' }, 'ff00'],
  ])('says its type: %s', (type, value, text) => {
    expect(describeKeyValue(value)).toEqual({ type, text });
  });
});
