/** A deep validation's results as sentences; the first one says the most. Pure. */
import type { DeepResult } from '../../../engine/contract.ts';
import { formatCount, formatPercent, formatPlural, formatScore } from '../../format.ts';

export function describeDeep(deep: DeepResult): [string, ...string[]] {
  const { recall, reembedded, selfQuery, rebuilt } = deep;
  return [
    recall === null
      ? 'it is empty, so its recall cannot be measured'
      : `finds ${formatPercent(100 * recall.value)} of the true ${recall.k} nearest neighbours (${interval(recall)})`,
    `${formatPlural(deep.documents, 'document', 'documents')} and ${formatPlural(deep.vectors, 'vector', 'vectors')} compared, bit by bit`,
    `${formatCount(selfQuery.found)} of ${formatPlural(selfQuery.sampled, 'sampled vector', 'sampled vectors')} found when asked for exactly them`,
    ...(reembedded === null
      ? []
      : [
          `${formatPlural(reembedded.sampled, 'text', 'texts')} embedded again: ${reembedded.differing === 0 ? 'none differs' : `${formatCount(reembedded.differing)} differ`} (cosine distance up to ${formatScore(reembedded.worst)}, allowed ${formatScore(reembedded.tolerance)})`,
        ]),
    `${formatPlural(deep.tombstones, 'dropped vector', 'dropped vectors')} still in the index`,
    deep.fullTextSound
      ? 'the full-text index agrees with the documents'
      : 'the full-text index does not agree with the documents: a repair makes it anew',
    ...(rebuilt === null
      ? []
      : [`the index on disk could not be used and was rebuilt first: ${rebuilt.message}`]),
  ];
}

function interval({ low, high, sampled }: { low: number; high: number; sampled: number }): string {
  const queries = formatPlural(sampled, 'query', 'queries');
  return low === high
    ? `exact, ${queries}`
    : `95 % sure between ${formatPercent(100 * low)} and ${formatPercent(100 * high)}, ${queries}`;
}
