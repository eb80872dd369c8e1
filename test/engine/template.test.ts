import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CellValue } from '../../engine/cell.ts';
import { PlumblineError } from '../../engine/errors.ts';
import { compileTemplate, defaultTemplate } from '../../engine/template.ts';

const render = (template: string, ...values: CellValue[]): string => compileTemplate(template).render(values);

function errorOf(run: () => unknown): PlumblineError {
  try {
    run();
  } catch (error) {
    if (error instanceof PlumblineError) return error;
    throw error;
  }
  throw new Error('did not throw');
}

describe('docs/templates.md', () => {
  const docs = readFileSync(new URL('../../docs/templates.md', import.meta.url), 'utf8');
  const examples = [...docs.matchAll(/```example\n([^]*?)\n--- values\n([^]*?)\n--- result\n([^]*?)```/g)];

  test.each(examples.map(([, template = '', values = '', result = '']) => ({ template, values, result })))(
    '$template',
    ({ template, values, result }) => {
      const row = JSON.parse(values) as Record<string, CellValue>;
      const compiled = compileTemplate(template);
      expect(Object.keys(row).sort()).toEqual([...compiled.columns].sort());
      expect(compiled.render(compiled.columns.map((column) => row[column] ?? null))).toBe(result.trimEnd());
    },
  );

  test('has examples', () => expect(examples.length).toBeGreaterThanOrEqual(5));
});

describe('syntax', () => {
  test('columns are unique, in order of first use, and trimmed', () => {
    expect(compileTemplate('{{ b }} {{a}}\n{{"b"}} {{B}}').columns).toEqual(['b', 'a', 'B']);
  });

  test.each([
    ['{{"odd }} name"}}', 'odd }} name'],
    ['{{ " led" | trim }}', ' led'],
    ['{{"a|b"}}', 'a|b'],
    ['{{"say \\"hi\\""}}', 'say "hi"'],
    ['{{größe 😀}}', 'größe 😀'],
    ['{{""}}', ''],
    ['{{__proto__}}', '__proto__'],
  ])('%s names the column %s', (template, column) => {
    expect(compileTemplate(template).columns).toEqual([column]);
    expect(render(template, 'x')).toBe('x');
  });

  test('literal braces', () => {
    expect(render('\\{{a}} is {{a}}', 7n)).toBe('{{a}} is 7');
    expect(render('C:\\\\{{a}}', 'x')).toBe('C:\\x');
  });

  test('every kind of line break', () => {
    expect(render('{{a}}\r\n{{b}}\r{{c}}', '1', '2', '3')).toBe('1\n2\n3');
  });

  test.each([
    ['no placeholder', 1, 1],
    ['', 1, 1],
    ['{{a}}\n  {{b', 2, 3],
    ['{{a\n}}', 1, 1],
    ['x {{}}', 1, 3],
    ['x {{ | html}}', 1, 3],
    ['{{a"b}}', 1, 4],
    ['{{"a" b}}', 1, 6],
    ['{{"\\q"}}', 1, 1],
    ['{{a | }}', 1, 7],
    ['{{a}b}}', 1, 4],
  ])('%j is invalid at line %i, column %i', (template, line, column) => {
    const error = errorOf(() => compileTemplate(template));
    expect(error.code).toBe('TEMPLATE_INVALID');
    expect(error.details).toEqual({ line, column });
    expect(error.message).toContain(`line ${line}, column ${column}`);
    expect(error.hint).not.toBeNull();
  });

  test('an unknown filter names the nearest one', () => {
    const error = errorOf(() => compileTemplate('{{a}}\nx {{b | trim | htm }}'));
    expect(error.message).toBe('Template line 2, column 16: unknown filter "htm".');
    expect(error.hint).toContain('Did you mean "html"?');
    expect(errorOf(() => compileTemplate('{{a | constructor}}')).code).toBe('TEMPLATE_INVALID');
  });

  test('the default template reads back every name', () => {
    expect(defaultTemplate(['title', 'body text'])).toBe('{{title}}\n{{body text}}');
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: 'binary' }), { minLength: 1 }), (names) => {
        expect(compileTemplate(defaultTemplate(names)).columns).toEqual(names);
      }),
    );
  });
});

describe('values', () => {
  test.each<[CellValue, string]>([
    [9007199254740993n, '9007199254740993'],
    [-5, '-5'],
    [0n, '0'],
    [1.5, '1.5'],
    [1e21, '1e+21'],
    [NaN, ''],
    ['  two\n\n\nlines  ', '  two\n\n\nlines  '],
    ['{{a}} \\{{', '{{a}} \\{{'],
    ['$& $1', '$& $1'],
    [Buffer.from('naïve 😀'), 'naïve 😀'],
    [new Uint8Array(), ''],
    ['\u00a0\t\n', ''],
  ])('%o becomes %j', (value, text) => {
    expect(render('{{a}}', value)).toBe(text);
  });

  test('a blob that is not text is named', () => {
    const error = errorOf(() => render('{{a}} {{photo}}', 'x', Uint8Array.of(0xff, 0xd8)));
    expect(error.code).toBe('BLOB_NOT_TEXT');
    expect(error.message).toContain('"photo"');
    expect(error.hint).toContain('{{photo}}');
    expect(error.details).toEqual({ column: 'photo' });
  });

  test('filters run in order', () => {
    expect(render('[{{a | trim}}] [{{a | oneline}}]', ' x \n y ')).toBe('[x \n y] [x y]');
    expect(render('{{a | html | oneline}}', '<p>x</p><p>y</p>')).toBe('x y');
    expect(render('{{a}}, {{b | html}}', 'x', '<p> <br></p>')).toBe('x');
  });
});

describe('empty values leave no trace', () => {
  test.each<[string, CellValue[], string]>([
    ['{{a}}, {{b}}', [null, 'b'], 'b'],
    ['{{a}}, {{b}}', ['a', ''], 'a'],
    ['{{a}}, {{b}}; {{c}}', ['a', null, 'c'], 'a; c'],
    ['{{title}} ({{year}})', ['Ran', null], 'Ran'],
    ['{{title}} ({{year}}) by {{who}}', ['Ran', null, 'AK'], 'Ran by AK'],
    ['{{title}} ({{y}}, {{c}})', ['Ran', null, 'JP'], 'Ran (JP)'],
    ['{{title}} ({{y}}, {{c}})', ['Ran', null, null], 'Ran'],
    ['{{a}} ({{b}} [{{c}}])', ['a', null, 'c'], 'a ([c])'],
    ['{{a}} («{{b}}», “{{c}}”)', ['a', null, 'c'], 'a (“c”)'],
    ['{{name}} <{{mail}}>', ['Al', null], 'Al'],
    ['{{a}} **{{b}}** ("{{c}}")', ['a', null, null], 'a'],
    ["{{a}} isn't '{{b}}'", ['a', null], 'a'],
    ["Customer's {{a}}, it's {{b}}", [null, 'b'], "it's b"],
    ['(see 1) {{a}} ) {{b}} (', ['a', 'b'], '(see 1) a ) b ('],
    ['{{a}}, {{b}}.', [null, null], ''],
    ['{{a}}, {{b}}.', ['a', null], 'a.'],
    ['Weight: {{a}} kg', [null], ''],
    ['Weight: {{a}} kg', [2.5], 'Weight: 2.5 kg'],
    ['{{a}}\n\n{{b}}\n\n{{c}}', ['a', null, 'c'], 'a\n\nc'],
    ['\n\n{{a}}\n\n\n\n{{b}}\n\n', ['a', 'b'], 'a\n\nb'],
    ['# A\n{{a}}\n\n# B\n\n{{b}}', [null, 'b'], '# B\n\nb'],
    ['# A\n{{a}}\n\n# B\n\n{{b}}', ['a', null], '# A\na'],
    ['# A\n====\n{{a}}\n{{b}}', [null, 'b'], '# A\n====\nb'],
    ['{{a}}\n{{b}}\nRegards', [null, 'b'], 'b\nRegards'],
    ['# A\n{{a}}\nRegards', [null], ''],
  ])('%j with %o', (template, values, document) => {
    expect(render(template, ...values)).toBe(document);
  });
});

describe('properties', () => {
  const literal = fc.stringMatching(/^[ ,.:;()[\]"'*a-z\n-]{0,12}$/);
  const template = fc
    .array(
      fc.tuple(literal, fc.constantFrom('{{a}}', '{{ b | html }}', '{{"c }} d"|trim}}', '{{e|oneline}}')),
      { minLength: 1 },
    )
    .chain((parts) => literal.map((tail) => parts.flat().join('') + tail));
  const empty = fc.constantFrom<CellValue>(null, '', ' ', '\n\t', new Uint8Array());
  const filled = fc.constantFrom<CellValue>('WORD', 'TWO  WORDS', 7n, -0.5, Buffer.from('BLOB'));
  const values = (value: fc.Arbitrary<CellValue>) => fc.array(value, { minLength: 4, maxLength: 4 });

  test('all empty gives the empty document', () => {
    fc.assert(
      fc.property(template, values(empty), (text, row) => {
        expect(render(text, ...row)).toBe('');
      }),
    );
  });

  test('no syntax, no null and no run of blank lines ever shows', () => {
    fc.assert(
      fc.property(template, values(fc.oneof(empty, filled)), (text, row) => {
        const compiled = compileTemplate(text);
        const literals = text.replace(/\{\{.*?\}\}(?:.*?\}\})?/g, '');
        const document = compiled.render(row);
        expect(document).not.toMatch(/\{\{|\}\}|undefined|\[object|\n\n\n|^\n|\n$/);
        if (!literals.includes('null')) expect(document).not.toContain('null');
      }),
    );
  });

  test('a filled value always shows, as often as it is named', () => {
    fc.assert(
      fc.property(template, values(fc.oneof(empty, fc.constant<CellValue>('WORD'))), (text, row) => {
        const compiled = compileTemplate(text);
        const named = compiled.columns.map(
          (column) =>
            text.split(column === 'c }} d' ? '"c }}' : `{{${column === 'b' ? ' b' : column}`).length - 1,
        );
        const expected = named.reduce((sum, count, index) => sum + (row[index] === 'WORD' ? count : 0), 0);
        expect(compiled.render(row).split('WORD').length - 1).toBe(expected);
      }),
    );
  });
});

describe('html', () => {
  const html = (value: string): string => render('{{a | html}}', value);

  test.each([
    ['<h1>Big News</h1><p>One <b>t</b>wo</p><p>three', 'Big News\n\nOne two\n\nthree'],
    ['a<br>b<br><br>c<div>d</div><div>e</div>', 'a\nb\n\nc\nd\ne'],
    ['<ul><li>a<li><p>b</p></ul>', '- a\n\n- b'],
    ['<table><tr><th>x</th><td>y</td></tr><tr><td>z</table>', 'x y\nz'],
    ['<a href="https://x.test">link</a> <img src=x alt=y>.', 'link .'],
    ['Tom &amp; Jerry &lt;3 &eacute;&#8364;&nbsp;5 AT&T', 'Tom & Jerry <3 é€ 5 AT&T'],
    ['&lt;b&gt; &amp;lt;', '<b> &lt;'],
    ['a<script>if (1<2) {}</script><STYLE>p{}</STYLE ><!-- no -->b', 'ab'],
    ['<script/>seen', 'seen'],
    ['<pre>a\n   b</pre>  c\n d', 'a\n   b\n\nc d'],
    ['<![CDATA[x <b>y</b>]]>', 'x <b>y</b>'],
    ['5 < 6 and 7 > 6', '5 < 6 and 7 > 6'],
    ['</p></p>x<p', 'x'],
    ['long '.repeat(100).trim(), 'long '.repeat(100).trim()],
  ])('%j', (value, text) => {
    expect(html(value)).toBe(text);
  });

  test.each(['<', '<b>', '</i>', '&', '&#x', '<a b="', '<a x ', '<!--', '<li>a', ' ', ' x', '<pre> '])(
    '5 MB of %j take linear time',
    (garbage) => {
      const start = performance.now();
      html(garbage.repeat(5_000_000 / garbage.length));
      expect(performance.now() - start).toBeLessThan(15_000);
    },
    20_000,
  );

  test('malformed input never throws', () => {
    const soup = fc.array(
      fc.oneof(
        fc.constantFrom('<', '>', '</', '&', '&#', ';', '<p', '<script>', '"', '=', '<!', '<pre>'),
        fc.string(),
      ),
    );
    fc.assert(
      fc.property(soup, (parts) => {
        expect(html(parts.join(''))).not.toMatch(/^\s|\s$/);
      }),
    );
  });
});
