/** A job's bar: stages, the whole, and that it never goes back. */
import { describe, expect, it } from 'vitest';
import type { JobState } from '../../engine/contract.ts';
import { furthest, overallPercent, sampled, stagesOf } from '../../renderer/state/job-progress.ts';

const told = (stage: string, percent: number | null, state: JobState = 'running') => ({
  job: { state },
  stage,
  stages: ['validating', 'repairing', 'verifying'],
  percent,
});

describe('the stages of a job', () => {
  it('are full behind it and empty before it', () => {
    expect(stagesOf(told('repairing', 40)).map(({ percent }) => percent)).toEqual([100, 40, 0]);
    expect(stagesOf(told('validating', null)).map(({ percent }) => percent)).toEqual([null, 0, 0]);
  });

  it('are all empty while it waits for its turn', () => {
    expect(stagesOf(told('validating', null, 'queued')).map(({ percent }) => percent)).toEqual([0, 0, 0]);
  });

  it('make up the whole together', () => {
    expect(overallPercent(told('repairing', 50))).toBe(50);
    expect(overallPercent({ ...told('indexing', null), stages: ['indexing'] })).toBeNull();
    expect(overallPercent({ ...told('indexing', 7), stages: ['indexing'] })).toBe(7);
  });
});

it('a bar keeps what it has reached', () => {
  expect(furthest(60, 40)).toBe(60);
  expect(furthest(60, null)).toBe(60);
  expect(furthest(null, 3)).toBe(3);
});

it('rates are sampled once a second, over two minutes', () => {
  let samples = sampled([], null, 0);
  expect(samples).toEqual([]);
  for (let at = 0; at < 200_000; at += 100) samples = sampled(samples, at, at);
  expect(samples).toHaveLength(120);
  expect(samples.at(-1)).toEqual({ at: 199_000, rate: 199_000 });
});
