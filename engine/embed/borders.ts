/**
 * Where a text may be cut, best places first: between paragraphs, sentences, lines, words, and, inside something that
 * has no such place (a 1 MB word, a base64 blob), anywhere between two characters. One pass, linear in the text.
 */

/** Ranks of borders; a higher one is a better place to cut. */
export const BORDER = { hard: 0, word: 1, line: 2, sentence: 3, paragraph: 4 } as const;

/**
 * A text as short pieces without white space at their ends. Every character that is not white belongs to exactly one
 * piece; what lies between two pieces is white space or nothing.
 */
export interface Pieces {
  /** UTF-16 offsets: piece i is [starts[i], ends[i]). */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Rank of the border before piece i ({@link BORDER}). */
  readonly ranks: readonly number[];
}

/**
 * Longer runs without white space are cut at words (by dictionary, for Chinese, Japanese or Thai) and then anywhere.
 * Longer than almost every word of a language that uses spaces, so that those words stay whole.
 */
const MAX_PIECE_CHARS = 32;

const sentenceSegmenter = new Intl.Segmenter('und', { granularity: 'sentence' });
const wordSegmenter = new Intl.Segmenter('und', { granularity: 'word' });

export function cutIntoPieces(text: string): Pieces {
  const pieces = { starts: [] as number[], ends: [] as number[], ranks: [] as number[] };
  const add = (start: number, end: number, rank: number): void => {
    pieces.starts.push(start);
    pieces.ends.push(end);
    pieces.ranks.push(rank);
  };
  const sentences = sentenceStarts(text);
  let sentence = sentences.next();
  let end = 0;
  for (const run of text.matchAll(/\S+/g)) {
    let rank = gapRank(text, end, run.index);
    let start = run.index;
    end = run.index + run[0].length;
    // Sentence starts inside the run: scripts without spaces, where a full stop is followed by the next sentence.
    while (!sentence.done && sentence.value < end) {
      const at = sentence.value;
      sentence = sentences.next();
      if (at > start) {
        addRun(text, start, at, rank, add);
        start = at;
        rank = BORDER.sentence;
      } else {
        rank = Math.max(rank, BORDER.sentence);
      }
    }
    addRun(text, start, end, rank, add);
  }
  return pieces;
}

/** Offsets at which a sentence starts. Line ends count as spaces, because hard-wrapped prose breaks mid-sentence. */
function* sentenceStarts(text: string): Generator<number, undefined> {
  const unwrapped = text.replace(/[\r\n]/g, ' ');
  for (const { index } of sentenceSegmenter.segment(unwrapped)) yield index;
}

/** The rank of the border that a stretch of white space makes. */
function gapRank(text: string, start: number, end: number): number {
  let lineEnds = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2029) return BORDER.paragraph;
    const carriageReturn = code === 0x0d && text.charCodeAt(at + 1) !== 0x0a;
    if (code === 0x0a || code === 0x2028 || carriageReturn) lineEnds += 1;
  }
  if (lineEnds > 1) return BORDER.paragraph;
  return lineEnds === 1 ? BORDER.line : BORDER.word;
}

type Add = (start: number, end: number, rank: number) => void;

/** Adds a run without white space, cut where it is too long; `rank` is that of the border before it. */
function addRun(text: string, start: number, end: number, rank: number, add: Add): void {
  if (end - start <= MAX_PIECE_CHARS) {
    add(start, end, rank);
    return;
  }
  for (const { index, segment } of wordSegmenter.segment(text.slice(start, end))) {
    const wordStart = start + index;
    addWord(text, wordStart, wordStart + segment.length, index === 0 ? rank : BORDER.word, add);
  }
}

function addWord(text: string, start: number, end: number, rank: number, add: Add): void {
  for (let at = start; at < end;) {
    const next = end - at <= MAX_PIECE_CHARS ? end : characterBorder(text, at + MAX_PIECE_CHARS);
    add(at, next, at === start ? rank : BORDER.hard);
    at = next;
  }
}

/** `at`, or one less where that would cut a surrogate pair in two. */
export function characterBorder(text: string, at: number): number {
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  const insidePair = before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
  return insidePair ? at - 1 : at;
}
