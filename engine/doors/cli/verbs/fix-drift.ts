import { Option } from 'commander';
import { exitCodeOfJobs } from '../exit-code.ts';
import { deepOption, embedderOptions, percentOption, pick, TYPES } from '../options.ts';
import { renderJobs } from '../render/runs.ts';
import { defineVerb } from '../verb.ts';

export const fixDriftVerb = defineVerb({
  operation: 'fixDrift',
  name: 'fix-drift',
  summary: 'validate, put right what drifted, and validate again',
  examples: ['fix-drift --dry-run', 'fix-drift products --max-delete 30%', 'fix-drift --deep'],
  arguments: [TYPES],
  options: [
    new Option('--dry-run', 'say what would be done; write nothing'),
    deepOption(),
    percentOption('--max-delete <percent>', 'delete at most this share of a type (default 20%)'),
    ...embedderOptions(),
  ],
  input: ([entityTypes], options) => ({
    entityTypes,
    maxDeletePercent: options['maxDelete'],
    ...pick(options, 'dryRun', 'deep', 'workers', 'batchSize'),
  }),
  show: (output, terminal) => ({ lines: renderJobs(output, terminal), exitCode: exitCodeOfJobs(output) }),
});
