/** Folders of documents on the command line: from `init` to repaired drift, with files that fail on their own. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { documentOf, plumbline } from '../support/cli.ts';
import { temporaryFolder } from '../support/workspace.ts';

const ONTOLOGY = `@prefix : <http://e.org/#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:Heart a rdfs:Class ; rdfs:label "heart" ; rdfs:comment "It pumps blood." .
:Organ a rdfs:Class ; rdfs:label "organ" .
`;

it('a folder is indexed, compared, found to have drifted exactly where it did, and repaired', async () => {
  const folder = temporaryFolder();
  const write = (path: string, content: string | Uint8Array) => {
    mkdirSync(dirname(join(folder, 'notes', path)), { recursive: true });
    writeFileSync(join(folder, 'notes', path), content);
  };
  const run = async (...args: string[]) => plumbline([...args, '--json'], { cwd: folder });
  const drift = async (type: string) => {
    const { items } = documentOf(await run('drift', type)) as { items: { class: string; key: string }[] };
    return items.map((item) => `${item.class} ${item.key}`).toSorted();
  };
  for (let i = 0; i < 20; i++)
    write(`sub ${i % 3}/note ${i}.md`, `---\ntags: [t${i}]\n---\n# Note ${i}\nAbout subject ${i}.\n`);
  write('bad.md', Buffer.from([0xff, 0xfe, 0xff]));
  write('kept.md', 'This one will break later.');
  write('organs.ttl', ONTOLOGY);
  write('.gitignore', 'drafts/\n');
  write('drafts/x.md', 'Not to be indexed.');

  const made = documentOf(await run('init', '--source', 'notes'));
  expect(made).toMatchObject({
    source: { kind: 'documents', name: 'notes' },
    entityTypes: [
      { name: 'markdown', keyColumns: ['path'], rows: 22 },
      { name: 'ontology', keyColumns: ['path', 'iri'], rows: 2 },
    ],
  });
  const index = await run('index');
  expect(index.code).toBe(4);
  expect(documentOf(index)).toMatchObject({
    jobs: [
      { entityType: 'markdown', state: 'completed_with_failures', embedded: 21, failed: 1 },
      { entityType: 'ontology', state: 'completed', embedded: 2 },
    ],
  });
  expect(documentOf(await run('dead-letters'))).toMatchObject({
    items: [{ entityType: 'markdown', key: 'bad.md', code: 'DOCUMENT_NOT_TEXT' }],
    total: 1,
  });

  write('bad.md', '# Well again');
  write('kept.md', '---\ntags: [\n---\n');
  write('sub 1/note 4.md', '# Note 4\nAbout something else.');
  rmSync(join(folder, 'notes', 'sub 2/note 5.md'));
  renameSync(join(folder, 'notes', 'sub 0/note 0.md'), join(folder, 'notes', 'sub 0/moved.md'));
  write('organs.ttl', ONTOLOGY.slice(0, -10));
  expect((await run('validate')).code).toBe(3);
  expect(await drift('markdown')).toEqual([
    'failed bad.md',
    'missing sub 0/moved.md',
    'orphaned sub 0/note 0.md',
    'orphaned sub 2/note 5.md',
    'stale kept.md',
    'stale sub 1/note 4.md',
  ]);
  // Nothing of a file that is broken is taken for deleted.
  expect(await drift('ontology')).toEqual([
    'missing ["organs.ttl",""]',
    'stale ["organs.ttl","http://e.org/#Heart"]',
    'stale ["organs.ttl","http://e.org/#Organ"]',
  ]);
  await run('fix-drift');
  const { hits } = documentOf(await run('search', 'ontology', 'pumps blood')) as { hits: { key: string }[] };
  expect(hits[0]?.key).toBe('["organs.ttl","http://e.org/#Heart"]');

  write('kept.md', 'It is well again.');
  write('organs.ttl', ONTOLOGY);
  expect((await run('fix-drift')).code).toBe(0);
  expect(documentOf(await run('validate', '--deep'))).toMatchObject({
    reports: [
      { entityType: 'markdown', state: 'in_sync', source: 21, indexed: 21 },
      { entityType: 'ontology', state: 'in_sync', source: 2, indexed: 2 },
    ],
  });
  expect(existsSync(join(folder, 'notes', '.plumbline'))).toBe(false);
});

it('a single ontology and a single note are sources of their own', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'organs.ttl'), ONTOLOGY);
  expect((await plumbline(['init', '--source', 'organs.ttl'], { cwd: folder })).code).toBe(0);
  expect(readFileSync(join(folder, 'plumbline.yaml'), 'utf8')).toContain('kind: documents');
  expect((await plumbline(['index'], { cwd: folder })).code).toBe(0);
  const key = '["organs.ttl","http://e.org/#Heart"]';
  const again = await plumbline(['index', 'ontology', '--key', key, '--json'], { cwd: folder });
  expect(documentOf(again)).toMatchObject({ jobs: [{ processed: 1, unchanged: 1 }] });
});
