import { Option } from 'commander';
import { searchModes } from '../../../contract.ts';
import { EXIT } from '../../../errors.ts';
import { integerOption, pick } from '../options.ts';
import { renderHits } from '../render/lists.ts';
import { defineVerb } from '../verb.ts';

export const searchVerb = defineVerb({
  operation: 'search',
  name: 'search',
  summary: 'search an entity type by meaning, by words, or both',
  examples: ['search products "quiet espresso machine" -k 5', 'search products SKU-4711 --mode text'],
  arguments: [
    ['<type>', 'entity type'],
    ['<query>', 'what to look for, as one argument: quote it'],
  ],
  options: [
    integerOption('-k <n>', 'how many hits, at most 1000').default(10),
    new Option('--mode <mode>', 'vector finds meaning, text finds words, hybrid joins both')
      .choices(searchModes)
      .default('hybrid'),
  ],
  input: ([entityType, query], options) => ({ entityType, query, ...pick(options, 'k', 'mode') }),
  show: (answer, terminal) => ({ lines: renderHits(answer, terminal), exitCode: EXIT.ok }),
});
