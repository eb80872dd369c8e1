/** One drifted key as a line. */
import type { DriftItem } from '../../../contract.ts';
import { excerpt } from '../format.ts';
import type { Terminal } from '../terminal.ts';

/** Characters of a key shown in a list. */
export const KEY_LENGTH = 40;
/** Fewer characters of a text tell nothing. */
const MIN_TEXT = 24;
/** What stands before an item in any list. */
const INDENT = 12;

/** Classes whose texts agree: what is wrong with them is the news. */
const SAME_TEXT: readonly DriftItem['class'][] = ['lost', 'corrupt'];

/** The key, and the text: of a stale one what was embedded and what the source says now. */
export function itemLine(item: DriftItem, terminal: Terminal): string {
  const key = excerpt(item.key, KEY_LENGTH);
  const room = terminal.columns - INDENT - key.length;
  const { text: now, indexedText: before } = item;
  if (item.class === 'stale' && now !== null && before !== null) {
    const half = Math.max(MIN_TEXT, Math.floor((room - 'was: now:  '.length) / 2));
    const [was, is] = fromDifference(before, now);
    return `${key}  was: ${excerpt(was, half)}  now: ${excerpt(is, half)}`;
  }
  const text = now ?? before;
  if (SAME_TEXT.includes(item.class) && text !== null) {
    const left = Math.max(MIN_TEXT, room - item.reason.length - 2);
    return `${key}  ${item.reason}: ${excerpt(text, left)}`;
  }
  return `${key}  ${text === null || text === '' ? item.reason : excerpt(text, Math.max(MIN_TEXT, room))}`;
}

/** Characters shown before the first difference. */
const BEFORE_DIFFERENCE = 10;

/** Both texts from shortly before where they begin to differ: their common beginning tells nothing. */
function fromDifference(before: string, now: string): [string, string] {
  let at = 0;
  while (at < before.length && at < now.length && before[at] === now[at]) at += 1;
  const from = at - BEFORE_DIFFERENCE;
  return from <= BEFORE_DIFFERENCE ? [before, now] : [`…${before.slice(from)}`, `…${now.slice(from)}`];
}
