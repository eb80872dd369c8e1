import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/workspace.ts';
import { flipBytes, flipTable, type FlipTarget } from './bitflip.ts';

test('a flipped byte anywhere crashes nothing, and ends in a sound index or a refusal', async () => {
  // Another one every time: a failure prints its seed.
  const seed = Math.floor(Math.random() * 2 ** 31);
  // One file of the index and one of the catalog; `npm run soak -- --flips` takes all four.
  const targets: FlipTarget[] = [
    seed % 2 === 0 ? 'snapshot' : 'manifest',
    Math.floor(seed / 2) % 2 === 0 ? 'catalog' : 'wal',
  ];
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const result = await flipBytes({ folder: temporaryFolder(), seed, flips: 1, targets, log });
  expect(result.divergences, lines.join('\n')).toEqual([]);
  expect(result.flips, flipTable(result).join('\n')).toHaveLength(2);
}, 300_000);
