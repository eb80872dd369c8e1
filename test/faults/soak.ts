/** `npm run soak`: the fault tests in large. See CONTRIBUTING.md. */
import { parseArgs } from 'node:util';
import { availableKinds, killAndResume, type KillKind } from './kill-harness.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '0' },
    rows: { type: 'string', default: '1500' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    kinds: { type: 'string' },
    workers: { type: 'string', default: '2' },
  },
});

const startedAt = performance.now();
const result = await killAndResume({
  rows: Number(values.rows),
  runs: Number(values.runs),
  seed: Number(values.seed),
  kinds: (values.kinds?.split(',') as KillKind[] | undefined) ?? availableKinds(),
  workers: Number(values.workers),
  killAgain: 0.3,
  log: (line) => console.log(line),
});
console.log(
  result.kills,
  result.runs,
  result.resumes,
  result.divergences.length,
  Math.round(performance.now() - startedAt),
);
console.log(result.firstRowMs.toSorted((a, b) => a - b).join(' '));
