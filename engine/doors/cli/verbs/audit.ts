import { EXIT } from '../../../errors.ts';
import { countOption, integerOption, pick } from '../options.ts';
import { renderAudit } from '../render/audit.ts';
import { defineVerb } from '../verb.ts';

export const auditVerb = defineVerb({
  operation: 'audit',
  name: 'audit',
  summary: 'show what a job was asked for, ran with, went through and changed',
  examples: ['audit 12', 'audit 12 --limit 1000 --json'],
  arguments: [['<job>', 'job number']],
  options: [
    integerOption('--limit <n>', 'list at most n changed keys, at most 10000 (default 100)'),
    countOption('--offset <n>', 'leave out the first n'),
  ],
  input: ([job], options) => ({ job, ...pick(options, 'limit', 'offset') }),
  show: (output, terminal) => ({ lines: renderAudit(output, terminal), exitCode: EXIT.ok }),
});
