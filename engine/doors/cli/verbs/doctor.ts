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
    // What it finds wants a person's decision; scripts need to hear of it.
    exitCode: checks.every((check) => check.ok) ? EXIT.ok : EXIT.usage,
  }),
});
