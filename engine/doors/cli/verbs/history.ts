import { EXIT } from '../../../errors.ts';
import { integerOption, pick } from '../options.ts';
import { renderHistory } from '../render/history.ts';
import { defineVerb } from '../verb.ts';

export const historyVerb = defineVerb({
  operation: 'history',
  name: 'history',
  summary: 'list past validations, oldest first',
  examples: ['history', 'history products --limit 5'],
  arguments: [['[type]', 'entity type']],
  options: [integerOption('--limit <n>', 'the latest n of each type, at most 1000 (default 30)')],
  input: ([entityType], options) => ({ entityType, ...pick(options, 'limit') }),
  show: ({ reports }, terminal) => ({ lines: renderHistory(reports, terminal), exitCode: EXIT.ok }),
});
