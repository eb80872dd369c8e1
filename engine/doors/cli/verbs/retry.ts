import { Option } from 'commander';
import { exitCodeOfJobs } from '../exit-code.ts';
import { pick, repeatedOption } from '../options.ts';
import { renderJobs } from '../render/runs.ts';
import { defineVerb } from '../verb.ts';

export const retryVerb = defineVerb({
  operation: 'retry',
  name: 'retry',
  summary: 'try the dead letters of an entity type, or those of one job, again',
  examples: [
    'retry products',
    'retry 12',
    'retry products --key SKU-4711',
    'retry products --code THREAD_DIED',
  ],
  arguments: [['<target>', 'entity type or job number']],
  options: [
    repeatedOption('--key <key>', 'only this one, as `dead-letters` prints it; may be repeated'),
    new Option('--code <code>', 'only those with this code'),
  ],
  input: ([target], options) => ({ target, keys: options['key'], ...pick(options, 'code') }),
  show: (output, terminal) => ({ lines: renderJobs(output, terminal), exitCode: exitCodeOfJobs(output) }),
});
