import { EXIT } from '../../../errors.ts';
import { renderChecks } from '../render/lists.ts';
import { defineVerb } from '../verb.ts';

export const doctorVerb = defineVerb({
  operation: 'doctor',
  name: 'doctor',
  summary: 'check source, configuration, catalog, models, indexes and disk',
  examples: ['doctor'],
  input: () => ({}),
  show: ({ checks }, terminal) => ({
    lines: renderChecks(checks, terminal),
    // The contract's: it has done its work whatever it found; scripts read `ok` of each check.
    exitCode: EXIT.ok,
  }),
});
