import { EXIT } from '../../../errors.ts';
import { repeatedOption } from '../options.ts';
import { renderDeadLetters } from '../render/lists.ts';
import { defineVerb } from '../verb.ts';

export const includeVerb = defineVerb({
  operation: 'include',
  name: 'include',
  summary: 'take excluded dead letters back: jobs try them again',
  examples: ['include products --key SKU-4711'],
  arguments: [['<type>', 'entity type']],
  options: [
    repeatedOption(
      '--key <key>',
      'an excluded dead letter, as `dead-letters` prints it; may be repeated',
    ).makeOptionMandatory(),
  ],
  input: ([entityType], options) => ({ entityType, keys: options['key'] }),
  show: (output, terminal) => ({ lines: renderDeadLetters(output, terminal), exitCode: EXIT.ok }),
});
