/** What a search says of where its words are: by the tokenizer and stemmer of the full-text index. */
import { expect, test } from 'vitest';
import { matchesIn } from '../../engine/catalog/highlight.ts';
import { fullTextExpression } from '../../engine/fusion.ts';
import { differentTexts, makeNotes } from '../support/notes.ts';

const found = (text: string, query: string): string[] =>
  (matchesIn([text], fullTextExpression(query) ?? '""')[0] ?? []).map(([start, end]) =>
    text.slice(start, end),
  );

test.each([
  ['the cats were running home', 'cat run', ['cats', 'running']],
  ['Crème brûlée, crème fraîche', 'creme', ['Crème', 'crème']],
  ['an espresso-machine: ESPRESSO!', 'espresso', ['espresso', 'ESPRESSO']],
  ['🙂 teapots 🙂 teapot', 'teapot', ['teapots', 'teapot']],
  ['before\0after teapot', 'after teapot', ['after', 'teapot']],
  ['private \ue000 teapot \ue001', 'teapot', ['teapot']],
  ['nothing of it', 'teapot', []],
  ['', 'teapot', []],
])('%j holds of %j %j', (text, query, words) => {
  expect(found(text, query)).toEqual(words);
});

test('hits by words say where, hits by vector alone do not; all say where their excerpt stands and how long it took', async () => {
  const notes = await makeNotes([
    ...differentTexts(20),
    `a long preface. ${'filler words '.repeat(200)} lighthouses`,
  ]);
  const engine = notes.open();
  await engine.run('index');
  const search = (mode: string) =>
    engine.run('search', { entityType: 'note', query: 'Lighthouse', mode, k: 3 });
  for (const mode of ['hybrid', 'vector', 'text']) {
    const { hits, tookMs } = await search(mode);
    expect(tookMs).toBeGreaterThan(0);
    for (const { text, excerpt, chunk, matches } of hits) {
      expect(text.slice(chunk.start, chunk.end)).toBe(excerpt);
      const words = matches.map(([start, end]) => excerpt.slice(start, end));
      expect(words).toEqual(mode !== 'vector' && excerpt.includes('lighthouses') ? ['lighthouses'] : []);
    }
  }
});
