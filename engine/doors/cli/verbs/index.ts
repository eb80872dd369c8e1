import { Option } from 'commander';
import { exitCodeOfJobs } from '../exit-code.ts';
import { embedderOptions, integerOption, pick, repeatedOption, TYPES } from '../options.ts';
import { renderJobs } from '../render/runs.ts';
import { defineVerb } from '../verb.ts';

export const indexVerb = defineVerb({
  operation: 'index',
  name: 'index',
  summary: 'embed what is missing, stale or outdated; never deletes',
  examples: [
    'index products orders',
    'index products --key SKU-4711 --key SKU-4712',
    `index order_lines --key '["2024-0815",3]'`,
    'index --dry-run',
  ],
  arguments: [TYPES],
  options: [
    repeatedOption('--key <key>', 'only this key, as `drift` and `search` print it; may be repeated'),
    integerOption('--limit <n>', 'read at most n rows'),
    new Option('--force', 'embed again even what has not changed'),
    ...embedderOptions(),
    new Option('--dry-run', 'say what would be embedded, with tokens and time; write nothing'),
  ],
  input: ([entityTypes], options) => ({
    entityTypes,
    keys: options['key'],
    ...pick(options, 'limit', 'force', 'workers', 'batchSize', 'dryRun'),
  }),
  show: (output, terminal) => ({ lines: renderJobs(output, terminal), exitCode: exitCodeOfJobs(output) }),
});
