import { describe, expect, it } from 'vitest';
import { configuredPolicy, parseConfig } from '../../engine/config.ts';
import { renderConfig } from '../../engine/config-text.ts';
import { PlumblineError } from '../../engine/errors.ts';

const HEAD = 'version: 1\nsource:\n  kind: sqlite\n  name: s\n  path: s.db\n';
const TYPE = 'entityTypes:\n  note:\n    key: [id]\n    template: "{{body}}"\n';

function problemOf(
  text: string,
  environment: Record<string, string> = {},
): { message: string; hint: string | null } {
  try {
    parseConfig(text, 'plumbline.yaml', environment);
  } catch (error) {
    if (error instanceof PlumblineError && error.code === 'CONFIG_INVALID') return error;
    throw error;
  }
  throw new Error('the configuration was taken');
}

describe('a mistake is named with its line', () => {
  const cases: [title: string, text: string, message: string, hint?: RegExp][] = [
    [
      'an unknown key',
      `${HEAD}${TYPE}    filtre: x\n`,
      'line 10: there is no key "filtre" in entityTypes.note',
      /Did you mean "filter"\?/,
    ],
    [
      'an unknown key at the top',
      `${HEAD}entitytypes: {}\n`,
      'line 6: there is no key "entitytypes"',
      /Did you mean "entityTypes"\?/,
    ],
    [
      'an unknown key of the source',
      `${HEAD}  pth: x\n`,
      'line 6: there is no key "pth" in source',
      /"path"/,
    ],
    [
      'a text for a number',
      `${HEAD}maxDeletePercent: lots\n`,
      'line 6: maxDeletePercent must be a number, not "lots"',
    ],
    [
      'a number too big',
      `${HEAD}maxDeletePercent: 120\n`,
      'line 6: maxDeletePercent must be at most 100, not 120',
    ],
    [
      'a number too small',
      `${HEAD}chunking: {maxTokens: 4}\n`,
      'line 6: chunking.maxTokens must be at least 8, not 4',
    ],
    [
      'an overlap as long as the chunk',
      `${HEAD}chunking:\n  maxTokens: 10\n  overlapTokens: 10\n`,
      'line 8: chunking.overlapTokens must be less than maxTokens, not 10',
    ],
    [
      'a text for a list',
      `${HEAD}entityTypes:\n  note:\n    key: id\n    template: x\n`,
      'line 8: entityTypes.note.key must be a list, not "id"',
    ],
    [
      'an empty list',
      `${HEAD}entityTypes:\n  note:\n    key: []\n    template: x\n`,
      'line 8: entityTypes.note.key must not be empty, and is empty',
    ],
    [
      'a missing key',
      `${HEAD}entityTypes:\n  note:\n    key: [id]\n`,
      'line 7: entityTypes.note.template is missing',
    ],
    [
      'a type without anything',
      `${HEAD}entityTypes:\n  note:\n`,
      'line 7: entityTypes.note must be a mapping, and is empty',
    ],
    [
      'no types below the key',
      `${HEAD}entityTypes:\n`,
      'line 6: entityTypes must be a mapping of entity types, and is empty',
    ],
    ['an empty file', '', 'line 1: version is missing'],
    ['a text', 'just text', 'line 1: the file must be a mapping, not "just text"'],
    ['a list', '- 1\n', 'line 1: the file must be a mapping, not a list'],
    ['another version', HEAD.replace('1', '2'), 'line 1: version must be 1, not 2'],
    ['another kind', HEAD.replace('kind: sqlite', 'kind: oracle'), 'line 3: source.kind must be sqlite or '],
    [
      'a server without a database',
      'version: 1\nsource: {kind: postgres, name: s, host: h}\n',
      'line 2: source.database must be given, here or in a url',
    ],
    [
      'a server in two ways',
      'version: 1\nsource:\n  kind: postgres\n  name: s\n  url: postgres://h/d\n  port: 1\n',
      'line 6: source.port must not stand beside url',
    ],
    [
      'a key of another kind of source',
      'version: 1\nsource:\n  kind: postgres\n  name: s\n  path: s.db\n',
      'there is no key "path" in source',
    ],
    ['a key twice', `${HEAD}version: 1\n`, 'line 6: Map keys must be unique'],
    [
      'an entity type twice',
      `${HEAD}${TYPE}  note: {key: [id], template: x}\n`,
      'line 10: Map keys must be unique',
    ],
    ['a tab', `${HEAD}entityTypes:\n\tnote: 1\n`, 'line 7: Tabs are not allowed as indentation'],
    [
      'a bracket that stays open',
      `${HEAD}entityTypes: {\n`,
      'line 7: Flow map in block collection must be sufficiently indented and end with a }',
    ],
    ['an alias to nothing', `${HEAD}model: *other\n`, 'Unresolved alias'],
    ['a policy that is none', `${HEAD}failOn: missing\n`, 'line 6: failOn "missing" is not a rule'],
    ['__proto__ where no such key may be', `${HEAD}__proto__: 1\n`, 'line 6: there is no key "__proto__"'],
  ];
  it.each(cases)('%s', (_title, text, message, hint = /docs\/configuration\.md/) => {
    const problem = problemOf(text);
    expect(problem.message).toContain(message);
    expect(`${problem.hint}`).toMatch(
      message.includes('no key') && !/Did you|"path"/.test(hint.source) ? /Possible are/ : hint,
    );
  });
});

describe('what may be a password', () => {
  it.each([
    [
      'a URL of another kind',
      'kind: postgres, name: s, url: "mysql://u:hunter2@h/d"',
      /must start with postgres:/,
    ],
    ['a URL that is none', 'kind: postgres, name: s, url: "postgres://u:hunter2@h:x/d"', /is not a URL/],
    ['a URL with a stray %', 'kind: postgres, name: s, url: "postgres://u:hunter2%@h/d"', /two hex digits/],
    [
      'a URL without a database',
      'kind: postgres, name: s, url: "postgres://u:hunter2@h"',
      /must name the database/,
    ],
    [
      'a URL with an unknown parameter',
      'kind: postgres, name: s, url: "postgres://u:hunter2@h/d?x=1"',
      /"x"/,
    ],
    [
      'a URL with an unknown mode',
      'kind: postgres, name: s, url: "postgres://u:hunter2@h/d?sslmode=x"',
      /sslmode/,
    ],
    [
      'a password that is a list',
      'kind: postgres, name: s, database: d, password: [hunter2]',
      /must be a text/,
    ],
    ['a URL in the place of the source', '"postgres://u:hunter2@h/d"', /must be a mapping/],
    ['a URL without a scheme', 'kind: postgres, name: s, url: "u;hunter2@h/d"', /must start with postgres:/],
    ['a password that begins with *', 'kind: postgres, name: s, database: d, password: *hunter2', /alias/],
    ['a password that begins with |', '"x"\npassword: |hunter2', /[Bb]lock scalar/],
  ])('is in no message: %s', (_title, source, message) => {
    const text = source.startsWith('"')
      ? `version: 1\nsource: ${source}\n`
      : `version: 1\nsource: {${source}}\n`;
    const problem = problemOf(text);
    expect(problem.message).toMatch(message);
    expect(JSON.stringify({ ...problem, message: problem.message })).not.toContain('hunter2');
  });
});

describe('${NAME}', () => {
  it('is filled in from the environment', () => {
    const config = parseConfig(`${HEAD.replace('s.db', '${DATA}/s.db')}`, 'plumbline.yaml', {
      DATA: '/data',
    });
    expect(config.source).toMatchObject({ path: '/data/s.db' });
  });

  it('is an error with its line and name where it is not set', () => {
    const problem = problemOf(HEAD.replace('s.db', '${DATA}/s.db'));
    expect(problem.message).toBe('plumbline.yaml, line 5: the environment variable DATA is not set');
    expect(problem.hint).toMatch(/^Set DATA/);
  });

  it("is the source's own text in templates, filters and column names", () => {
    const text = `${HEAD}entityTypes:\n  note: {key: ['\${A}'], template: '{{b}} \${A}', filter: "x = '\${A}'"}\n`;
    expect(parseConfig(text, 'plumbline.yaml', { A: 'wrong' }).entityTypes['note']).toEqual({
      key: ['${A}'],
      template: '{{b}} ${A}',
      filter: "x = '${A}'",
    });
  });
});

describe('what init writes', () => {
  const names = [
    'a: b',
    '"x"',
    "it's",
    '#',
    '# x',
    '- y',
    '? z',
    'a b',
    ' outer ',
    '{x}',
    '[x]',
    '*a',
    '&a',
    '!a',
    '%a',
    '@a',
    '`a`',
    '|',
    '>',
    'null',
    '~',
    'true',
    'no',
    '1',
    '1.0',
    '0x1f',
    '1e3',
    '2024-01-01',
    '<<',
    '=',
    'ünïcode',
    '表',
    '🫖',
    'a\nb',
    'a\tb',
    'a\u0085b',
    'a\u2028b',
    '\ufeffx',
    '__proto__',
    'constructor',
    'toString',
    'version',
    '${HOME}',
    'x'.repeat(2000),
    '',
  ].filter((name) => name !== '');

  it('reads back as it was, whatever tables and columns are called', () => {
    const types = names.map((name) => ({
      name,
      selected: true,
      reason: '',
      keyColumns: [name, 'id'],
      template: `{{${JSON.stringify(name)}}}`,
    }));
    const text = renderConfig({ kind: 'sqlite', name: 'a: "b" #c', path: '../a b/ü #1.db' }, types);
    const config = parseConfig(text, 'plumbline.yaml', {});
    expect(config.source).toEqual({ kind: 'sqlite', name: 'a: "b" #c', path: '../a b/ü #1.db' });
    expect(Object.keys(config.entityTypes).toSorted()).toEqual(names.toSorted());
    for (const type of types) {
      const entry = Object.getOwnPropertyDescriptor(config.entityTypes, type.name)?.value as unknown;
      expect(entry, type.name).toEqual({ key: type.keyColumns, template: type.template });
    }
  });

  it('keeps what is left out in comments, whatever it is called', () => {
    const types = names.map((name) => ({
      name,
      selected: false,
      reason: `no ${name}`,
      keyColumns: [],
      template: '',
    }));
    const text = renderConfig({ kind: 'sqlite', name: 's', path: 's.db' }, types);
    expect(parseConfig(text, 'plumbline.yaml', {}).entityTypes).toEqual({});
    expect(text).toContain('# a b: no a b\n');
  });
});

it("takes a type's policy before the file's", () => {
  const text = `${HEAD}failOn: stale>1%\n${TYPE}    failOn: missing>0\n  other: {key: [id], template: '{{x}}'}\n`;
  const config = parseConfig(text, 'plumbline.yaml', {});
  expect(configuredPolicy(config, 'note')).toBe('missing>0');
  expect(configuredPolicy(config, 'other')).toBe('stale>1%');
  expect(configuredPolicy(parseConfig(HEAD, 'plumbline.yaml', {}), 'note')).toBeNull();
});
