import { EXIT } from '../../../errors.ts';
import { renderJobs } from '../render/runs.ts';
import { defineVerb } from '../verb.ts';

export const cancelVerb = defineVerb({
  operation: 'cancel',
  name: 'cancel',
  summary: 'stop a job for good; what it has committed stays',
  examples: ['cancel 12'],
  arguments: [['<job>', 'job number']],
  input: ([job]) => ({ job }),
  // What was asked for has come about, whatever it means to the process that ran the job.
  show: (output, terminal) => ({ lines: renderJobs(output, terminal), exitCode: EXIT.ok }),
});
