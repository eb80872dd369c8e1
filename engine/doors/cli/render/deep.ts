/** What a deep validation looked at, in words: the same on the terminal and on the page. Pure. */
import { isRecallLow } from '../../../recall.ts';
import type { DeepResult } from '../../../contract.ts';
import { clean, formatCount, plural } from '../format.ts';

export function deepLines(deep: DeepResult): string[] {
  return [
    `index: ${plural(deep.documents, 'document')} and ${plural(deep.vectors, 'vector')} compared${tombstones(deep)}`,
    ...recallLine(deep),
    ...(isRecallLow({ deep })
      ? ['RECALL LOW: `plumbline compact` builds the index anew, in an order that serves it better']
      : []),
    ...reembeddedLine(deep),
    ...(deep.rebuilt === null
      ? []
      : [`index rebuilt from the catalog: ${clean(deep.rebuilt.code)}: ${clean(deep.rebuilt.message)}`]),
    ...(deep.fullTextSound ? [] : ['FULL TEXT DAMAGED: searches by words do not find what they should']),
  ];
}

const tombstones = ({ tombstones: count }: DeepResult): string =>
  count === 0 ? '' : `, ${plural(count, 'dropped vector')} still in it`;

function recallLine({ recall, selfQuery }: DeepResult): string[] {
  if (recall === null) return [];
  const { k, sampled, value, low, high } = recall;
  const interval = low === high ? 'exact' : `95 % sure between ${percent(low)} and ${percent(high)}`;
  return [
    `recall@${k} ${percent(value)} (${interval}, ${plural(sampled, 'query', 'queries')}), ` +
      `${formatCount(selfQuery.found)} of ${plural(selfQuery.sampled, 'vector')} found by themselves`,
  ];
}

function reembeddedLine({ reembedded }: DeepResult): string[] {
  if (reembedded === null) return [];
  const { sampled, differing, tolerance, worst } = reembedded;
  const verdict = differing === 0 ? 'none differs' : `${formatCount(differing)} differ`;
  return [
    `${plural(sampled, 'text')} embedded again: ${verdict} (cosine distance up to ${distance(worst)}, allowed ${distance(tolerance)})`,
  ];
}

/** Rounded down, so that 100 % means all. */
const percent = (share: number): string => `${Math.floor(share * 1000 + 1e-9) / 10} %`;

const distance = (value: number): string => (value < 1e-6 ? '0' : String(Number(value.toPrecision(2))));
