import { EXIT } from '../../../errors.ts';
import { renderEngine } from '../render/engine.ts';
import { defineVerb } from '../verb.ts';

export const engineVerb = defineVerb({
  operation: 'engine',
  name: 'engine',
  summary: 'show the process that works on the workspace, and whether it reaches the source',
  examples: ['engine', 'engine --json'],
  input: () => ({}),
  show: (output, terminal) => ({ lines: renderEngine(output, terminal), exitCode: EXIT.ok }),
});
