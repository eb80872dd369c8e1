import { describe, expect, it } from 'vitest';
import type { Report } from '../../engine/contract.ts';
import { brokenRules, DEFAULT_POLICY, parsePolicy, requireDeep } from '../../engine/policy.ts';

const report = (counts: Partial<Report>): Report => ({
  id: '1',
  jobId: '1',
  entityType: 'note',
  state: 'drifted',
  source: 200,
  indexed: 200,
  missing: 0,
  stale: 0,
  orphaned: 0,
  outdated: 0,
  failed: 0,
  excluded: 0,
  lost: null,
  ghost: null,
  corrupt: null,
  deep: null,
  inSyncPercent: 99,
  snapshot: true,
  durationMs: 1,
  finishedAt: 0,
  notChecked: [],
  samples: {},
  ...counts,
});

const nothingDeep: NonNullable<Report['deep']> = {
  documents: 0,
  vectors: 0,
  tombstones: 0,
  selfQuery: { sampled: 0, found: 0 },
  recall: null,
  reembedded: null,
  fullTextSound: true,
  rebuilt: null,
};

const broken = (policy: string, counts: Partial<Report>): string[] =>
  brokenRules(report(counts), parsePolicy(policy)).map(({ rule, found }) => `${rule} ${found}`);

describe('a policy', () => {
  it.each([
    ['missing>0', { missing: 1 }, ['missing>0 1']],
    ['missing>0', { stale: 9 }, []],
    ['missing>1', { missing: 1 }, []],
    ['missing>=1', { missing: 1 }, ['missing>=1 1']],
    ['stale>1%', { stale: 2 }, []],
    ['stale>1%', { stale: 3 }, ['stale>1% 1.5']],
    ['stale>=0.5%', { stale: 1 }, ['stale>=0.5% 0.5']],
    ['orphaned>0%', { source: 0, orphaned: 4 }, ['orphaned>0% 100']],
    [' missing > 0 , stale > 1 ', { missing: 1, stale: 2 }, ['missing>0 1', 'stale>1 2']],
    [DEFAULT_POLICY, { failed: 1, missing: 1, outdated: 1, stale: 1, orphaned: 1 }, ['drift>0 5']],
    [DEFAULT_POLICY, {}, []],
    [
      'lost>0,ghost>1,corrupt>=1%',
      { lost: 1, ghost: 2, corrupt: 2 },
      ['lost>0 1', 'ghost>1 2', 'corrupt>=1% 1'],
    ],
    ['lost>0', { lost: null }, []],
    [DEFAULT_POLICY, { stale: 1, lost: 1, ghost: 2, corrupt: 3 }, ['drift>0 7']],
    [DEFAULT_POLICY, { deep: { ...nothingDeep, fullTextSound: false } }, ['drift>0 1']],
    ['drift>0%', { source: 0, indexed: 0 }, []],
  ])('%s of %j', (policy, counts, expected) => {
    expect(broken(policy, counts)).toEqual(expected);
  });

  it.each([
    '',
    ',',
    'missing',
    'missing>',
    'missing<1',
    'missing>-1',
    'missing>1%%',
    'vanished>0',
    'missing>0;stale>0',
    '>0',
  ])('is not %j', (policy) => {
    expect(() => parsePolicy(policy)).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }));
  });

  it('needs a deep validation where it speaks of what only that one counts', () => {
    expect(() => requireDeep(parsePolicy('missing>0,drift>0,stale>1%'))).not.toThrow();
    for (const policy of ['lost>0', 'missing>0,ghost>=5', 'corrupt>1%']) {
      expect(() => requireDeep(parsePolicy(policy))).toThrow(
        expect.objectContaining({ code: 'POLICY_NEEDS_DEEP' }),
      );
    }
  });
});
