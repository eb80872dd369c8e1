import { exitCodeOfJobs } from '../exit-code.ts';
import { renderJobs } from '../render/runs.ts';
import { defineVerb } from '../verb.ts';

export const retryVerb = defineVerb({
  operation: 'retry',
  name: 'retry',
  summary: 'try the dead letters of an entity type, or those of one job, again',
  examples: ['retry products', 'retry 12'],
  arguments: [['<target>', 'entity type or job number']],
  input: ([target]) => ({ target }),
  show: (output, terminal) => ({ lines: renderJobs(output, terminal), exitCode: exitCodeOfJobs(output) }),
});
