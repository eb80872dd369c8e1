import { exitCodeOfJobs } from '../exit-code.ts';
import { renderJobs } from '../render/runs.ts';
import { defineVerb } from '../verb.ts';

export const resumeVerb = defineVerb({
  operation: 'resume',
  name: 'resume',
  summary: 'continue an interrupted or paused job after its last checkpoint',
  examples: ['resume 12'],
  arguments: [['<job>', 'job number']],
  input: ([job]) => ({ job }),
  show: (output, terminal) => ({ lines: renderJobs(output, terminal), exitCode: exitCodeOfJobs(output) }),
});
