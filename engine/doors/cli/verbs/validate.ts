import { exitCodeOfReports } from '../exit-code.ts';
import { TYPES } from '../options.ts';
import { renderValidation } from '../render/runs.ts';
import { defineVerb } from '../verb.ts';

export const validateVerb = defineVerb({
  operation: 'validate',
  name: 'validate',
  summary: 'compare source and catalog exactly and report every difference',
  examples: ['validate', 'validate products --json'],
  arguments: [TYPES],
  input: ([entityTypes]) => ({ entityTypes }),
  show: (output, terminal) => ({
    lines: renderValidation(output, terminal),
    exitCode: exitCodeOfReports(output),
  }),
});
