/** `npm run soak -- --runs 20 --rows 20000 [--seed n]`: kills `plumbline index` again and again; see kill-harness.ts. */
import { parseArgs } from 'node:util';
import { killAndResume } from './kill-harness.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    rows: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});

const startedAt = performance.now();
const { kills, firstRowMs } = await killAndResume({
  rows: Number(values.rows),
  runs: Number(values.runs),
  seed: Number(values.seed),
  killAgain: 0.3,
  log: (line) => console.log(line),
});
const sorted = firstRowMs.toSorted((a, b) => a - b);
const median = sorted[Math.floor((sorted.length - 1) / 2)];
console.log(
  `${kills} kills, every resume complete and in sync; from the start of resume to its first new row: ` +
    `median ${median} ms, longest ${sorted.at(-1)} ms of ${sorted.length}; ${((performance.now() - startedAt) / 1000).toFixed(0)} s in all`,
);
