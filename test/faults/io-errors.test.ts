import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/workspace.ts';
import { sweepFaults } from './io-errors.ts';
import { noShim } from './shim.ts';

const reason = noShim();

test.skipIf(reason !== null)(
  `a failing disk is reported, and what it interrupted goes on${reason === null ? '' : ` (skipped: ${reason})`}`,
  async () => {
    // Another one every time: a failure prints its seed.
    const seed = Math.floor(Math.random() * 2 ** 31);
    const lines: string[] = [];
    const { divergences, faults } = await sweepFaults({
      folder: temporaryFolder(),
      seed,
      verbs: ['fix-drift'],
      tries: 1,
      kinds: 3,
      log: (line) => void lines.push(line),
    });
    expect(divergences, lines.join('\n')).toEqual([]);
    expect(faults).toBe(3);
  },
  300_000,
);
