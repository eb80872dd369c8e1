/**
 * Runs the benchmarks one after another: `npm run bench`, `npm run bench -- scale minilm`, `npm run bench -- --smoke`.
 * Each is a script of its own with more options, which follow the names: `npm run bench -- servers --rows 100000`.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const BENCHMARKS = ['recall', 'scale', 'minilm', 'rebuild', 'documents', 'servers', 'http', 'page'] as const;

const args = process.argv.slice(2);
const firstOption = args.findIndex((arg) => arg.startsWith('-'));
const named = firstOption < 0 ? args : args.slice(0, firstOption);
const options = args.slice(named.length);
const unknown = named.find((name) => !(BENCHMARKS as readonly string[]).includes(name));
if (unknown !== undefined) {
  console.error(`no benchmark "${unknown}"; there are: ${BENCHMARKS.join(', ')}`);
  process.exit(2);
}

for (const name of named.length === 0 ? BENCHMARKS : named) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, `${name}.ts`), ...options], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
}
