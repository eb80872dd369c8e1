/** What differs between two texts, word by word, within a bounded time and size. Pure. */
import { diffWordsWithSpace } from 'diff';

export interface Piece {
  readonly text: string;
  readonly isChanged: boolean;
}

export interface WordDiff {
  readonly indexed: readonly Piece[];
  readonly current: readonly Piece[];
  /**
   * `words`: compared in full; `large`: only between what both begin and end with, as one change, because the rest is too long
   * or too different to be compared word by word.
   */
  readonly detail: 'words' | 'large';
}

/** Characters that are compared word by word, of each text. */
export const MAX_COMPARED = 50_000;
/** Longer than this nobody waits for a window to answer. */
const MAX_MS = 150;

export function wordDiff(indexed: string, current: string): WordDiff {
  const start = commonStart(indexed, current);
  const end = commonEnd(indexed.slice(start), current.slice(start));
  const [before, after] = [
    indexed.slice(start, indexed.length - end),
    current.slice(start, current.length - end),
  ];
  const around = (middle: readonly Piece[]): Piece[] =>
    [
      { text: indexed.slice(0, start), isChanged: false },
      ...middle,
      { text: indexed.slice(indexed.length - end), isChanged: false },
    ].filter(({ text }) => text !== '');
  const changes =
    Math.max(before.length, after.length) > MAX_COMPARED
      ? undefined
      : diffWordsWithSpace(before, after, { timeout: MAX_MS });
  if (changes === undefined)
    return {
      indexed: around([{ text: before, isChanged: true }]),
      current: around([{ text: after, isChanged: true }]),
      detail: 'large',
    };
  return {
    indexed: around(
      changes
        .filter(({ added }) => !added)
        .map(({ value, removed }) => ({ text: value, isChanged: removed })),
    ),
    current: around(
      changes
        .filter(({ removed }) => !removed)
        .map(({ value, added }) => ({ text: value, isChanged: added })),
    ),
    detail: 'words',
  };
}

/** Up to a border between words. */
function commonStart(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  let at = 0;
  while (at < length && one.charCodeAt(at) === other.charCodeAt(at)) at += 1;
  if (at === one.length && at === other.length) return at;
  while (at > 0 && !isBorder(one, at)) at -= 1;
  return at;
}

function commonEnd(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  let count = 0;
  while (
    count < length &&
    one.charCodeAt(one.length - 1 - count) === other.charCodeAt(other.length - 1 - count)
  )
    count += 1;
  while (count > 0 && !isBorder(one, one.length - count)) count -= 1;
  return count;
}

/** Where a word does not go on, and no character is cut in two. */
const isBorder = (text: string, at: number): boolean => /\s/.test(text[at - 1] ?? ' ');

/** A piece to show, or the number of characters left out between two. */
export type Shown = Piece | { readonly leftOut: number };

/** Characters of unchanged text kept on each side of a change. */
const CONTEXT = 240;

/** Leaves out the middles of long stretches that did not change. */
export function condense(pieces: readonly Piece[]): Shown[] {
  return pieces.flatMap((piece, i): Shown[] => {
    const { text, isChanged } = piece;
    const head = i === 0 ? 0 : CONTEXT;
    const tail = i === pieces.length - 1 ? 0 : CONTEXT;
    const leftOut = text.length - head - tail;
    // A text without a change begins at its beginning.
    if (isChanged || pieces.length === 1 || leftOut <= CONTEXT) return [piece];
    const kept: Shown[] = [
      { text: text.slice(0, head).toWellFormed(), isChanged },
      { leftOut },
      { text: text.slice(text.length - tail).toWellFormed(), isChanged },
    ];
    return kept.filter((part) => !('text' in part) || part.text !== '');
  });
}

/** Characters of one text shown at once. */
export const MAX_SHOWN = 20_000;

/** Cuts off what is beyond the bound; says how many characters that is. */
export function bound(pieces: readonly Shown[], limit = MAX_SHOWN): { shown: Shown[]; cutOff: number } {
  const shown: Shown[] = [];
  let [room, cutOff] = [limit, 0];
  for (const piece of pieces) {
    if (!('text' in piece)) {
      if (cutOff === 0) shown.push(piece);
      else cutOff += piece.leftOut;
      continue;
    }
    const { text } = piece;
    if (room > 0) shown.push({ ...piece, text: text.slice(0, room).toWellFormed() });
    cutOff += Math.max(0, text.length - room);
    room = Math.max(0, room - text.length);
  }
  return { shown, cutOff };
}
