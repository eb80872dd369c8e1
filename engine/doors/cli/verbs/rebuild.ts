import { Option } from 'commander';
import { exitCodeOfJobs } from '../exit-code.ts';
import { embedderOptions, percentOption, pick } from '../options.ts';
import { renderJobs } from '../render/runs.ts';
import { defineVerb } from '../verb.ts';

export const rebuildVerb = defineVerb({
  operation: 'rebuild',
  name: 'rebuild',
  summary: 'read an entity type anew into a second index, and switch to it',
  examples: ['rebuild products --dry-run', 'rebuild products'],
  arguments: [['<type>', 'entity type']],
  options: [
    new Option('--force', 'embed texts anew that have vectors of this model already'),
    new Option('--dry-run', 'say what would be done and what space it takes; write nothing'),
    percentOption(
      '--max-delete <percent>',
      'switch only if the new index lacks at most this share (default 20%)',
    ),
    ...embedderOptions(),
  ],
  input: ([entityType], options) => ({
    entityType,
    maxDeletePercent: options['maxDelete'],
    ...pick(options, 'force', 'dryRun', 'workers', 'batchSize'),
  }),
  show: (output, terminal) => ({ lines: renderJobs(output, terminal), exitCode: exitCodeOfJobs(output) }),
});
