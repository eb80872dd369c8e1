/** The one thing to do next with an entity type, and what all of them come to. */
import { describe, expect, it } from 'vitest';
import type { Job, Report } from '../../engine/contract.ts';
import { totalsOf } from '../../renderer/screens/overview/totals.ts';
import { needsAttention, nextAction, type TypeFacts } from '../../renderer/screens/overview/type-state.ts';

const NOW = Date.UTC(2026, 0, 2);
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const job = (given: Partial<Job>): Job => ({
  id: '1',
  kind: 'index',
  entityType: 'orders',
  state: 'completed',
  total: 900,
  processed: 900,
  embedded: 900,
  reused: 0,
  unchanged: 0,
  deleted: 0,
  failed: 0,
  createdAt: NOW - 10 * MINUTE,
  startedAt: NOW - 10 * MINUTE,
  finishedAt: NOW - 9 * MINUTE,
  durationMs: MINUTE,
  error: null,
  ofJob: null,
  reversible: true,
  reportId: null,
  ...given,
});

const report = (given: Partial<Report>): Report => ({
  id: '1',
  jobId: '2',
  entityType: 'orders',
  state: 'in_sync',
  source: 900,
  indexed: 900,
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
  inSyncPercent: 100,
  snapshot: true,
  durationMs: 60,
  finishedAt: NOW - 5 * MINUTE,
  notChecked: [],
  samples: {},
  ...given,
});

const facts = (given: Partial<TypeFacts>): TypeFacts => ({
  entityType: 'orders',
  job: null,
  stopped: null,
  report: null,
  ...given,
});

const next = (given: Partial<TypeFacts>): string => nextAction(facts(given), NOW).kind;
const drifted = report({ state: 'drifted', stale: 9, orphaned: 6, inSyncPercent: 98.3 });
const validation = job({ id: '9', kind: 'validate', embedded: 0, reportId: '1', reversible: false });

describe('the next action', () => {
  it('indexes what never was', () => {
    expect(next({})).toBe('index');
    expect(next({ job: job({ state: 'failed', embedded: 0 }) })).toBe('index');
    expect(next({ job: job({ kind: 'rollback', embedded: 0 }) })).toBe('index');
    expect(next({ job: validation, report: report({ state: 'drifted', indexed: 0, missing: 900 }) })).toBe(
      'index',
    );
  });

  it('shows what runs or waits for its turn', () => {
    expect(next({ job: job({ state: 'running' }), report: drifted })).toBe('progress');
    expect(next({ job: job({ state: 'queued' }) })).toBe('progress');
  });

  it('goes on with what stopped half-way, unless the index was written to since', () => {
    const paused = job({ state: 'paused' });
    expect(next({ job: paused })).toBe('resume');
    expect(next({ job: validation, stopped: paused, report: drifted })).toBe('resume');
    const repair = job({ id: '9', kind: 'repair', reportId: '1' });
    expect(next({ job: repair, stopped: paused, report: report({}) })).toBe('validate');
    const stoppedValidation = job({ kind: 'validate', state: 'interrupted' });
    expect(next({ job: validation, stopped: stoppedValidation, report: drifted })).toBe('repair');
  });

  it('validates what was indexed and never validated, or written to since', () => {
    expect(nextAction(facts({ job: job({}) }), NOW)).toEqual({ kind: 'validate', isQuiet: false });
    const later = job({ finishedAt: NOW - MINUTE });
    expect(next({ job: later, report: drifted })).toBe('validate');
    expect(next({ job: { ...later, embedded: 0, unchanged: 900 }, report: drifted })).toBe('repair');
  });

  it('repairs what drifted, deep findings included', () => {
    expect(next({ job: validation, report: drifted })).toBe('repair');
    expect(next({ job: validation, report: report({ state: 'drifted', ghost: 1 }) })).toBe('repair');
  });

  it('tries dead letters again, and once that has not helped shows them', () => {
    const failed = report({ state: 'drifted', failed: 3 });
    expect(next({ job: validation, report: failed })).toBe('retry');
    const retried = job({ kind: 'retry', state: 'completed_with_failures', embedded: 0 });
    expect(next({ job: retried, report: failed })).toBe('dead-letters');
  });

  it('offers a validation quietly where all is well, and asks for it after a day', () => {
    const quiet = { job: validation, report: report({}) };
    expect(nextAction(facts(quiet), NOW)).toEqual({ kind: 'validate', isQuiet: true });
    expect(nextAction(facts(quiet), NOW + DAY)).toEqual({ kind: 'validate', isQuiet: false });
    expect(needsAttention(facts(quiet), NOW)).toBe(false);
  });

  it('an empty source is in sync, not unindexed', () => {
    expect(next({ job: validation, report: report({ source: 0, indexed: 0 }) })).toBe('validate');
  });
});

describe('the totals', () => {
  it('are unknown before the first validation', () => {
    expect(totalsOf([])).toEqual({ rows: 0, indexed: 0, drift: 0, inSyncPercent: null, validated: 0 });
  });

  it('weigh each type by its entities', () => {
    const totals = totalsOf([drifted, report({ source: 90, indexed: 90 })]);
    expect(totals).toEqual({ rows: 990, indexed: 990, drift: 15, inSyncPercent: 98.49, validated: 2 });
  });

  it('never round drift away', () => {
    const one = report({ state: 'drifted', source: 10_000_000, stale: 1 });
    expect(totalsOf([one]).inSyncPercent).toBe(99.99);
    const ghost = report({ state: 'drifted', ghost: 1 });
    expect(totalsOf([ghost]).inSyncPercent).toBe(99.99);
  });
});
