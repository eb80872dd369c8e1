/** What the fault tests have found, one small test each: random ones may not come across it again. */
import { expect, test } from 'vitest';
import { differentTexts, makeNotes } from '../support/notes.ts';
import { expectInSync, indexedContent, only } from '../support/observe.ts';

test('a rebuild that made the first index of a type is taken back: nothing is indexed, and it can be brought back', async () => {
  const notes = await makeNotes(differentTexts(5));
  const engine = notes.open();
  const rebuilt = only((await engine.run('rebuild', { entityType: 'note' })).jobs);
  const back = only((await engine.run('rollback', { job: rebuilt.id })).jobs);
  expect(back).toMatchObject({ state: 'completed', error: null });
  const { reports } = await engine.run('validate');
  expect(only(reports)).toMatchObject({ indexed: 0, missing: 5 });
  await engine.run('rollback', { job: back.id });
  expect(indexedContent(notes.folder)).toHaveLength(5);
  await expectInSync(engine);
});
