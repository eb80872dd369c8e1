/** Folders of documents: Markdown, text, HTML and ontologies. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatKey, textPart } from '../../engine/key.ts';
import { openDocuments } from '../../engine/sources/documents.ts';
import { parseHtml } from '../../engine/sources/documents/html-document.ts';
import { KINDS, type DocumentKind } from '../../engine/sources/documents/kinds.ts';
import { parseMarkdown } from '../../engine/sources/documents/markdown.ts';
import type { ReadSpec, SourceConnector } from '../../engine/sources/source.ts';
import { sourceCases } from '../cases/source.case.ts';
import { DocumentsFixture } from '../support/documents.ts';
import { readAll } from '../support/source-rows.ts';

sourceCases('a folder of documents', () => new DocumentsFixture(), {
  declaredKeys: 'the key of a document is its path',
  keyless: 'every document has a path',
  ownNames: 'entity types are called by their kind; names of columns are tested below',
  columnsWithoutRows: 'a folder without documents has no entity types',
  nullKeys: 'every document has a path',
  invalidText: 'a file that is not text is a failure of its own, tested below',
  nulInText: 'paths have no NUL',
  mixedTypes: 'paths are text',
  integers: 'paths are text',
  blobs: 'paths are text, and front matter has no blobs',
  views: 'folders have no views',
});

describe('documents', () => {
  let folder: string;
  let source: SourceConnector | null;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'plumbline-documents-'));
    source = null;
  });
  afterEach(async () => {
    await source?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (path: string, content: string | Uint8Array = 'A body.\n') => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  const open = async (path = '.'): Promise<SourceConnector> =>
    (source ??= await openDocuments({ kind: 'documents', name: 'test', path: join(folder, path) }));
  const read = async (entityType: DocumentKind, columns: readonly string[], more: Partial<ReadSpec> = {}) =>
    (await open()).openReader({
      entityType,
      columns,
      filter: null,
      keyColumns: KINDS[entityType].key,
      ...more,
    });
  const rows = async (entityType: DocumentKind, columns: readonly string[], more: Partial<ReadSpec> = {}) =>
    (await readAll(await read(entityType, columns, more), 3)).map((row) => row.values);
  const paths = async () => (await rows('markdown', ['path'])).map(([path]) => path);

  describe('Markdown', () => {
    const parsed = (text: string) => Object.fromEntries(parseMarkdown(text, 'notes/some-file.md'));

    it('makes columns of front matter, each value by itself', () => {
      const text = [
        '---',
        'title: "A: title"',
        'tags: [one, 2, three]',
        'big: 12345678901234567890123',
        'year: 9007199254740993',
        'share: 0.5',
        'date: 2024-02-29',
        'draft: true',
        'none:',
        'nested: { a: [1, { b: c }] }',
        '__proto__: odd',
        'body: not the body',
        '---',
        '# A heading',
        'Text.',
      ].join('\r\n');
      expect(parsed(text)).toEqual({
        title: 'A: title',
        tags: 'one, 2, three',
        big: '12345678901234567890123',
        year: 9007199254740993n,
        share: 0.5,
        date: '2024-02-29',
        draft: 'true',
        none: null,
        nested: '{"a":[1,{"b":"c"}]}',
        ['__proto__']: 'odd',
        meta_body: 'not the body',
        body: '# A heading\r\nText.',
        headings: 'A heading',
      });
    });

    it.each([
      ['no front matter', '# One\n\nText', 'One', '# One\n\nText'],
      ['front matter without a title', '---\ntags: x\n---\nText\n\nTwo\n===\n', 'Two', 'Text\n\nTwo\n==='],
      ['a title that is a number', '---\ntitle: 1984\n---\n', 1984n, ''],
      ['neither title nor heading', 'Text', 'some-file', 'Text'],
      ['a rule at its start', '---\n\nText\n', 'some-file', '---\n\nText'],
      [
        'two rules, and text between that is no mapping',
        '---\nText\n---\nMore',
        'Text',
        '---\nText\n---\nMore',
      ],
      ['empty front matter', '---\n---\nText', 'some-file', '---\n---\nText'],
    ])('takes the title of a file with %s', (_title, text, title, body) => {
      expect(parsed(text)).toMatchObject({ title, body });
    });

    it('reads front matter whatever its lines end in and hold', () => {
      expect(parsed('---\rtitle: x\r...\rText')).toMatchObject({ title: 'x', body: 'Text' });
      expect(parsed('---\ntitle: a\u2028b\n---\nText')).toMatchObject({ title: 'a\u2028b', body: 'Text' });
      expect(parsed('---\nTitle: x\n---\n# Heading')).toMatchObject({ title: 'x' });
      expect(parsed('---\na: !!binary aGVsbG8=\nb: !!set {x, y}\n---\n')).toMatchObject({
        a: 'aGVsbG8=',
        b: '{"x":null,"y":null}',
      });
    });

    it.each([
      ['Tags: a\ntags: b', /"Tags" and "tags" would be one column/],
      ['body: a\nmeta_body: b', /"body" and "meta_body" would be one column/],
      ['"a\\0b": 1', /no field can be called "a\\u0000b"/],
      ['"\\x01error": 1', /no field can be called/],
      ['"\\ud800": 1', /no field can be called/],
    ])('refuses fields that cannot be columns: %s', (yaml, message) => {
      const code = 'FRONT_MATTER_INVALID';
      expect(() => parsed(`---\n${yaml}\n---\n`)).toThrow(
        expect.objectContaining({ code, message: expect.stringMatching(message) }),
      );
    });

    it('finds headings, and only those', () => {
      const text = [
        '# One #',
        '## Two',
        '```sh',
        '# a comment',
        '~~~',
        '```',
        '~~~~',
        '# in a fence',
        '~~~',
        '~~~~',
        'Three',
        '-----',
        '',
        '---',
        '#hashtag',
        '- item',
        '---',
        '    # code',
        '#',
        '###### Six',
      ].join('\n');
      expect(parsed(text)['headings']).toBe('One\nTwo\nThree\nSix');
    });

    it('reads megabytes of anything in a moment', () => {
      for (const text of [
        '#'.repeat(2e6),
        '---\n'.repeat(5e5),
        '# '.repeat(1e6),
        '`'.repeat(2e6),
        'a\n'.repeat(1e6),
        `---\n${'\n'.repeat(15e6)}`,
      ]) {
        expect(parsed(text)).toHaveProperty('body');
      }
    });

    it('names the line of front matter that is not YAML', () => {
      expect(() => parsed('---\ntitle: x\ntags: [one\n---\nText')).toThrow(
        expect.objectContaining({
          code: 'FRONT_MATTER_INVALID',
          message: expect.stringMatching(/^line [34]: /),
        }),
      );
      expect(() => parsed('---\na: 1\na: 2\n---\n')).toThrow(/line 3: .*unique/);
      expect(() => parsed(`---\na: &a [x]\n${'b: [*a, *a]\n'.replace('b', 'c')}d: *nobody\n---\n`)).toThrow(
        expect.objectContaining({ code: 'FRONT_MATTER_INVALID' }),
      );
    });
  });

  it('reads HTML as a person does', async () => {
    write(
      'page.html',
      '<html><head><title>A &amp; B</title><style>x{}</style></head><body><h1>One</h1><p>Some <b>text</b>.</p><h2>Two <i>too</i></h2><script>no()</script></body></html>',
    );
    write('bare.htm', '<h1>Only a heading</h1>text');
    expect(await rows('html', ['path', 'title', 'body', 'headings'])).toEqual([
      ['bare.htm', 'Only a heading', 'Only a heading\n\ntext', 'Only a heading'],
      ['page.html', 'A & B', 'One\n\nSome text.\n\nTwo too', 'One\nTwo too'],
    ]);
  });

  it('keeps what stands between two ends of a head', () => {
    const html = '<html><head><title>A</title></head><body>one</head><p>two</body></html>';
    expect(parseHtml(html, 'a.html').get('body')).toBe('one\n\ntwo');
  });

  it('reads megabytes of broken HTML in a moment', () => {
    for (const piece of ['<h1', '<h1>', '<head ', '<title>', '</head', '<h1></h2>', '<h1><b>']) {
      expect(parseHtml(piece.repeat(300_000), 'a.html')).toHaveProperty('size', 3);
    }
  });

  it('reads text in UTF-8 and UTF-16', async () => {
    write('a.txt', '\ufeffünï\n');
    write('b.txt', Buffer.from('\ufeffünï\n', 'utf16le'));
    expect(await rows('text', ['title', 'body'])).toEqual([
      ['a', 'ünï'],
      ['b', 'ünï'],
    ]);
  });

  describe('ontologies', () => {
    const PREFIXES = [
      '@prefix : <http://e.org/a#> .',
      '@prefix owl: <http://www.w3.org/2002/07/owl#> .',
      '@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .',
      '@prefix skos: <http://www.w3.org/2004/02/skos/core#> .',
    ].join('\n');

    it('makes an entity of each class, concept and individual with a name of its own', async () => {
      write(
        'a.ttl',
        `${PREFIXES}
        <http://e.org/a> a owl:Ontology ; rdfs:label "About organs" .
        :partOf a owl:ObjectProperty ; rdfs:label "part of"@en .
        :Organ a owl:Class ; rdfs:label "Organ"@de, "organ"@en ; skos:definition "Eine Sache."@de, "A thing."@en .
        :Heart a owl:Class ; rdfs:label "heart"@en-GB, "Herz"@de ; skos:altLabel "pump"@en, "ticker"@en ; rdfs:comment "It beats." ;
          rdfs:subClassOf :Organ, [ a owl:Restriction ; owl:onProperty :partOf ; owl:someValuesFrom :BloodCircuit ],
            [ owl:unionOf ( :Organ :Heart ) ] .
        :BloodCircuit rdfs:subClassOf :Organ .
        :mine a owl:NamedIndividual, :Heart .
        :c a skos:Concept ; skos:prefLabel "cœur"@fr, "corazón"@es ; skos:broader :Organ .
        [] a :Heart ; rdfs:label "nobody" .`,
      );
      const columns = ['iri', 'label', 'synonyms', 'translations', 'definition', 'parents', 'type'];
      const short = (await rows('ontology', columns)).map(([iri, ...values]) => [
        String(iri).split('#')[1],
        ...values,
      ]);
      expect(short).toEqual([
        ['BloodCircuit', 'Blood Circuit', null, null, null, 'organ', 'class'],
        [
          'Heart',
          'heart',
          'pump, ticker',
          'Herz (de)',
          'It beats.',
          'organ, part of some Blood Circuit',
          'class',
        ],
        ['Organ', 'organ', null, 'Organ (de)', 'A thing.', null, 'class'],
        ['c', 'corazón', null, 'cœur (fr)', null, 'organ', 'concept'],
        ['mine', 'mine', null, null, null, 'heart', 'individual'],
      ]);
    });

    it('reads N-Triples, and gives the same whatever the order of its statements', async () => {
      const triples = [
        '<http://e.org/x> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2002/07/owl#Class> .',
        '<http://e.org/x> <http://www.w3.org/2000/01/rdf-schema#label> "one" .',
        '<http://e.org/x> <http://www.w3.org/2000/01/rdf-schema#label> "two" .',
        '<http://e.org/x> <http://www.w3.org/2004/02/skos/core#altLabel> "b" .',
        '<http://e.org/x> <http://www.w3.org/2004/02/skos/core#altLabel> "a" .',
        '<http://e.org/x> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2002/07/owl#NamedIndividual> .',
        '<http://e.org/x> <http://www.w3.org/2000/01/rdf-schema#subClassOf> <http://e.org/q> .',
        '<http://e.org/x> <http://www.w3.org/2000/01/rdf-schema#subClassOf> <http://e.org/p> .',
        '<http://e.org/p> <http://www.w3.org/2000/01/rdf-schema#label> "another name" .',
        '<http://e.org/p> <http://www.w3.org/2004/02/skos/core#prefLabel> "the name" .',
        '<http://e.org/s> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2002/07/owl#AsymmetricProperty> .',
      ];
      write('a.nt', triples.join('\n'));
      const columns = ['iri', 'label', 'synonyms', 'translations', 'parents', 'type'];
      const before = await rows('ontology', columns);
      expect(before).toEqual([['http://e.org/x', 'one', 'a, b', null, 'q, the name', 'class']]);
      write('a.nt', triples.toReversed().join('\n'));
      expect(await rows('ontology', columns)).toEqual(before);
    });

    it('keeps the entities of a file that is broken for failing, not for gone', async () => {
      const sound = `${PREFIXES}\n:A a owl:Class .\n:B a owl:Class .\n`;
      write('a.ttl', sound);
      write('b.ttl', `${PREFIXES}\n:C a owl:Class .\n`);
      const reader = await read('ontology', ['label']);
      expect((await readAll(reader, 10)).map((row) => row.values)).toEqual([['A'], ['B'], ['C']]);
      write('a.ttl', sound.slice(0, -8));
      const found = await readAll(reader, 10);
      expect(found.map((row) => [formatKey(row.key), row.error?.code])).toEqual([
        ['["a.ttl",""]', 'ONTOLOGY_INVALID'],
        ['["b.ttl","http://e.org/a#C"]', undefined],
      ]);
      expect(found[0]?.error?.message).toMatch(/^line 6: /);
      const [a, c, other] = await reader.fetch(
        [
          [textPart('a.ttl'), textPart('http://e.org/a#A')],
          [textPart('b.ttl'), textPart('http://e.org/a#C')],
          [textPart('b.ttl'), textPart('http://e.org/a#A')],
        ],
        true,
      );
      expect([a?.error?.code, c?.values, other]).toEqual(['ONTOLOGY_INVALID', ['C'], null]);
      write('a.ttl', sound);
      expect(await readAll(reader, 10)).toHaveLength(3);
    });
  });

  describe('what is left out', () => {
    it('is what .gitignore says, in every folder', async () => {
      write('.gitignore', 'build/\n*.draft.md\n/top.md\n!keep.draft.md\n');
      write('sub/.gitignore', 'local.md\n!build/\ndeep/*\n!deep/kept.md\n');
      for (const path of ['a.md', 'top.md', 'x.draft.md', 'keep.draft.md', 'build/b.md']) write(path);
      for (const path of ['top.md', 'local.md', 'build/c.md', 'deep/d.md', 'deep/kept.md'])
        write(`sub/${path}`);
      write('other/local.md');
      expect(await paths()).toEqual([
        'a.md',
        'keep.draft.md',
        'other/local.md',
        'sub/build/c.md',
        'sub/deep/kept.md',
        'sub/top.md',
      ]);
    });

    it.skipIf(['darwin', 'win32'].includes(process.platform))('is told by case, as git does', async () => {
      write('.gitignore', '\ufeff*.MD\nreadme.md\nBuild/\n');
      for (const path of ['a.md', 'b.MD', 'README.md', 'readme.md', 'build/c.md']) write(path);
      expect(await paths()).toEqual(['README.md', 'a.md', 'build/c.md']);
    });

    it('is what .gitignore says above, in a git checkout alone', async () => {
      write('.gitignore', 'secret/\n/docs/generated.md\n');
      for (const path of ['a.md', 'generated.md', 'secret/b.md']) write(`docs/${path}`);
      const outside = await openDocuments({ kind: 'documents', name: 'test', path: join(folder, 'docs') });
      const count = async (connector: SourceConnector) => (await connector.discover())[0]?.rows;
      expect(await count(outside)).toBe(3);
      await outside.close();
      mkdirSync(join(folder, '.git'));
      expect(await count(await open('docs'))).toBe(1);
    });

    it('is what is hidden, linked or of another kind', async () => {
      const elsewhere = mkdtempSync(join(tmpdir(), 'plumbline-elsewhere-'));
      try {
        writeFileSync(join(elsewhere, 'secret.md'), 'Not yours.');
        for (const path of ['a.md', '.hidden.md', '.obsidian/b.md', 'sub/c.md', 'picture.png', 'noext'])
          write(path);
        symlinkSync(join(elsewhere, 'secret.md'), join(folder, 'link.md'));
        symlinkSync(elsewhere, join(folder, 'linked'));
        symlinkSync(folder, join(folder, 'sub', 'cycle'));
        expect(await paths()).toEqual(['a.md', 'sub/c.md']);
        const reader = await read('markdown', ['body']);
        const keys = [
          'link.md',
          'linked/secret.md',
          relative(folder, join(elsewhere, 'secret.md')),
          '.hidden.md',
          'sub/cycle/a.md',
        ];
        expect(
          await reader.fetch(
            keys.map((key) => [textPart(key)]),
            true,
          ),
        ).toEqual(keys.map(() => null));
      } finally {
        rmSync(elsewhere, { recursive: true });
      }
    });
  });

  it('keeps names that differ only in how they are composed, or in case, apart', async () => {
    for (const name of ['caf\u00e9.md', 'cafe\u0301.md', 'A.md', 'a.md', 'with space .md']) write(name);
    expect(await paths()).toEqual(['A.md', 'a.md', 'cafe\u0301.md', 'caf\u00e9.md', 'with space .md']);
  });

  describe('files that cannot be read', () => {
    const invalid = Buffer.from([0x23, 0x20, 0xff, 0xfe]);

    it('fail each on its own, and lose no other', async () => {
      write('a.md');
      write('bytes.md', invalid);
      write('yaml.md', '---\ntitle: [x\n---\n');
      write('huge.md', Buffer.alloc(16 * 1024 * 1024 + 1, 'x'));
      writeFileSync(
        Buffer.concat([Buffer.from(`${folder}/name-`), Buffer.of(0xff), Buffer.from('.md')]),
        'x',
      );
      write('z.md');
      const reader = await read('markdown', ['body'], { filter: `body LIKE '%body%'` });
      const found = await readAll(reader, 2);
      expect(found.map((row) => [formatKey(row.key), row.error?.code ?? row.values[0]])).toEqual([
        ['a.md', 'A body.'],
        ['bytes.md', 'DOCUMENT_NOT_TEXT'],
        ['huge.md', 'DOCUMENT_TOO_LARGE'],
        ['name-\ufffd.md', 'DOCUMENT_UNREADABLE'],
        ['yaml.md', 'FRONT_MATTER_INVALID'],
        ['z.md', 'A body.'],
      ]);
      for (const row of found) if (row.error !== undefined) expect(row.error.hint).toMatch(/\./);
      write('bytes.md', '# Now a body');
      expect((await reader.fetch([[textPart('bytes.md')]], true))[0]?.values).toEqual(['# Now a body']);
    });

    it.skipIf(process.getuid?.() === 0)(
      'are those without permission; a folder without stops (skipped for root, who may read everything)',
      async () => {
        write('a.md');
        write('closed.md');
        write('sub/b.md');
        chmodSync(join(folder, 'closed.md'), 0);
        const found = await readAll(await read('markdown', ['body']), 5);
        expect(found.map((row) => row.error?.code)).toEqual([undefined, 'DOCUMENT_UNREADABLE', undefined]);
        chmodSync(join(folder, 'sub'), 0);
        await expect(rows('markdown', ['body'])).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
        chmodSync(join(folder, 'sub'), 0o700);
      },
    );
  });

  describe('changes', () => {
    it('are told by content: neither touching nor a copy of the same changes anything', async () => {
      write('a.md', '# One');
      write('b.md', '# Two');
      const before = await (await open()).changeToken();
      utimesSync(join(folder, 'a.md'), new Date(0), new Date(0));
      write('copy.md', '# Two');
      renameSync(join(folder, 'copy.md'), join(folder, 'b.md'));
      expect(await source?.changeToken()).toBe(before);
      expect((await rows('markdown', ['modified']))[0]).toEqual(['1970-01-01T00:00:00.000Z']);
      write('a.md', '# New');
      expect(await source?.changeToken()).not.toBe(before);
      write('a.md', '# One');
      expect(await source?.changeToken()).toBe(before);
    });

    it('are found where size and time of modification stay', async () => {
      write('a.md', '# One');
      const reader = await read('markdown', ['title']);
      const { atime, mtime } = statSync(join(folder, 'a.md'));
      write('a.md', '# Two');
      utimesSync(join(folder, 'a.md'), atime, mtime);
      expect((await reader.fetch([[textPart('a.md')]], true))[0]?.values).toEqual(['Two']);
      expect(await rows('markdown', ['title'])).toEqual([['Two']]);
    });

    it('of files and folders that come, go and turn into each other are followed', async () => {
      write('a.md');
      write('b/c.md');
      const reader = await read('markdown', ['path']);
      const all = async () => (await readAll(reader, 10)).map((row) => row.values[0]);
      expect(await all()).toEqual(['a.md', 'b/c.md']);
      rmSync(join(folder, 'a.md'));
      rmSync(join(folder, 'b'), { recursive: true });
      write('a.md/inner.md');
      write('b.md');
      expect(await reader.fetch([[textPart('a.md')], [textPart('b.md')]], true)).toEqual([
        null,
        expect.objectContaining({ values: ['b.md'] }),
      ]);
      expect(await all()).toEqual(['a.md/inner.md', 'b.md']);
    });

    it('of the folder itself stop with an error', async () => {
      write('sub/a.md');
      const connector = await open('sub');
      const before = await connector.identity();
      renameSync(join(folder, 'sub'), join(folder, 'other'));
      await expect(connector.identity()).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
      await expect(connector.changeToken()).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
      mkdirSync(join(folder, 'sub'));
      expect(await connector.identity()).not.toBe(before);
    });
  });

  describe('fields', () => {
    it('are called anything, without harm to other files', async () => {
      write('a.md', '---\nGröße: 1\nrowid: 2\noid: 3\n---\n');
      write('b.md', '---\nGRÖSSE: 4\nGrÖße: 5\n"": 6\n---\n');
      write('c.md', '---\n"a\\0b": 7\n---\n');
      const found = await readAll(
        await read('markdown', ['Größe', 'GrÖße', 'meta_rowid', 'meta_oid', '']),
        5,
      );
      expect(found.map((row) => row.error?.code ?? row.values)).toEqual([
        [1n, null, 2n, 3n, null],
        [null, 5n, null, null, 6n],
        'FRONT_MATTER_INVALID',
      ]);
    });

    it('are columns of all files, whatever the case of their names', async () => {
      write('a.md', '---\nTags: one\n---\n');
      write('b.md', '---\ntags: two\nauthor: me\n---\n');
      expect(await rows('markdown', ['Tags', 'author'])).toEqual([
        ['one', null],
        ['two', 'me'],
      ]);
      await expect(read('markdown', ['autor'])).rejects.toMatchObject({
        code: 'COLUMN_UNKNOWN',
        hint: 'Did you mean "author"?',
      });
    });

    it('may be the key', async () => {
      write('a.md', '---\nslug: one\n---\n');
      write('b.md', '---\nslug: two\n---\n');
      const reader = await read('markdown', ['path'], { keyColumns: ['slug'] });
      await reader.proveKey();
      expect((await reader.fetch([[textPart('two')]], true))[0]?.values).toEqual(['b.md']);
      write('c.md', '---\nslug: two\n---\n');
      await expect(reader.proveKey()).rejects.toMatchObject({ code: 'KEY_NOT_UNIQUE' });
    });

    it('that nobody has are no error where there is no document', async () => {
      write('a.md', '---\nmood: good\n---\n');
      expect(await rows('markdown', ['mood'])).toEqual([['good']]);
      rmSync(join(folder, 'a.md'));
      await source?.close();
      source = null;
      expect(await rows('markdown', ['mood'])).toEqual([]);
    });
  });

  it('suggests what reads like text, and says what the rest is', async () => {
    for (let i = 0; i < 40; i++) {
      write(
        `${i}.md`,
        `---\nsummary: What note number ${i} is about\ncode: X-${i}\n---\n# Heading ${i}\nBody ${i}`,
      );
    }
    write('page.html', '<p>Text</p>');
    write('notes.txt', 'Text');
    const found = await (await open()).discover();
    expect(
      found.map(({ name, rows, keyColumns, textColumns }) => ({ name, rows, keyColumns, textColumns })),
    ).toEqual([
      { name: 'markdown', rows: 40, keyColumns: ['path'], textColumns: ['title', 'body', 'summary'] },
      { name: 'text', rows: 1, keyColumns: ['path'], textColumns: ['title', 'body'] },
      { name: 'html', rows: 1, keyColumns: ['path'], textColumns: ['title', 'body'] },
    ]);
    expect(found[0]?.columns.every(({ name }) => !name.includes('error'))).toBe(true);
    expect(found[0]?.sampleRows[0]).toHaveLength(found[0]?.columns.length ?? 0);
  });

  it('reads a single file', async () => {
    write('a.md', '# One');
    write('b.md', '# Two');
    await open('a.md');
    expect(await rows('markdown', ['path', 'title'])).toEqual([['a.md', 'One']]);
    rmSync(join(folder, 'a.md'));
    await expect(source?.changeToken()).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });

  it('refuses what is not there', async () => {
    await expect(open('nowhere')).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    write('a.md');
    await expect(open('a.md/b.md')).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });
});
