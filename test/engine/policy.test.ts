import { describe, expect, it } from 'vitest';
import type { Report } from '../../engine/contract.ts';
import { brokenRules, DEFAULT_POLICY, parsePolicy } from '../../engine/policy.ts';

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
    'lost>0',
    'missing>0;stale>0',
    '>0',
  ])('is not %j', (policy) => {
    expect(() => parsePolicy(policy)).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }));
  });
});
