/**
 * Brings a change into a text that a library would write in another way. `before` is the library's form of the text, `after`
 * of the changed one: lines that are in both are taken as they were written, the others from `after`. Pure.
 */

/** More pairs of lines than are worth comparing: what lies between the first and the last difference is taken as different. */
const MAX_PAIRS = 4_000_000;

/** Lines of the written text that became lines of the library's: ranges, [start, end). */
interface Segment {
  readonly before: { readonly start: number; readonly end: number };
  readonly written: { readonly start: number; end: number };
}

export function mergeLines(
  written: readonly string[],
  before: readonly string[],
  after: readonly string[],
): string[] {
  const segmentAt = new Map(segments(written, before).map((segment) => [segment.before.start, segment]));
  const kept = new Map(commonLines(before, after).map(([i, j]) => [j, i]));
  const lines: string[] = [];
  for (let j = 0; j < after.length;) {
    const segment = segmentAt.get(kept.get(j) ?? -1);
    const length = segment === undefined ? 0 : segment.before.end - segment.before.start;
    const isWhole =
      segment !== undefined &&
      Array.from({ length }, (_, n) => kept.get(j + n) === segment.before.start + n).every(Boolean);
    if (isWhole) lines.push(...written.slice(segment.written.start, segment.written.end));
    else lines.push(after[j] ?? '');
    j += isWhole ? length : 1;
  }
  return lines;
}

/** A line that is the same but for its white space is a segment; what lies between two of them is one, too. */
function segments(written: readonly string[], before: readonly string[]): Segment[] {
  const bare = (lines: readonly string[]): string[] => lines.map((line) => line.replaceAll(/\s/g, ''));
  const found: Segment[] = [];
  let [i, j] = [0, 0];
  for (const [at, to] of [
    ...commonLines(bare(written), bare(before)),
    [written.length, before.length],
  ] as const) {
    if (to > j) found.push({ before: { start: j, end: to }, written: { start: i, end: at } });
    else if (at > i) {
      // The library has dropped these: they stay with the line before them.
      const last = found.at(-1);
      if (last !== undefined) last.written.end = at;
    }
    if (to < before.length)
      found.push({ before: { start: to, end: to + 1 }, written: { start: at, end: at + 1 } });
    [i, j] = [at + 1, to + 1];
  }
  return found;
}

/** Pairs of indexes of lines that are the same, ascending in both. */
function commonLines(one: readonly string[], other: readonly string[]): [i: number, j: number][] {
  const shorter = Math.min(one.length, other.length);
  let start = 0;
  while (start < shorter && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < shorter - start && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  const middle = longestCommon(one.slice(start, one.length - end), other.slice(start, other.length - end));
  return [
    ...Array.from({ length: start }, (_, n): [number, number] => [n, n]),
    ...middle.map(([i, j]): [number, number] => [start + i, start + j]),
    ...Array.from({ length: end }, (_, n): [number, number] => [
      one.length - end + n,
      other.length - end + n,
    ]),
  ];
}

/** The longest common subsequence, by the textbook. */
function longestCommon(one: readonly string[], other: readonly string[]): [i: number, j: number][] {
  if (one.length * other.length > MAX_PAIRS) return [];
  const lengths = Array.from({ length: one.length + 1 }, () => new Uint16Array(other.length + 1));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = one.length - 1; i >= 0; i -= 1) {
    const row = lengths[i] ?? new Uint16Array();
    for (let j = other.length - 1; j >= 0; j -= 1)
      row[j] = one[i] === other[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < one.length && j < other.length;) {
    if (one[i] === other[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}
