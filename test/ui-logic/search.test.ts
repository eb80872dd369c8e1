/** Why a hit is there, in words. */
import { describe, expect, it } from 'vitest';
import type { Hit } from '../../engine/contract.ts';
import { fuse } from '../../engine/fusion.ts';
import { matchedWords, reasonsFor } from '../../renderer/screens/search/reasons.ts';

const text = 'Green tea, and more Tea from Assam';
const hit: Hit = {
  key: '1',
  keyValues: [1],
  score: 1 / 61 + 1 / 63,
  text,
  excerpt: text,
  chunk: { start: 0, end: text.length },
  matches: [
    [6, 9],
    [20, 23],
    [29, 34],
  ],
  vectorRank: 3,
  textRank: 1,
  similarity: 0.734,
};
const says = (of: Hit, mode: 'hybrid' | 'vector' | 'text'): Record<string, string> =>
  Object.fromEntries(reasonsFor(of, mode).map(({ name, says: words }) => [name, words]));

describe('why this hit', () => {
  it('names both places, the words that matched, and how the score is made of them', () => {
    const reasons = says(hit, 'hybrid');
    expect(reasons['Meaning']).toContain('Number 3 of the nearest in meaning');
    expect(reasons['Meaning']).toContain('0.73');
    expect(reasons['Words']).toContain('In the passage: “tea”, “Assam”.');
    expect(reasons['Score']).toContain('= 1 / (60 + 3) + 1 / (60 + 1)');
    expect(reasons['Passage']).toBe('The whole document.');
  });

  it('explains the score by the constant that the engine fuses with', () => {
    const [fused] = fuse([[9, 8, 7], [7]]);
    expect(fused).toMatchObject({ id: 7, ranks: [3, 1], score: hit.score });
  });

  it('says of one list that it was not in the other', () => {
    expect(says({ ...hit, textRank: null, matches: [] }, 'hybrid')['Words']).toContain('its meaning alone');
    expect(says({ ...hit, vectorRank: null, similarity: null }, 'hybrid')['Meaning']).toContain(
      'its words alone',
    );
    expect(says({ ...hit, vectorRank: null }, 'hybrid')['Score']).not.toContain('63');
  });

  it('leaves out what was not looked at', () => {
    expect(Object.keys(says(hit, 'vector'))).toEqual(['Meaning', 'Score', 'Passage']);
    expect(Object.keys(says(hit, 'text'))).toEqual(['Words', 'Score', 'Passage']);
  });

  it('says where in a long document the passage stands', () => {
    const passage = { ...hit, text: 'x'.repeat(3000), chunk: { start: 1200, end: 1800 } };
    expect(says(passage, 'vector')['Passage']).toBe('Characters 1,200 to 1,800 of 3,000.');
  });

  it('takes each word once, as it is written first', () => {
    expect(matchedWords(text, hit.matches)).toEqual(['tea', 'Assam']);
  });
});
