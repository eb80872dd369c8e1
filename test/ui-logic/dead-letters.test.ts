/** What the dead letters screen asks for. */
import { describe, expect, it } from 'vitest';
import type { DeadLetter } from '../../engine/contract.ts';
import { codeFacts } from '../../renderer/screens/dead-letters/letter-codes.ts';
import { countBy, retrySteps, type LetterGroup } from '../../renderer/screens/dead-letters/letter-groups.ts';
import { choose, keysByType } from '../../renderer/screens/dead-letters/letter-selection.ts';

const groups: LetterGroup[] = [
  { entityType: 'note', stage: 'embed', code: 'THREAD_DIED', count: 4, excluded: 1 },
  { entityType: 'note', stage: 'split', code: 'THREAD_DIED', count: 2, excluded: 0 },
  { entityType: 'note', stage: 'read', code: 'NULL_KEY', count: 3, excluded: 3 },
  { entityType: 'order', stage: 'render', code: 'BLOB_NOT_TEXT', count: 5, excluded: 0 },
];
const all = { entityType: null, stage: null, code: null };

describe('a retry of all', () => {
  it('is one job for each entity type, without those that were set aside', () => {
    expect(retrySteps(groups, all)).toEqual([
      { input: { target: 'note' }, count: 5 },
      { input: { target: 'order' }, count: 5 },
    ]);
  });

  it('under a code asks for that code', () => {
    expect(retrySteps(groups, { ...all, code: 'THREAD_DIED' })).toEqual([
      { input: { target: 'note', code: 'THREAD_DIED' }, count: 5 },
    ]);
  });

  it('under a stage asks for its codes, and counts them as the engine will take them: of every stage', () => {
    expect(retrySteps(groups, { ...all, stage: 'split' })).toEqual([
      { input: { target: 'note', code: 'THREAD_DIED' }, count: 5 },
    ]);
  });

  it('has nothing to do where all are set aside', () => {
    expect(retrySteps(groups, { ...all, code: 'NULL_KEY' })).toEqual([]);
  });
});

it('letters are counted by type, stage and code', () => {
  expect([...countBy(groups, 'entityType')]).toEqual([
    ['note', 9],
    ['order', 5],
  ]);
  expect(countBy(groups, 'code').get('THREAD_DIED')).toBe(6);
});

it('a selection goes over entity types, and knows who is set aside', () => {
  const letter = (entityType: string, key: string, isExcluded = false) =>
    ({ entityType, key, excluded: isExcluded ? { reason: 'known', at: 0 } : null }) as DeadLetter;
  const selection = choose(
    new Map(),
    [letter('note', '1'), letter('order', '1'), letter('note', '2', true), letter('note', '3')],
    true,
  );
  const left = choose(selection, [letter('note', '3')], false);
  expect([...keysByType(left, false)]).toEqual([
    ['note', ['1']],
    ['order', ['1']],
  ]);
  expect([...keysByType(left, true)]).toEqual([['note', ['2']]]);
});

it('a code that the page does not know is explained by its stage', () => {
  expect(codeFacts({ code: 'NULL_KEY', stage: 'read' }).meaning).toContain('NULL');
  expect(codeFacts({ code: 'FROM_THE_FUTURE', stage: 'split' }).meaning).toContain('split');
});
