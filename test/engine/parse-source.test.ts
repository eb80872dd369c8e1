import { describe, expect, it } from 'vitest';
import { withoutSecrets } from '../../engine/source-config.ts';
import { parseSource } from '../../engine/sources/parse-source.ts';

const parse = (source: string, name?: string) => parseSource(source, { from: '/home/me', name });

describe('--source', () => {
  it.each([
    ['shop.sqlite', { kind: 'sqlite', name: 'shop', path: '/home/me/shop.sqlite' }],
    ['file:///data/my%20shop.db', { kind: 'sqlite', name: 'my shop', path: '/data/my shop.db' }],
    [
      'postgresql://reader@db.example:5433/shop?sslmode=verify-full',
      {
        kind: 'postgres',
        name: 'shop',
        host: 'db.example',
        port: 5433,
        database: 'shop',
        user: 'reader',
        tls: 'verify-full',
      },
    ],
    [
      'postgres:///shop?host=/run/postgresql',
      { kind: 'postgres', name: 'shop', host: '/run/postgresql', database: 'shop' },
    ],
    ['postgres://[::1]/shop', { kind: 'postgres', name: 'shop', host: '::1', database: 'shop' }],
    [
      'MySQL://root:a%40b@localhost/shop',
      { kind: 'mysql', name: 'shop', host: 'localhost', database: 'shop', user: 'root', password: 'a@b' },
    ],
    ['mariadb://h/d?ssl=true', { kind: 'mariadb', name: 'd', host: 'h', database: 'd', tls: 'verify-full' }],
  ])('%s is what it says', (source, expected) => {
    expect(JSON.parse(JSON.stringify(parse(source)))).toEqual(expected);
    expect(parse(source, 'mine')).toMatchObject({ name: 'mine' });
  });

  it.each([
    ['', 'USAGE', /no name/],
    ['oracle://u:hunter2@h/d', 'SOURCE_KIND_UNKNOWN', /"oracle"/],
    ['postgres://u:hunter2@h', 'USAGE', /does not name a database/],
    ['postgres://u:hunt%er2@h/d', 'USAGE', /two hex digits/],
    ['mysql://u:hunter2@h/d?charset=x', 'USAGE', /"charset"/],
    ['file://host/x.db', 'USAGE', /not the address of a file/],
  ])('%s is refused, without a secret', (source, code, message) => {
    let error: unknown;
    try {
      parse(source);
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ code, message: expect.stringMatching(message), hint: expect.any(String) });
    expect(`${(error as Error).message}${JSON.stringify(error)}`).not.toMatch(/hunt/);
  });
});

const PRINTABLE = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));

it.each(PRINTABLE)(
  'a password with %s is read when encoded; else it is read, or refused without a word of it',
  (character) => {
    const password = `12${character}qx`;
    const url = (written: string) => `postgres://u:${written}@h/d`;
    expect(parse(url(encodeURIComponent(password)))).toMatchObject({ password, host: 'h', database: 'd' });
    let result: unknown;
    try {
      result = parse(url(password));
    } catch (error) {
      expect(error).toMatchObject({ code: 'USAGE' });
      expect((error as Error).message).not.toMatch(/12|qx/);
      return;
    }
    expect(result).toMatchObject({ password, host: 'h', database: 'd' });
  },
);

it.each([
  ['shop', 'SHOP_PASSWORD'],
  ['7 seas & co', '_7_SEAS_CO_PASSWORD'],
])('the password of %s is written down as a reference to %s', (name, variable) => {
  const source = parse('postgres://u:secret@h/d', name);
  expect(withoutSecrets(source)).toEqual({
    source: { ...source, password: `\${${variable}}` },
    secrets: { [variable]: 'secret' },
  });
  const open = parse('postgres://u@h/d');
  expect(withoutSecrets(open)).toEqual({ source: open, secrets: {} });
});
