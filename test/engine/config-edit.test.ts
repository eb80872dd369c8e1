/** Changes to a configuration's text leave every other line as it was written. */
import { expect, it } from 'vitest';
import { editConfig, type ConfigChange } from '../../engine/config-edit.ts';
import { parseConfig } from '../../engine/config.ts';

const edit = (text: string, change: ConfigChange): string =>
  editConfig(text, parseConfig(text, 'plumbline.yaml', {}), change);

const TYPES = Array.from({ length: 400 }, (_, i) => ({
  name: `table ${i}`,
  key: ['id'],
  template: `{{a}}\n{{b${i}}}`,
}));

/** As an editor with tastes of its own leaves it. */
const TEXT = `version:   1    # odd
source:   { kind: 'sqlite',name: "it's", path: a.db }


# two blank lines above
model:    "builtin"   # quoted
chunking: {maxTokens: 64,   overlapTokens: 8}
entityTypes:
    12:                       # a number to YAML
        key:   [ "id" ]
        template:    '{{a}}'

    "b c": { key: [id, no], template: "{{b}}", model: builtin }
# the end
`;

it('touches the lines that a change is about, and no other', () => {
  // The library drops the second blank line, so that lines cannot be matched: values and comments stay all the same.
  const plain = TEXT.replace('\n\n\n', '\n\n');
  expect(edit(plain, {})).toBe(plain);
  expect(edit(plain, { model: 'a/b' })).toBe(plain.replace('model:    "builtin"   #', 'model: "a/b" #'));
  expect(edit(plain, { chunking: { maxTokens: 32, overlapTokens: 8 } })).toBe(
    plain.replace('{maxTokens: 64,   overlapTokens: 8}', '{ maxTokens: 32, overlapTokens: 8 }'),
  );
  const types = [
    { name: '12', key: ['id'], template: '{{a}}!' },
    { name: 'b c', key: ['id', 'no'], template: '{{b}}' },
  ];
  expect(edit(plain, { entityTypes: types })).toBe(
    plain.replace("template:    '{{a}}'", "template: '{{a}}!'"),
  );
  expect(parseConfig(edit(TEXT, { workers: 3, entityTypes: types }), 'x', {})).toMatchObject({
    workers: 3,
    entityTypes: { '12': { template: '{{a}}!' }, 'b c': { model: 'builtin' } },
  });
  for (const comment of ['# odd', '# two blank', '# quoted', '# a number', '# the end'])
    expect(edit(TEXT, { workers: 3, entityTypes: types })).toContain(comment);
});

it('adds what is not there and takes out what is not wanted', () => {
  const bare = 'version: 1\nsource: { kind: sqlite, name: a, path: a.db }\n';
  const added = edit(bare, {
    failOn: 'missing>0',
    chunking: { maxTokens: 32, overlapTokens: null },
    entityTypes: [{ name: '__proto__', key: ['id'], template: '{{a}}', filter: "b = 'c: #d'" }],
  });
  expect(added.startsWith(bare)).toBe(true);
  const config = parseConfig(added, 'x', {});
  expect(Object.entries(config.entityTypes)).toEqual([
    ['__proto__', { key: ['id'], template: '{{a}}', filter: "b = 'c: #d'" }],
  ]);
  expect(config).toMatchObject({ failOn: 'missing>0', chunking: { maxTokens: 32 } });
  const removed = edit(added, {
    failOn: null,
    chunking: { maxTokens: null, overlapTokens: null },
    entityTypes: [],
  });
  expect(removed).toBe(`${bare}entityTypes: {}\n`);
});

it('changes what a change is about, and not what an alias makes of it elsewhere', () => {
  const head = 'version: 1\nsource: { kind: sqlite, name: a, path: a.db }\n';
  const text = `${head}entityTypes:
  a: { key: &k [id], template: &t "{{a}}" } # first
  b: { key: *k, template: *t }
  c: { key: *k, template: "{{c}}" }
`;
  const type = (name: string, template: string, key = ['id']) => ({ name, key, template });
  const typesOf = (written: string) => parseConfig(written, 'x', {}).entityTypes;
  const [a, b, c] = [type('a', '{{a}}'), type('b', '{{a}}'), type('c', '{{c}}')];
  // An anchor that nobody follows any more, or whose aliases are not concerned, stays.
  expect(edit(text, { entityTypes: [a, b, type('c', '{{z}}')] })).toBe(text.replace('{{c}}', '{{z}}'));
  expect(typesOf(edit(text, { entityTypes: [a, type('b', '{{z}}'), c] }))).toEqual({
    a: { key: ['id'], template: '{{a}}' },
    b: { key: ['id'], template: '{{z}}' },
    c: { key: ['id'], template: '{{c}}' },
  });
  const changed = edit(text, { entityTypes: [type('a', '{{z}}', ['id', 'no']), b, c] });
  expect(changed).toContain('# first');
  expect(typesOf(changed)).toEqual({
    a: { key: ['id', 'no'], template: '{{z}}' },
    b: { key: ['id'], template: '{{a}}' },
    c: { key: ['id'], template: '{{c}}' },
  });
  expect(typesOf(edit(text, { entityTypes: [b, c] }))).toEqual({
    b: { key: ['id'], template: '{{a}}' },
    c: { key: ['id'], template: '{{c}}' },
  });
  // A whole type by an alias.
  const whole = `${head}entityTypes:\n  a: &a { key: [id], template: "{{a}}" }\n  b: *a\n`;
  expect(typesOf(edit(whole, { entityTypes: [a, type('b', '{{z}}')] }))).toEqual({
    a: { key: ['id'], template: '{{a}}' },
    b: { key: ['id'], template: '{{z}}' },
  });
});

it('is quick with hundreds of types, and exact', () => {
  const bare = 'version: 1\nsource: { kind: sqlite, name: a, path: a.db }\n';
  const text = edit(bare, { entityTypes: TYPES });
  const without = edit(text, { entityTypes: TYPES.toSpliced(200, 1) });
  expect(text.split('\n').length - without.split('\n').length).toBe(6);
  const back = edit(without, { entityTypes: TYPES });
  expect(Object.keys(parseConfig(back, 'x', {}).entityTypes).toSorted()).toEqual(
    TYPES.map(({ name }) => name).toSorted(),
  );
});
