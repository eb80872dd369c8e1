import { Option } from 'commander';
import { driftClasses } from '../../../contract.ts';
import { EXIT } from '../../../errors.ts';
import { integerOption, pick } from '../options.ts';
import { renderDriftItems } from '../render/lists.ts';
import { defineVerb } from '../verb.ts';

export const driftVerb = defineVerb({
  operation: 'drift',
  name: 'drift',
  summary: 'list the keys that the latest validation found drifted',
  examples: ['drift products', 'drift products --class stale --limit 20'],
  arguments: [['<type>', 'entity type']],
  options: [
    new Option('--class <class>', 'only this class').choices(driftClasses),
    integerOption('--limit <n>', 'list at most n keys (default 1000)'),
  ],
  input: ([entityType], options) => ({ entityType, ...pick(options, 'class', 'limit') }),
  show: (output, terminal) => ({ lines: renderDriftItems(output, terminal), exitCode: EXIT.ok }),
});
