import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BORDER, cutIntoPieces } from '../../engine/embed/borders.ts';
import { chunkSpans, type TokenCounter } from '../../engine/embed/chunk.ts';

/** Ways in which tokenizers count; real ones are tested in embedder.test.ts. `overhead` stands for [CLS] and [SEP]. */
function counter(count: (text: string) => number, overhead = 2): TokenCounter {
  return { count, countSent: (text) => count(text) + overhead };
}
const words = (text: string): string[] => text.match(/\S+/g) ?? [];
const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);

const counters: Record<string, TokenCounter> = {
  'one token per word': counter((text) => words(text).length),
  'subwords of four characters': counter((text) =>
    sum(words(text).map((word) => Math.ceil(word.length / 4))),
  ),
  'bytes, white space included': counter((text) => Buffer.byteLength(text), 0),
  'long words unknown': counter((text) =>
    sum(words(text).map((word) => (word.length > 20 ? 1 : word.length))),
  ),
  'one more token per call': counter((text) => words(text).length + (text === '' ? 0 : 1), 3),
  'depends on the whole text': counter((text) => words(text).length + (text.length % 7), 1),
  'sees no control characters': counter((text) => text.replace(/[\s\p{Cc}]/gu, '').length),
};

const text = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.stringMatching(/^[a-z]{1,12}$/) },
      { weight: 2, arbitrary: fc.constantFrom('. ', '! ', '\n', '\n\n', '\r\n\r\n', '   ', '。', '\t') },
      { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 50 }) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 50 }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('吾輩は猫である名前はまだ無い', 'x'.repeat(90), '😀'.repeat(40)),
      },
    ),
    { maxLength: 120 },
  )
  .map((parts) => parts.map((part, i) => (i % 2 === 0 ? part : `${part} `)).join(''));

const limits = fc.record({
  maxTokens: fc.integer({ min: 5, max: 60 }),
  overlapTokens: fc.integer({ min: 0, max: 20 }),
});

/** Offsets of white characters and of those that the counter gives no token. */
function nothingToEmbed(whole: string, at: number, tokens: TokenCounter): boolean {
  const character = whole[at] ?? '';
  return !/\S/.test(character) || tokens.count(character) === 0;
}

describe.each(Object.entries(counters))('with a tokenizer of %s', (_name, tokens) => {
  test('chunks cover the text, fit, move forward and never cut a character', () => {
    fc.assert(
      fc.property(text, limits, (whole, bounds) => {
        const spans = chunkSpans(whole, bounds, tokens);
        let covered = 0;
        let previousStart = -1;
        for (const span of spans) {
          const piece = whole.slice(span.start, span.end);
          expect(span.tokens).toBe(tokens.countSent(piece));
          const oneCharacter = [...piece].length === 1;
          if (!oneCharacter) expect(span.tokens).toBeLessThanOrEqual(bounds.maxTokens);
          expect(span.start).toBeGreaterThan(previousStart);
          expect(span.end).toBeGreaterThan(covered);
          expect(insidePair(whole, span.start) || insidePair(whole, span.end)).toBe(false);
          for (let at = covered; at < span.start; at++) {
            expect(nothingToEmbed(whole, at, tokens)).toBe(true);
          }
          previousStart = span.start;
          covered = span.end;
        }
        for (let at = covered; at < whole.length; at++) {
          expect(nothingToEmbed(whole, at, tokens)).toBe(true);
        }
      }),
    );
  });

  test('a chunk shares at most the overlap with the one before', () => {
    fc.assert(
      fc.property(text, limits, (whole, bounds) => {
        const spans = chunkSpans(whole, bounds, tokens);
        for (const [index, span] of spans.entries()) {
          const before = spans[index - 1];
          if (before === undefined || before.end <= span.start) continue;
          expect(tokens.count(whole.slice(span.start, before.end))).toBeLessThanOrEqual(bounds.overlapTokens);
        }
      }),
    );
  });

  test('a text that fits is one chunk, the whole of it', () => {
    fc.assert(
      fc.property(text, (whole) => {
        const maxTokens = tokens.countSent(whole);
        fc.pre(/\S/.test(whole) && maxTokens > tokens.countSent('') && whole.length <= maxTokens * 32);
        const spans = chunkSpans(whole, { maxTokens, overlapTokens: 5 }, tokens);
        expect(spans).toEqual([{ start: 0, end: whole.length, tokens: maxTokens }]);
      }),
    );
  });
});

function insidePair(whole: string, at: number): boolean {
  return /[\uD800-\uDBFF]/.test(whole[at - 1] ?? '') && /[\uDC00-\uDFFF]/.test(whole[at] ?? '');
}

describe('chunkSpans', () => {
  const byWord = counters['one token per word'] as TokenCounter;
  const slices = (whole: string, maxTokens: number, overlapTokens = 0): string[] =>
    chunkSpans(whole, { maxTokens, overlapTokens }, byWord).map(({ start, end }) => whole.slice(start, end));

  test('prefers paragraphs, then sentences, then lines, then words', () => {
    expect(slices('a b c. d\n\ne f g h', 9)).toEqual(['a b c. d', 'e f g h']);
    expect(slices('One two three four. Five six seven eight.', 9)).toEqual([
      'One two three four.',
      'Five six seven eight.',
    ]);
    expect(slices('one two three four\nfive six seven eight', 9)).toEqual([
      'one two three four',
      'five six seven eight',
    ]);
    expect(slices('a b c d e f g h', 7)).toEqual(['a b c d e', 'f g h']);
  });

  test('starts the overlap at a sentence where one is in reach', () => {
    expect(slices('A b c. D e. F g h. I j k.', 10, 4)).toEqual(['A b c. D e. F g h.', 'F g h. I j k.']);
  });

  test('has no chunk for empty, white or invisible text', () => {
    const bounds = { maxTokens: 10, overlapTokens: 2 };
    expect(chunkSpans('', bounds, byWord)).toEqual([]);
    expect(chunkSpans(' \n\t\u3000 ', bounds, byWord)).toEqual([]);
    const invisible = counters['sees no control characters'] as TokenCounter;
    expect(chunkSpans('\u0000\u0001', bounds, invisible)).toEqual([]);
  });

  test('refuses a limit that prefix and special tokens use up', () => {
    expect(() => chunkSpans('text', { maxTokens: 2, overlapTokens: 0 }, byWord)).toThrow(
      expect.objectContaining({ code: 'CHUNK_TOO_SMALL', exitCode: 2 }),
    );
  });

  test('a character that exceeds the window alone is a chunk that says so', () => {
    const bytes = counters['bytes, white space included'] as TokenCounter;
    expect(chunkSpans('ab😀', { maxTokens: 3, overlapTokens: 0 }, bytes)).toEqual([
      { start: 0, end: 2, tokens: 2 },
      { start: 2, end: 4, tokens: 4 },
    ]);
  });

  test.each([
    ['prose', 'The quick brown fox jumps over the lazy dog. It was, in fact, quite lazy!\n\n'.repeat(70_000)],
    ['one word', 'x'.repeat(1_000_000)],
    ['Japanese without spaces', '吾輩は猫である名前はまだ無い'.repeat(80_000)],
    ['punctuation', '.'.repeat(1_000_000)],
    ['a gap', `a${' '.repeat(2_000_000)}b ${'c '.repeat(1000)}`],
  ])('counts a large text a few times at most: %s', (_name, whole) => {
    let counted = 0;
    let longest = 0;
    const count = (piece: string): number => {
      counted += piece.length;
      longest = Math.max(longest, piece.length);
      return sum(words(piece).map((word) => Math.ceil(word.length / 4)));
    };
    const spans = chunkSpans(whole, { maxTokens: 256, overlapTokens: 32 }, counter(count));
    expect(spans.at(-1)?.end).toBe(whole.trimEnd().length);
    expect(counted).toBeLessThan(5 * whole.length);
    expect(longest).toBeLessThan(50_000);
  });

  test('fills the window although pieces cost more alone than together', () => {
    const pessimist = counter((piece) => words(piece).length + (words(piece).length === 1 ? 1 : 0));
    const spans = chunkSpans('word '.repeat(1000).trim(), { maxTokens: 102, overlapTokens: 0 }, pessimist);
    expect(spans).toHaveLength(10);
  });
});

describe('cutIntoPieces', () => {
  test('ranks the border before each piece', () => {
    const whole = 'One two.  Three\nfour\r\n\r\nfive';
    const pieces = cutIntoPieces(whole);
    expect(pieces.starts.map((start, i) => whole.slice(start, pieces.ends[i]))).toEqual([
      'One',
      'two.',
      'Three',
      'four',
      'five',
    ]);
    expect(pieces.ranks.slice(1)).toEqual([BORDER.word, BORDER.sentence, BORDER.line, BORDER.paragraph]);
  });

  test('finds sentences and words where there are no spaces', () => {
    const whole = '吾輩は猫である。名前はまだ無い。' + 'どこで生れたかとんと見当がつかぬ'.repeat(3);
    const pieces = cutIntoPieces(whole);
    expect(pieces.ranks.filter((rank) => rank === BORDER.sentence)).toHaveLength(3);
    expect(pieces.ranks).toContain(BORDER.word);
  });
});
