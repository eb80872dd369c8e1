import { Option } from 'commander';
import { exitCodeOfJobs } from '../exit-code.ts';
import { pick } from '../options.ts';
import { renderJobs } from '../render/runs.ts';
import { defineVerb } from '../verb.ts';

export const rollbackVerb = defineVerb({
  operation: 'rollback',
  name: 'rollback',
  summary: 'take back what a job did, without embedding',
  examples: ['rollback 12', 'rollback 12 --force'],
  arguments: [['<job>', 'job number']],
  options: [
    new Option('--force', 'leave what later jobs touched as it is; go on though the recipe has changed'),
  ],
  input: ([job], options) => ({ job, ...pick(options, 'force') }),
  show: (output, terminal) => ({ lines: renderJobs(output, terminal), exitCode: exitCodeOfJobs(output) }),
});
