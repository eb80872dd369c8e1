/** What a job tells of itself: rate and time left of the pass under way, and nothing that nobody knows. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { JobRecord } from '../../engine/catalog/jobs.ts';
import type { Job, ProgressEvent } from '../../engine/contract.ts';
import { watchProgress } from '../../engine/jobs/progress.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

/** A job whose counts are set by hand. */
function watched(kind: Job['kind'], options = {}) {
  const told: ProgressEvent[] = [];
  const state = {
    processed: 0,
    total: null as number | null,
    phase: null as string | null,
    state: 'running',
  };
  const progress = watchProgress({
    read: () => ({ kind, phase: state.phase, options, job: { kind, ...state } }) as unknown as JobRecord,
    emit: (event) => void told.push(event),
    workers: () => 3,
  });
  return { told, state, progress };
}

test('rate and time left come from the last seconds, and not before there is enough to tell', () => {
  const { told, state, progress } = watched('index');
  state.total = 1000;
  progress.now();
  expect(told.at(-1)).toMatchObject({
    ...{ stage: 'indexing', stages: ['indexing'], percent: 0, ratePerSecond: null, etaMs: null, workers: 3 },
  });
  for (let second = 1; second <= 4; second += 1) {
    vi.advanceTimersByTime(1000);
    state.processed = second * 50;
    progress.sometimes();
  }
  expect(told.at(-1)).toMatchObject({ percent: 20, ratePerSecond: 50, etaMs: 16_000 });
  expect(told.at(-1)?.memoryBytes).toBeGreaterThan(1e6);
  // The total may grow while rows come; what was reached stays reached.
  vi.advanceTimersByTime(1000);
  state.total = 4000;
  progress.sometimes();
  expect(told.at(-1)?.percent).toBe(20);
  state.state = 'paused';
  progress.now();
  expect(told.at(-1)).toMatchObject({ ratePerSecond: null, etaMs: null });
});

test('batches that take longer than the time that rates are of still have one', () => {
  const { told, state, progress } = watched('index');
  state.total = 1000;
  progress.now();
  for (let batch = 1; batch <= 3; batch += 1) {
    vi.advanceTimersByTime(30_000);
    state.processed = batch * 60;
    progress.sometimes();
  }
  expect(told.at(-1)).toMatchObject({ ratePerSecond: 2, etaMs: 410_000 });
});

test('a repair of chosen items validates once, at its end', () => {
  const { told, state, progress } = watched('repair', { classes: ['stale'] });
  progress.now();
  expect(told.at(-1)).toMatchObject({ stage: 'repairing', stages: ['repairing', 'verifying'] });
  state.phase = 'verifying';
  progress.now();
  expect(told.at(-1)).toMatchObject({ stage: 'verifying' });
});

test('it tells at once of states, and of counts no more than ten times a second', () => {
  const { told, progress } = watched('index');
  progress.now();
  for (let i = 0; i < 1000; i += 1) {
    vi.advanceTimersByTime(1);
    progress.sometimes();
  }
  expect(told).toHaveLength(11);
  progress.now();
  expect(told).toHaveLength(12);
});

test('each pass of a repair counts anew', () => {
  const { told, state, progress } = watched('repair');
  vi.advanceTimersByTime(1000);
  progress.sometimes(1000);
  vi.advanceTimersByTime(1000);
  progress.sometimes(3000);
  expect(told.at(-1)).toMatchObject({ stage: 'validating', percent: null, ratePerSecond: 2000, etaMs: null });
  vi.advanceTimersByTime(1000);
  Object.assign(state, { phase: 'repairing', total: 10, processed: 1 });
  progress.sometimes();
  expect(told.at(-1)).toMatchObject({
    ...{ stage: 'repairing', stages: ['validating', 'repairing', 'verifying'] },
    ...{ percent: 10, ratePerSecond: null, etaMs: null },
  });
});
