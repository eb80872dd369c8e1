import { expect, test } from 'vitest';
import { killAndResume } from './kill-harness.ts';

test('killed while it indexes, resume completes; nothing is lost and nothing counted twice', async () => {
  // Another one every time: a failure prints its seed.
  const seed = Math.floor(Math.random() * 2 ** 31);
  const lines: string[] = [];
  try {
    const { kills } = await killAndResume({
      rows: 3000,
      runs: 2,
      killAgain: 0.3,
      seed,
      log: (line) => void lines.push(line),
    });
    expect(kills).toBeGreaterThanOrEqual(2);
  } finally {
    console.log(lines.join('\n'));
  }
}, 120_000);
