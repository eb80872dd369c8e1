import { Option } from 'commander';
import { letterStages } from '../../../contract.ts';
import { EXIT } from '../../../errors.ts';
import { countOption, integerOption, pick } from '../options.ts';
import { inPages } from '../pages.ts';
import { renderDeadLetters } from '../render/lists.ts';
import { defineVerb } from '../verb.ts';

export const deadLettersVerb = defineVerb({
  operation: 'deadLetters',
  name: 'dead-letters',
  summary: 'list the entities that failed for good, and why',
  examples: ['dead-letters', 'dead-letters products', 'dead-letters products --stage embed'],
  arguments: [['[type]', 'entity type']],
  options: [
    new Option('--stage <stage>', 'only those that failed there').choices(letterStages),
    new Option('--code <code>', 'only those with this code'),
    new Option('--groups', 'also count all of them by type, stage and code'),
    integerOption('--limit <n>', 'list at most n (default 1000)'),
    countOption('--offset <n>', 'leave out the first n'),
  ],
  input: ([entityType], options) => ({
    entityType,
    ...pick(options, 'stage', 'code', 'groups', 'limit', 'offset'),
  }),
  calls: inPages,
  show: (output, terminal, { offset }) => ({
    lines: renderDeadLetters(output, terminal, Number(offset ?? 0)),
    exitCode: EXIT.ok,
  }),
});
