/** What people are shown of a rollback, and of what they knew before it. */
import { expect, it } from 'vitest';
import { plumbline } from '../support/cli.ts';
import { makeNotes } from '../support/notes.ts';

it('counts as taken back what was, not what was left alone; status says that the verdict is from before', async () => {
  const notes = await makeNotes(['a red apple', 'a green pear', 'a blue plum']);
  await notes.run('index');
  notes.put({ 2: 'a yellow pear' });
  await notes.run('index');
  await notes.run('validate');
  const cwd = { cwd: notes.folder };
  expect((await plumbline(['status'], cwd)).out).toMatch(/^note +100 % in sync +validate completed/);

  const forced = await plumbline(['rollback', '1', '--force'], cwd);
  expect(forced.code).toBe(0);
  expect(forced.out).toContain('  2 changes taken back, 1 left alone: changed since, 2 removed again\n');
  expect((await plumbline(['status'], cwd)).out).toMatch(/^note +100 % in sync just now, before job 4 /);
});

it('doctor names the way back with the workspace as it was named', async () => {
  const notes = await makeNotes(['a red apple']);
  await notes.run('index');
  await notes.run('rebuild', { entityType: 'note' });
  const { out } = await plumbline(['doctor', '-w', notes.folder]);
  expect(out).toContain(`with \`plumbline rollback 2 -w ${notes.folder}\``);
});
