import { Option } from 'commander';
import { jobKinds, jobStates, MAX_PAGE, type Output } from '../../../contract.ts';
import { EXIT } from '../../../errors.ts';
import { choicesOption, integerOption, pick, type OptionValues } from '../options.ts';
import { renderJobList } from '../render/jobs.ts';
import { defineVerb } from '../verb.ts';

export const jobsVerb = defineVerb({
  operation: 'jobs',
  name: 'jobs',
  summary: 'list jobs, newest first',
  examples: ['jobs --limit 5', 'jobs --state interrupted --state paused', 'jobs --kind repair'],
  options: [
    choicesOption('--state <state>', 'only jobs in this state; may be repeated', jobStates),
    new Option('--kind <kind>', 'only jobs of this kind').choices(jobKinds),
    new Option('--type <type>', 'only jobs of this entity type'),
    new Option('--before <job>', 'only jobs older than this one'),
    integerOption('--limit <n>', 'list at most n jobs (default 1000)'),
  ],
  input: (_arguments, options) => ({
    entityType: options['type'],
    states: options['state'],
    ...pick(options, 'kind', 'before', 'limit'),
  }),
  calls: inPages,
  show: ({ jobs }, terminal) => ({ lines: renderJobList(jobs, terminal), exitCode: EXIT.ok }),
});

/** From each page to the older ones, until there are as many as were asked for. */
async function inPages(
  call: (input: OptionValues) => Promise<Output<'jobs'>>,
  input: OptionValues,
): Promise<Output<'jobs'>> {
  const wanted = Number(input['limit'] ?? 0);
  if (wanted <= MAX_PAGE) return call(input);
  const all = await call({ ...input, limit: MAX_PAGE });
  while (all.more && all.jobs.length < wanted) {
    const limit = Math.min(MAX_PAGE, wanted - all.jobs.length);
    const page = await call({ ...input, limit, before: all.jobs.at(-1)?.id });
    all.jobs.push(...page.jobs);
    all.more = page.more && page.jobs.length > 0;
  }
  return all;
}
