import { Option } from 'commander';
import { exitCodeOfJobs } from '../exit-code.ts';
import { driftClasses } from '../../../contract.ts';
import {
  choicesOption,
  deepOption,
  embedderOptions,
  percentOption,
  pick,
  repeatedOption,
  TYPES,
} from '../options.ts';
import { renderJobs } from '../render/runs.ts';
import { defineVerb } from '../verb.ts';

export const fixDriftVerb = defineVerb({
  operation: 'fixDrift',
  name: 'fix-drift',
  summary: 'validate, put right what drifted, and validate again',
  examples: [
    'fix-drift --dry-run',
    'fix-drift products --max-delete 30%',
    'fix-drift products --key SKU-4711',
    'fix-drift --deep',
  ],
  arguments: [TYPES],
  options: [
    new Option('--dry-run', 'say what would be done; write nothing'),
    repeatedOption('--key <key>', 'only this key of the latest report; may be repeated; needs one type'),
    choicesOption(
      '--class <class>',
      'only this class of the latest report; may be repeated; needs one type',
      driftClasses,
    ),
    deepOption(),
    percentOption('--max-delete <percent>', 'delete at most this share of a type (default 20%)'),
    ...embedderOptions(),
  ],
  input: ([entityTypes], options) => ({
    entityTypes,
    maxDeletePercent: options['maxDelete'],
    keys: options['key'],
    classes: options['class'],
    ...pick(options, 'dryRun', 'deep', 'workers', 'batchSize'),
  }),
  show: (output, terminal) => ({ lines: renderJobs(output, terminal), exitCode: exitCodeOfJobs(output) }),
});
