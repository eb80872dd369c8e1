/** Dead letters as people meet them: what is printed, and what exclude, include and retry take from there. */
import { expect, test } from 'vitest';
import { documentOf, expectFailure, plumbline } from '../support/cli.ts';
import { makeWorkspace } from '../support/workspace.ts';

test('what dead-letters prints is what exclude, include and retry take', async () => {
  const { folder } = await makeWorkspace(
    (db) => {
      db.exec(`CREATE TABLE note (shelf TEXT, number INTEGER, body TEXT, PRIMARY KEY (shelf, number));
        INSERT INTO note VALUES ('a', 1, 'a teapot'), ('a ', 2, X'FF'), ('b', 3, X'FF')`);
    },
    { entityTypes: { note: { key: ['shelf', 'number'], template: '{{body}}' } } },
  );
  const run = (...args: string[]) => plumbline(args, { cwd: folder });
  expect(await run('index')).toMatchObject({ code: 4 });
  const listed = await run('dead-letters', 'note');
  expect(listed.out).toMatch(/^note \["a ",2\] {2}BLOB_NOT_TEXT in render, 1 attempt, job 1, just now\n/);

  expect((await run('dead-letters', 'note', '--limit', '1')).out).toContain('and 1 more');
  expect((await run('dead-letters', 'note', '--offset', '1')).out).not.toContain('more');
  expect((await run('dead-letters', 'note', '--offset', '5')).out).toBe('there are no more than 2\n');

  const reason = 'a scan\nwithout text';
  const excluded = await run('exclude', 'note', '--key', '["a ",2]', '--reason', reason, '--json');
  expect(excluded.code).toBe(0);
  expect(documentOf(excluded)).toMatchObject({
    items: [{ key: '["a ",2]', excluded: { reason, at: expect.any(Number) } }],
    total: 1,
  });
  const after = await run('dead-letters', 'note');
  expect(after.out).toContain('    excluded just now: a scan · without text\n');
  expect(await run('validate')).toMatchObject({
    code: 3,
    out: expect.stringMatching(/\n {2}failed +1\n[^]*\n {2}excluded +1\n/),
  });

  const retry = await run('retry', 'note', '--key', '["b",3]', '--code', 'BLOB_NOT_TEXT', '--json');
  expect(retry.code).toBe(4);
  expect(documentOf(retry)).toMatchObject({ jobs: [{ kind: 'retry', total: 1, failed: 1 }] });
  // A code that none has is no error, and nobody should take it for success.
  expect((await run('retry', 'note', '--code', 'NOPE')).out).toContain('\n  no dead letter to try again\n');
  const hint = /plumbline(\.mjs)? include note/;
  await expectFailure(
    ['retry', 'note', '--key', '["a ",2]'],
    { code: 'EXCLUDED', exit: 2, hint },
    { cwd: folder },
  );
  await expectFailure(
    ['include', 'note', '--key', '["a",1]'],
    { code: 'KEY_UNKNOWN', exit: 2, message: /\["a",1\]/ },
    { cwd: folder },
  );
  const noReason = await run('exclude', 'note', '--key', '["b",3]', '--reason', ' ');
  expect(noReason).toMatchObject({ code: 2, err: expect.stringContaining('reason') });

  expect(await run('exclude', 'note', '--key', '["b",3]', '--reason', 'x')).toMatchObject({ code: 0 });
  expect(await run('index')).toMatchObject({ code: 0 });
  const included = await run('include', 'note', '--key', '["b",3]', '--key', '["a ",2]', '--json');
  expect(documentOf(included)).toMatchObject({ items: [{ excluded: null }, { excluded: null }], total: 2 });
});

test('a key that a line cannot show as it is says so, or is quoted', async () => {
  const { folder } = await makeWorkspace(
    (db) => {
      db.exec(`CREATE TABLE note (id TEXT PRIMARY KEY, body);
      INSERT INTO note VALUES ('', X'FF'), (' lead', X'FF'), ('plain one', X'FF'), ('two' || char(10) || 'lines', X'FF'),
        ('x', 'a teapot')`);
    },
    { entityTypes: { note: { key: ['id'], template: '{{body}}' } } },
  );
  await plumbline(['index'], { cwd: folder });
  const { out } = await plumbline(['dead-letters'], { cwd: folder });
  const keys = out.split('\n').flatMap((line) => /^note (.*) {2}BLOB_NOT_TEXT/.exec(line)?.[1] ?? []);
  expect(keys).toEqual(["''", "' lead'", 'plain one', 'two · lines (not as it is: see --json)']);
  const args = ['exclude', 'note', '--key', '', '--key', ' lead', '--reason', 'x'];
  expect(await plumbline(args, { cwd: folder })).toMatchObject({ code: 0 });
});
