/** Searches beside damage and beside a switch to another generation. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderHits } from '../../engine/doors/cli/render/lists.ts';
import { servingGeneration } from '../../engine/jobs/context.ts';
import { damage } from '../support/graph-index.ts';
import { differentTexts, makeNotes } from '../support/notes.ts';
import { beforeCall, catalogRows } from '../support/observe.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const plain = {
  columns: 80,
  style: (_name: string, text: string) => text,
  withCommands: (text: string) => text,
} as unknown as Parameters<typeof renderHits>[1];

test.each(['hybrid', 'vector', 'text'] as const)(
  'a hit whose stored text is damaged is left out of a search by %s, told, and replaced by the next one',
  async (mode) => {
    const notes = await makeNotes(differentTexts(20));
    const engine = notes.open();
    await engine.run('index');
    const request = { entityType: 'note', query: 'the green book number 2', mode, k: 5 };
    const { hits, warnings } = await engine.run('search', request);
    expect(warnings).toBeUndefined();
    // The hash instead of the text: a test's catalog must pass SQLite's own checks in the end.
    const [best] = hits;
    damage(
      join(notes.folder, '.plumbline', 'catalog.db'),
      'UPDATE entity SET text_hash = zeroblob(16) WHERE document = ?',
      best!.text,
    );
    const after = await engine.run('search', request);
    expect(after.hits).toHaveLength(5);
    expect(after.hits.slice(0, 4).map(({ key }) => key)).toEqual(hits.slice(1).map(({ key }) => key));
    expect(after.warnings).toEqual([
      `the stored text of note ${best!.key} is damaged, so this hit is left out; run \`plumbline validate note --deep\`, then \`plumbline fix-drift note\``,
    ]);
    expect(renderHits(after, plain).at(-1)).toBe(after.warnings?.[0]);
    expect(renderHits({ ...after, hits: [] }, plain)).toEqual(['no hits', after.warnings?.[0]]);
  },
);

test('a search under which another generation begins to serve is done anew, in that one alone', async () => {
  const notes = await makeNotes(differentTexts(20));
  const engine = notes.open();
  await engine.run('index');
  const former = servingGeneration(engine.engine.catalog, 'note')!.id;
  writeTinyModel(join(notes.folder, 'other'), { seed: 2, dimensions: 48 });
  notes.change((db) => db.exec(`UPDATE note SET body = body || ', new'`));
  await engine.close();
  notes.reconfigure({ model: './other' });
  const again = notes.open();
  await again.run('index');
  const { catalog } = again.engine;
  const later = servingGeneration(catalog, 'note')!.id;
  const write = again.engine.writable();
  write.transaction(() => write.generations.switchTo(former));
  let searches = 0;
  beforeCall(again.engine.searchContext().vectors, 'search', (nth) => {
    searches = nth;
    if (nth === 1) write.transaction(() => write.generations.switchTo(later));
  });
  const { hits } = await again.run('search', { entityType: 'note', query: 'the red book', k: 20 });
  expect(hits.map(({ text }) => text.endsWith(', new'))).toEqual(Array.from({ length: 20 }, () => true));
  expect(searches).toBe(2);
  // Nobody comes back to the former one: its memory is free again.
  await expect(again.engine.searchContext().vectors.call('stats', former)).rejects.toMatchObject({
    code: 'GENERATION_CLOSED',
  });
  expect(catalogRows(notes.folder, `SELECT id FROM generation WHERE state = 'serving'`)).toEqual([
    { id: later },
  ]);
});

test('a search that fails because its generation went away is done anew; another failure is told', async () => {
  const notes = await makeNotes(differentTexts(20));
  const engine = notes.open();
  await engine.run('index');
  const { vectors } = engine.engine.searchContext();
  const request = { entityType: 'note', query: 'the red book' };
  // As a damaged thread would: the graph closes under the search, once.
  beforeCall(vectors, 'search', (nth) => {
    if (nth === 1) void vectors.call('close', servingGeneration(engine.engine.catalog, 'note')!.id);
  });
  expect((await engine.run('search', request)).hits).toHaveLength(10);
  beforeCall(vectors, 'search', () => {
    throw new Error('out of order');
  });
  await expect(engine.run('search', request)).rejects.toThrow('out of order');
});
