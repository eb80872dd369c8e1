import { EXIT } from '../../../errors.ts';
import { renderJobs } from '../render/runs.ts';
import { defineVerb } from '../verb.ts';

export const pauseVerb = defineVerb({
  operation: 'pause',
  name: 'pause',
  summary: 'stop a job at its next safe point; `resume` goes on',
  examples: ['pause 12'],
  arguments: [['<job>', 'job number']],
  input: ([job]) => ({ job }),
  // What was asked for has come about, whatever it means to the process that ran the job.
  show: (output, terminal) => ({ lines: renderJobs(output, terminal), exitCode: EXIT.ok }),
});
