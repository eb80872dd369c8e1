import { expect, test } from 'vitest';
import { makeWorkspace } from '../support/workspace.ts';

test('a second index with nothing changed embeds nothing', async () => {
  const workspace = await makeWorkspace((db) => {
    db.exec(`CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)`);
    const insert = db.prepare('INSERT INTO note (body) VALUES (?)');
    for (let i = 0; i < 50; i += 1) insert.run(`note number ${i} about subject ${i % 7}`);
  });

  const first = await workspace.run('index');
  expect(first.jobs).toMatchObject([
    { kind: 'index', entityType: 'note', state: 'completed', total: 50, processed: 50, embedded: 50 },
  ]);

  const second = await workspace.run('index');
  expect(second.jobs).toMatchObject([{ state: 'completed', processed: 50, embedded: 0, unchanged: 50 }]);
});
