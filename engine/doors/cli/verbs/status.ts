import { EXIT } from '../../../errors.ts';
import { renderJobs } from '../render/runs.ts';
import { renderOverview } from '../render/overview.ts';
import { defineVerb } from '../verb.ts';

export const statusVerb = defineVerb({
  operation: 'status',
  name: 'status',
  summary: 'show a job, or the latest job and validation of every entity type',
  examples: ['status', 'status 12 --json'],
  arguments: [['[job]', 'job number']],
  input: ([job]) => ({ job }),
  show: (output, terminal, input) => ({
    lines: input['job'] === undefined ? renderOverview(output, terminal) : renderJobs(output, terminal),
    exitCode: EXIT.ok,
  }),
});
