import { Option } from 'commander';
import { jobStates } from '../../../contract.ts';
import { EXIT } from '../../../errors.ts';
import { integerOption, pick } from '../options.ts';
import { renderJobList } from '../render/jobs.ts';
import { defineVerb } from '../verb.ts';

export const jobsVerb = defineVerb({
  operation: 'jobs',
  name: 'jobs',
  summary: 'list jobs, newest first',
  examples: ['jobs --limit 5', 'jobs --state interrupted'],
  options: [
    new Option('--state <state>', 'only jobs in this state').choices(jobStates),
    new Option('--type <type>', 'only jobs of this entity type'),
    integerOption('--limit <n>', 'list at most n jobs'),
  ],
  input: (_arguments, options) => ({ entityType: options['type'], ...pick(options, 'state', 'limit') }),
  show: ({ jobs }, terminal) => ({ lines: renderJobList(jobs, terminal), exitCode: EXIT.ok }),
});
