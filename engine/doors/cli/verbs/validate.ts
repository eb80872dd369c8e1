import { exitCodeOfReports } from '../exit-code.ts';
import { deepOption, pick, TYPES } from '../options.ts';
import { renderValidation } from '../render/runs.ts';
import { defineVerb } from '../verb.ts';

export const validateVerb = defineVerb({
  operation: 'validate',
  name: 'validate',
  summary: 'compare source and catalog exactly and report every difference',
  examples: ['validate', 'validate products --json', 'validate --deep'],
  arguments: [TYPES],
  options: [deepOption()],
  input: ([entityTypes], options) => ({ entityTypes, ...pick(options, 'deep') }),
  show: (output, terminal) => ({
    lines: renderValidation(output, terminal),
    exitCode: exitCodeOfReports(output),
  }),
});
