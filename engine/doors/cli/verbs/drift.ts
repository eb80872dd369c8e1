import { Option } from 'commander';
import { driftClasses } from '../../../contract.ts';
import { EXIT } from '../../../errors.ts';
import { countOption, integerOption, pick } from '../options.ts';
import { inPages } from '../pages.ts';
import { renderDriftItems } from '../render/lists.ts';
import { defineVerb } from '../verb.ts';

export const driftVerb = defineVerb({
  operation: 'drift',
  name: 'drift',
  summary: 'list the keys that the latest validation found drifted',
  examples: ['drift products', 'drift products --class stale --limit 20', 'drift products --query espresso'],
  arguments: [['<type>', 'entity type']],
  options: [
    new Option('--class <class>', 'only this class').choices(driftClasses),
    new Option('--query <text>', 'only keys that contain this, or whose texts do; case does not matter'),
    integerOption('--limit <n>', 'list at most n keys (default 1000)'),
    countOption('--offset <n>', 'leave out the first n'),
  ],
  input: ([entityType], options) => ({ entityType, ...pick(options, 'class', 'query', 'limit', 'offset') }),
  calls: inPages,
  show: (output, terminal) => ({ lines: renderDriftItems(output, terminal), exitCode: EXIT.ok }),
});
