/**
 * How the built-in model's tokenizer cuts text into words. The patterns are written into its tokenizer.json, so that
 * training and use agree; only what JavaScript and Oniguruma (the Hugging Face tokenizers) read alike may stand in them.
 */

/** Marks that people leave out when they search: accents, Hebrew and Arabic vowels, variants and joints of emoji. */
export const MARKS_PATTERN = '[\\u0300-\\u036f\\u0591-\\u05c7\\u064b-\\u065f\\u200d\\ufe00-\\ufe0f]';

/**
 * A run of letters and digits, or one character of anything else. Han characters stand alone: Chinese and Japanese
 * write without spaces, and a run of them would be one "word" that nobody searches for.
 */
export const WORD_PATTERN =
  '[\\u3400-\\u9fff]|(?:(?![\\u3400-\\u9fff])[\\p{L}\\p{N}\\p{M}])+|[^\\s\\p{L}\\p{N}\\p{M}]';

const marks = new RegExp(MARKS_PATTERN, 'gu');
const word = new RegExp(WORD_PATTERN, 'gu');

/** Compatibility forms taken apart, accents dropped, lower case: "Ｃafé" and "cafe" are one. */
export function normalize(text: string): string {
  return text.normalize('NFKD').replace(marks, '').toLowerCase();
}

export function words(text: string): string[] {
  return normalize(text).match(word) ?? [];
}

/** Whether a token carries no letter and no digit. */
export function isSymbol(token: string): boolean {
  return !/[\p{L}\p{N}]/u.test(token);
}
