import { Option } from 'commander';
import { EXIT } from '../../../errors.ts';
import { pick, TYPES } from '../options.ts';
import { renderCompaction } from '../render/compaction.ts';
import { defineVerb } from '../verb.ts';

export const compactVerb = defineVerb({
  operation: 'compact',
  name: 'compact',
  summary: 'give back the space of what is dropped, retired or beyond retention',
  examples: ['compact --dry-run', 'compact products'],
  arguments: [TYPES],
  options: [new Option('--dry-run', 'say what would be removed; write nothing')],
  input: ([entityTypes], options) => ({ entityTypes, ...pick(options, 'dryRun') }),
  readsOnly: ({ dryRun }) => dryRun === true,
  show: (output, terminal) => ({ lines: renderCompaction(output, terminal), exitCode: EXIT.ok }),
});
