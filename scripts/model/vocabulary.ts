/**
 * The built-in model's vocabulary: the most frequent words of the corpora, the pieces that the remaining words are
 * best cut into, and every character of the scripts in use.
 */
import { CORPORA, paragraphs, type Corpus } from './corpus.ts';
import { isSymbol, normalize, words } from './words.ts';

const WORDS = 14_000;
const PIECES = 3_000;
const MAX_WORD_LENGTH = 20;
const MAX_PIECE_LENGTH = 4;

/** Sizes differ a hundredfold; equal shares would let the factbook's countries rule, so prose of today counts most. */
const SHARES: Record<Corpus, number> = { wordnet: 0.3, openstax: 0.3, factbook: 0.1, gutenberg: 0.3 };

/** Scripts whose characters are all in the vocabulary, alone and inside a word. */
const SCRIPTS =
  'Latin Greek Cyrillic Armenian Georgian Hebrew Arabic Devanagari Bengali Gurmukhi Gujarati Tamil Telugu Kannada ' +
  'Malayalam Sinhala Thai Lao Khmer Myanmar Ethiopic Hangul Hiragana Katakana';

export type Frequencies = ReadonlyMap<string, number>;

export interface Vocabulary {
  /** Tokens with a row of their own: specials, words, pieces, ASCII. Ids are places. */
  readonly rows: readonly string[];
  /** Letters of other scripts, alone and inside a word, that share hashed rows; their ids follow. */
  readonly letters: readonly string[];
  /** Characters that are always alone: Chinese ones, symbols, emoji. They share hashed rows, too, and come last. */
  readonly loners: readonly string[];
}

/** How likely each word of the corpora is, as the shares weigh them; what occurs once is mostly noise. */
export async function countWords(): Promise<Frequencies> {
  const frequencies = new Map<string, number>();
  for (const corpus of CORPORA) {
    const counts = new Map<string, number>();
    let total = 0;
    for await (const paragraph of paragraphs(corpus)) {
      for (const word of words(paragraph)) {
        counts.set(word, (counts.get(word) ?? 0) + 1);
        total++;
      }
    }
    for (const [word, count] of counts) {
      if (count < 2) continue;
      frequencies.set(word, (frequencies.get(word) ?? 0) + (SHARES[corpus] * count) / total);
    }
  }
  return frequencies;
}

export function buildVocabulary(special: readonly string[], frequencies: Frequencies): Vocabulary {
  const candidates = [...frequencies]
    .filter(([word]) => /^[a-z0-9]+$/.test(word) && word.length <= MAX_WORD_LENGTH)
    .sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1));
  const wholeWords = candidates.slice(0, WORDS).map(([word]) => word);
  const rows = new Set([...special, ...ascii(), ...wholeWords, ...frequentPieces(candidates.slice(WORDS))]);
  return { rows: [...rows], ...otherCharacters() };
}

/**
 * Pieces that cover most of the words left out. The square root keeps a single frequent name from winning pieces that
 * nothing else uses; the length prefers few long pieces to many short ones.
 */
function frequentPieces(words: readonly (readonly [string, number])[]): string[] {
  const gains = new Map<string, number>();
  for (const [word, frequency] of words) {
    for (let start = 1; start < word.length; start++) {
      for (let length = 2; length <= MAX_PIECE_LENGTH && start + length <= word.length; length++) {
        const piece = `##${word.slice(start, start + length)}`;
        gains.set(piece, (gains.get(piece) ?? 0) + length * Math.sqrt(frequency));
      }
    }
  }
  return [...gains]
    .sort(([a, left], [b, right]) => right - left || (a < b ? -1 : 1))
    .slice(0, PIECES)
    .map(([piece]) => piece);
}

function ascii(): string[] {
  const characters = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).filter(
    (character) => character === character.toLowerCase(),
  );
  return [
    ...characters,
    ...characters.filter((character) => !isSymbol(character)).map((inner) => `##${inner}`),
  ];
}

function otherCharacters(): Pick<Vocabulary, 'letters' | 'loners'> {
  const script = new RegExp(`[${SCRIPTS.replace(/(\w+) ?/g, '\\p{Script=$1}')}]`, 'u');
  const alone = /[\u4e00-\u9fff]|[^\p{L}\p{M}\p{N}\p{Cc}\p{Cs}\p{Co}\p{Cn}\s]/u;
  const letters: string[] = [];
  const loners: string[] = [];
  for (let code = 0x80; code < 0x20000; code++) {
    const character = String.fromCodePoint(code);
    // What the normalizer changes never reaches the vocabulary.
    if (normalize(character) !== character) continue;
    if (alone.test(character)) loners.push(character);
    else if (script.test(character)) letters.push(character, `##${character}`);
  }
  return { letters, loners };
}
