import { expect, test } from 'vitest';
import { killAndResume, killKinds } from './kill-harness.ts';

test('killed at random instants of every kind of job, nothing is lost, nothing counted twice, nothing left behind', async () => {
  // Another one every time: a failure prints its seed.
  const seed = Math.floor(Math.random() * 2 ** 31);
  const lines: string[] = [];
  const { divergences, runs } = await killAndResume({
    rows: 1200,
    runs: 6,
    killAgain: 0.3,
    kinds: killKinds,
    workers: 2,
    seed,
    log: (line) => void lines.push(line),
  });
  expect(divergences, lines.join('\n')).toEqual([]);
  expect(runs).toBe(6);
}, 300_000);
