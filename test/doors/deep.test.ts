/** What people are shown of a look into the index: on the terminal, and on the page of a gate. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { operations } from '../../engine/contract.ts';
import { documentOf, plumbline } from '../support/cli.ts';
import { damageCatalog, embeddingOf } from '../support/damage.ts';
import { differentTexts, makeNotes } from '../support/notes.ts';

it('--deep names what it found, how sure it is, and what would mend it; fix-drift mends it', async () => {
  const notes = await makeNotes(differentTexts(30));
  await notes.run('index');
  damageCatalog(notes.folder, (db) => {
    db.prepare('UPDATE embedding SET crc = crc + 1 WHERE id = ?').run(embeddingOf(db, 7).id);
    db.exec(
      `INSERT INTO document_fts (document_fts, rowid, document) SELECT 'delete', id, document FROM entity LIMIT 1`,
    );
  });
  const cwd = { cwd: notes.folder };
  const sheet = await plumbline(['validate', '--deep'], cwd);
  expect(sheet.code).toBe(3);
  expect(sheet.out.replaceAll(/\d+ ms|\d+(\.\d)? s\b/g, 'TIME')).toBe(
    [
      'note  DRIFTED  96.66 %',
      '  30 rows in the source, 30 indexed, TIME (one snapshot)',
      '  index: 30 documents and 30 vectors compared',
      '  recall@10 100 % (exact, 29 queries), 29 of 29 vectors found by themselves',
      '  29 texts embedded again: none differs (cosine distance up to 0, allowed 0.002)',
      '  FULL TEXT DAMAGED: searches by words do not find what they should',
      '  corrupt         1',
      '      7  its stored vector is damaged (checksum): the large book number 7',
      `plumbline fix-drift note --dry-run  shows what a repair would do`,
      '',
    ].join('\n'),
  );

  const gate = await plumbline(
    ['check', '--deep', '--fail-on', 'corrupt>0', '--report', 'drift.html', '--json'],
    cwd,
  );
  expect(gate.code).toBe(3);
  const { reports, broken } = operations.check.output.parse(documentOf(gate));
  expect(broken).toEqual([{ entityType: 'note', rule: 'corrupt>0', found: 1 }]);
  expect(reports).toMatchObject([{ lost: 0, ghost: 0, corrupt: 1, deep: { fullTextSound: false } }]);
  const page = readFileSync(join(notes.folder, 'drift.html'), 'utf8');
  expect(page).toContain('<li>recall@10 100 % (exact, 29 queries)');
  expect(page).toContain('its stored vector is damaged');
  expect(page).not.toContain('not checked');

  const repair = await plumbline(['fix-drift'], cwd);
  expect(repair).toMatchObject({ code: 0, out: expect.stringContaining('IN SYNC  100 %') });
  expect((await plumbline(['validate', '--deep'], cwd)).code).toBe(0);
});
