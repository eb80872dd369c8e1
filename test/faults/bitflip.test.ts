import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/workspace.ts';
import { flipBytes, flipTable, flipTargets } from './bitflip.ts';

test('a flipped byte anywhere crashes nothing, and ends in a sound index or a refusal', async () => {
  // Another one every time: a failure prints its seed.
  const seed = Math.floor(Math.random() * 2 ** 31);
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const result = await flipBytes({ folder: temporaryFolder(), seed, flips: 1, targets: flipTargets, log });
  expect(result.divergences, lines.join('\n')).toEqual([]);
  expect(result.flips, flipTable(result).join('\n')).toHaveLength(4);
}, 300_000);
