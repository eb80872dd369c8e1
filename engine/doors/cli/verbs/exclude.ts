import { Option } from 'commander';
import { EXIT } from '../../../errors.ts';
import { pick, repeatedOption } from '../options.ts';
import { renderDeadLetters } from '../render/lists.ts';
import { defineVerb } from '../verb.ts';

export const excludeVerb = defineVerb({
  operation: 'exclude',
  name: 'exclude',
  summary: 'set dead letters aside: no job tries them, and they count as no failure',
  examples: ['exclude products --key SKU-4711 --reason "a scan without text"'],
  arguments: [['<type>', 'entity type']],
  options: [
    repeatedOption(
      '--key <key>',
      'a dead letter, as `dead-letters` prints it; may be repeated',
    ).makeOptionMandatory(),
    new Option('--reason <text>', 'why; shown wherever they are listed').makeOptionMandatory(),
  ],
  input: ([entityType], options) => ({ entityType, keys: options['key'], ...pick(options, 'reason') }),
  show: (output, terminal) => ({ lines: renderDeadLetters(output, terminal), exitCode: EXIT.ok }),
});
