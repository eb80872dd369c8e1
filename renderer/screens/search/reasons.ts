/** Why a hit was found, and why in this place, in plain words. Pure. */
import type { Hit, SearchMode } from '../../../engine/contract.ts';
import { formatCount, formatScore } from '../../format.ts';

/** As in `engine/fusion.ts`. */
const RRF_K = 60;

export interface Reason {
  readonly name: string;
  readonly says: string;
}

export function reasonsFor(hit: Hit, mode: SearchMode): Reason[] {
  return [
    ...(mode === 'text' ? [] : [byMeaning(hit)]),
    ...(mode === 'vector' ? [] : [byWords(hit)]),
    { name: 'Score', says: scoreOf(hit, mode) },
    { name: 'Passage', says: passage(hit) },
  ];
}

function byMeaning({ vectorRank, similarity }: Hit): Reason {
  const name = 'Meaning';
  if (vectorRank === null)
    return { name, says: 'Not among the nearest in meaning: it was found by its words alone.' };
  const near = similarity === null ? '' : `, with a similarity of ${formatScore(similarity)} (1 is the same)`;
  return { name, says: `Number ${formatCount(vectorRank)} of the nearest in meaning${near}.` };
}

function byWords({ textRank, excerpt, matches }: Hit): Reason {
  const name = 'Words';
  if (textRank === null)
    return { name, says: 'None of the words of the query: it was found by its meaning alone.' };
  const words = matchedWords(excerpt, matches);
  const which =
    words.length === 0
      ? 'Its words stand elsewhere in the document.'
      : `In the passage: ${words.map((word) => `“${word}”`).join(', ')}.`;
  return { name, says: `Number ${formatCount(textRank)} by the words of the query. ${which}` };
}

/** Each once, as written, in order. */
export function matchedWords(excerpt: string, matches: Hit['matches']): string[] {
  const words = new Map<string, string>();
  for (const [start, end] of matches) {
    const word = excerpt.slice(start, end);
    if (!words.has(word.toLowerCase())) words.set(word.toLowerCase(), word);
  }
  return [...words.values()];
}

function scoreOf({ score, vectorRank, textRank }: Hit, mode: SearchMode): string {
  switch (mode) {
    case 'vector':
      return `${precise(score)}: the similarity itself.`;
    case 'text':
      return `${precise(score)}: how well and how rarely its words match (BM25); more is better, without an upper end.`;
    case 'hybrid': {
      const parts = [vectorRank, textRank]
        .filter((rank) => rank !== null)
        .map((rank) => `1 / (${RRF_K} + ${formatCount(rank)})`);
      const both =
        parts.length === 2
          ? 'its places in both lists, added up'
          : 'its place in one list; what stands in both comes before it';
      return `${precise(score)} = ${parts.join(' + ')}: ${both}.`;
    }
    default:
      return mode satisfies never;
  }
}

function passage({ chunk, text }: Hit): string {
  if (chunk.start === 0 && chunk.end >= text.length) return 'The whole document.';
  return `Characters ${formatCount(chunk.start)} to ${formatCount(chunk.end)} of ${formatCount(text.length)}.`;
}

/** Scores of fusion differ in their third digit. */
export const precise = (score: number): string =>
  score.toLocaleString(navigator.language, { maximumSignificantDigits: 3 });
