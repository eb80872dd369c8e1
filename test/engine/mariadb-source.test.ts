import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatKey, integerPart, textPart, type Key } from '../../engine/key.ts';
import { stringify } from '../../engine/json.ts';
import type { SourceConfigOf } from '../../engine/source-config.ts';
import type { EntityReader, ReadSpec, SourceConnector } from '../../engine/sources/source.ts';
import { mariadbAddress } from '../../engine/sources/mariadb/address.ts';
import { sourceCases } from '../cases/source.case.ts';
import { mariadbMissing, useMariadb, type MariadbDatabase } from '../support/mariadb.ts';
import { freePort } from '../support/postgres.ts';
import { makeServerWorkspace } from '../support/server-workspace.ts';
import { openSilentProxy } from '../support/silent-proxy.ts';
import { COLLATED_WORDS, expectKeysFound, expectWordsReadOnce } from '../support/server-keys.ts';
import { readAll, sumsOf } from '../support/source-rows.ts';

if (mariadbMissing === null) {
  const server = useMariadb();
  sourceCases('mariadb', () => server.createDatabase(), {
    invalidText: 'MariaDB stores only valid UTF-8',
    mixedTypes: 'a column has one type',
  });
  describe('a MariaDB database', () => {
    mariadbCases(server);
  });
} else {
  describe.skip(`mariadb (skipped: ${mariadbMissing})`, () => {
    it('is a source', () => {});
  });
}

function mariadbCases(server: ReturnType<typeof useMariadb>): void {
  let fixture: MariadbDatabase;
  let source: SourceConnector | null;

  beforeEach(async () => {
    fixture = await server.createDatabase();
    source = null;
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await source?.close();
    await fixture.dispose();
  });

  const exec = (sql: string) => fixture.exec(sql);
  const connect = async (settings: Partial<SourceConfigOf<'mariadb'>> = {}) =>
    (source ??= await fixture.open(settings));
  const open = async (spec: Partial<ReadSpec> = {}): Promise<EntityReader> =>
    (await connect()).openReader({
      entityType: 't',
      keyColumns: ['k'],
      columns: ['v'],
      filter: null,
      ...spec,
    });
  const forms = async (reader: EntityReader, limit = 2) =>
    (await readAll(reader, limit)).map((row) => formatKey(row.key));

  describe('values', () => {
    const cases: [type: string, literal: string, expected: unknown][] = [
      ['tinyint', '-7', -7n],
      ['bigint unsigned', '18446744073709551615', 18446744073709551615n],
      ['decimal(40,4)', '123456789012345678901234567890.01', '123456789012345678901234567890.0100'],
      ['float', '0.1', 0.1],
      ['double', '0.1', 0.1],
      ['boolean', 'true', 1n],
      ['varchar(20)', `'two '`, 'two '],
      ['char(5)', `'ab'`, 'ab'],
      ['text CHARACTER SET latin1', `'né'`, 'né'],
      ['text CHARACTER SET utf8mb4', `'🦊'`, '🦊'],
      ['blob', `x'00ff'`, Buffer.of(0, 255)],
      ['binary(3)', `x'01'`, Buffer.of(1, 0, 0)],
      ['bit(10)', `b'1000000001'`, 513n],
      ['date', `'2024-02-29'`, '2024-02-29'],
      ['date', `'0000-00-00'`, '0000-00-00'],
      ['datetime(6)', `'2024-02-29 12:34:56.123456'`, '2024-02-29 12:34:56.123456'],
      ['datetime', `'0000-00-00 00:00:00'`, '0000-00-00 00:00:00'],
      ['timestamp NULL', `'2024-02-29 12:34:56'`, '2024-02-29 10:34:56'],
      ['time', `'-100:00:01'`, '-100:00:01'],
      ['year', '2024', 2024n],
      ['json', `'{ "b": [1,  2.50], "a b": "x  y" }'`, '{"b":[1,2.50],"a b":"x  y"}'],
      [`enum('sad','glad')`, `'glad'`, 'glad'],
      [`set('a','b')`, `'a,b'`, 'a,b'],
      ['point', 'POINT(1, 2)', 'POINT(1 2)'],
      ['uuid', `'0d9f0b0e-6f3b-4c6c-9d0c-4e6b1a2f3c4d'`, '0d9f0b0e-6f3b-4c6c-9d0c-4e6b1a2f3c4d'],
      ['inet6', `'::1'`, '::1'],
      ['varchar(9) AS (upper(c6)) VIRTUAL', 'DEFAULT', 'TWO '],
    ];

    it.each(['', 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,NO_ZERO_DATE', 'ORACLE'])(
      'become text as a person would write them, whatever the settings of the server: sql_mode %o',
      async (mode) => {
        const names = cases.map((_, i) => `c${i}`);
        await exec(`SET time_zone = '+02:00', sql_mode = ''`);
        await exec(
          `CREATE TABLE t (k int PRIMARY KEY, ${cases.map(([type], i) => `c${i} ${type}`).join(', ')})`,
        );
        await exec(`INSERT INTO t VALUES (1, ${cases.map(([, literal]) => literal).join(', ')})`);
        await exec('INSERT INTO t (k) VALUES (2)');
        await exec(`SET GLOBAL sql_mode = '${mode}', GLOBAL time_zone = '+09:00'`);
        try {
          const reader = await open({ columns: names, filter: `k <> 7 AND '\\\\' <> 'x'` });
          const [first, second] = await readAll(reader, 10);
          const labels = cases.map(([type], i) => `c${i} ${type}`);
          expect(labels.map((label, i) => [label, first?.values[i]])).toEqual(
            labels.map((label, i) => [label, cases[i]?.[2]]),
          );
          expect(second?.values).toEqual(names.map(() => null));
          const summed = await open({
            columns: names.filter((_, i) => !/json|float|double/.test(`${cases[i]?.[0]}`)),
          });
          expect(await summed.sums?.read(3)).toEqual(sumsOf(await readAll(summed, 10), 3));
          expect(reader.sums).toBeUndefined();
          expect((await (await connect()).discover())[0]?.sampleRows[0]?.slice(1)).toEqual(
            cases.map(([, , value]) => value),
          );
        } finally {
          await exec(`SET GLOBAL sql_mode = DEFAULT, GLOBAL time_zone = DEFAULT`);
        }
      },
    );
  });

  describe('keys', () => {
    const KEYS: [type: string, literals: string[], external: string[]][] = [
      [
        'bigint unsigned',
        ['0', '9223372036854775807', '9223372036854775808', '18446744073709551615'],
        ['0', '9223372036854775807', '9223372036854775808', '18446744073709551615'],
      ],
      ['decimal(30,2)', ['1.50', '-2'], ['1.50', '-2.00']],
      ['binary(2)', [`x'01'`, `x'0001'`], ['0100', '0001']],
      ['bit(3)', [`b'101'`], ['5']],
      ['date', [`'2024-02-29'`, `'0000-00-00'`], ['2024-02-29', '0000-00-00']],
      ['datetime(6)', [`'2024-02-29 12:00:00.000001'`], ['2024-02-29 12:00:00.000001']],
      ['double', ['0.1', '1e20'], ['0.1', '100000000000000000000.0']],
      [`enum('z','a','m')`, [`'z'`, `'a'`, `'m'`], ['z', 'a', 'm']],
      [
        'uuid',
        [`'0d9f0b0e-6f3b-4c6c-9d0c-4e6b1a2f3c4d'`, `'1d9f0b0e-0000-1c6c-9d0c-4e6b1a2f3c4d'`],
        ['0d9f0b0e-6f3b-4c6c-9d0c-4e6b1a2f3c4d', '1d9f0b0e-0000-1c6c-9d0c-4e6b1a2f3c4d'],
      ],
      ['varchar(20) CHARACTER SET latin1', [`'né'`, `'a'`], ['né', 'a']],
      ['year', ['2024'], ['2024']],
    ];

    it.each(KEYS)('of type %s are read in full and found again', async (type, literals, external) => {
      await exec(`SET sql_mode = ''; CREATE TABLE t (k ${type} PRIMARY KEY, v int)`);
      for (const [i, literal] of literals.entries()) await exec(`INSERT INTO t VALUES (${literal}, ${i})`);
      await expectKeysFound(await open(), external, ({ key, values }) => [formatKey(key), values]);
    });

    it('that no value of the column can be are not found, and leave the others alone', async () => {
      await exec(`CREATE TABLE t (k date PRIMARY KEY, v int); INSERT INTO t VALUES ('2024-02-29', 1)`);
      const keys = ['nonsense', '2024-02-29', '2024-02-30', '2024-2-29'].map((k): Key => [textPart(k)]);
      const rows = await (await open()).fetch([...keys, [integerPart(7)]], true);
      expect(rows.map((row) => row?.values[0] ?? null)).toEqual([null, 1n, null, null, null]);
    });

    const WORDS = [...COLLATED_WORDS, 'a '];
    it.each([
      'utf8mb4_general_ci',
      'utf8mb4_bin',
      'utf8mb4_nopad_bin',
      'utf8mb4_swedish_ci',
      'utf8mb4_unicode_520_nopad_ci',
      'uca1400_as_cs',
    ])('under %s are read once each, whatever the page size', async (collation) => {
      await exec(
        `CREATE TABLE t (k varchar(20) CHARACTER SET utf8mb4 COLLATE ${collation} PRIMARY KEY, v int)`,
      );
      for (const [i, word] of WORDS.entries())
        await fixture.connection.query('INSERT IGNORE INTO t VALUES (?, ?)', [word, i]);
      const kept = (await fixture.connection.query<{ k: string }[]>('SELECT k FROM t')).map((row) => row.k);
      await expectWordsReadOnce(await open(), WORDS, kept);
    });

    it.each([
      ['mixed directions', 'UNIQUE (a DESC, b, c DESC)'],
      ['another order than the key', 'UNIQUE (c, b, a)'],
      ['only the first characters', 'UNIQUE (a, b(2), c)'],
    ])('of an index with %s are read once each', async (_title, constraint) => {
      await exec(`CREATE TABLE t (a int NOT NULL, b varchar(20) NOT NULL, c int NOT NULL, v int, ${constraint});
        INSERT INTO t SELECT a.seq, concat('b', b.seq), c.seq, a.seq * 100 + b.seq * 10 + c.seq
        FROM seq_0_to_4 a, seq_0_to_4 b, seq_0_to_4 c`);
      const reader = await open({ keyColumns: ['a', 'b', 'c'], filter: 'v >= 0' });
      for (const limit of [1, 7, 1000]) {
        const values = (await readAll(reader, limit)).map((row) => Number(row.values[0]));
        expect([new Set(values).size, values.length]).toEqual([125, 125]);
      }
    });
  });

  it('takes a question mark in a filter for what it is there', async () => {
    await exec(
      `CREATE TABLE t (k int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'what?'), (2, 'so'), (3, 'what?')`,
    );
    const reader = await open({ filter: "v = 'what?' AND `k` <> 9 /* ? */ AND v <> 'it''s?' -- ?" });
    expect(await forms(reader, 1)).toEqual(['1', '3']);
    expect(await reader.fetch([[integerPart(2)], [integerPart(3)]], true)).toMatchObject([
      null,
      { values: ['what?'] },
    ]);
  });

  describe('a connection that cannot be made', () => {
    it.each([
      [
        'a wrong password',
        { password: 'not-this-one' },
        'SOURCE_LOGIN_REFUSED',
        /does not let tester in: Access denied/,
      ],
      ['an unknown database', { database: 'nothing' }, 'SOURCE_NOT_FOUND', /no database "nothing"/],
      ['an unknown host', { host: 'no-such-host.invalid' }, 'SOURCE_UNAVAILABLE', /does not answer/],
    ])('says so: %s', async (_title, settings, code, message) => {
      await expect(fixture.open(settings)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
    });

    it.each(['require', 'verify-ca', 'verify-full'] as const)(
      'says so where the server has no encryption, and %s wants it',
      async (tls) => {
        await expect(fixture.open({ tls })).rejects.toMatchObject({
          code: 'SOURCE_TLS_REFUSED',
          message: expect.stringMatching(/no encrypted connection to .*: the server offers none/),
        });
      },
    );

    it('says so where the server falls silent after the login', { timeout: 60_000 }, async () => {
      const { port } = await openSilentProxy(fixture.port, 'SET SESSION');
      await expect(fixture.open({ port, tls: 'disable' })).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        message: expect.stringContaining('no answer within the time'),
      });
    });

    it('says so where nobody listens, at once', async () => {
      await expect(fixture.open({ port: await freePort() })).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        retryable: true,
      });
    });
  });

  it('does not take a zero date in a key for NULL', async () => {
    await exec(`SET sql_mode = ''; CREATE TABLE t (k date NOT NULL, n int, v text, UNIQUE (k, n));
      INSERT INTO t VALUES ('0000-00-00', 1, 'zero'), ('2024-01-01', NULL, 'null'), ('2024-01-01', 1, 'other')`);
    const reader = await open({ keyColumns: ['k', 'n'] });
    const rows = await readAll(reader, 1);
    expect(rows.map(({ values }) => values[0])).toEqual(['zero', 'other']);
    expect((await reader.nullKeyRows(0, 9)).map(({ values }) => values[0])).toEqual(['null']);
    expect(await reader.sums?.read(1)).toEqual(sumsOf(rows, 1));
  });

  it.each([
    ['tester # of the tests', 'tester'],
    ['"te#st\\\\er"', 'te#st\\er'],
    [String.raw`'a\'b"c' # mine`, `a'b"c`],
    [String.raw`\stab\ttab\xx`, ' tab\ttab\\xx'],
    ['a"b#c"d', 'a"b#c"d'],
    ['"half', '"half'],
    ['', ''],
  ])('reads the password %s of ~/.my.cnf as the tools do', (written, password) => {
    const home = mkdtempSync(join(tmpdir(), 'plumbline-home-'));
    writeFileSync(join(home, '.my.cnf'), `[client]\npassword = ${written}\n`);
    vi.stubEnv('HOME', home);
    expect(mariadbAddress({ kind: 'mariadb', name: 'x', database: 'd' }).password).toBe(password);
    rmSync(home, { recursive: true });
  });

  it('reads whole tables, in UTF-8, and what was committed, whatever the server does to a new connection', async () => {
    await exec(`CREATE TABLE t (k int PRIMARY KEY, v varchar(20)) CHARACTER SET utf8mb4;
      INSERT INTO t VALUES (1, 'né'), (2, '🦊'), (3, 'x'); CREATE OR REPLACE USER plain@'%' IDENTIFIED BY 'plain';
      GRANT SELECT ON ${fixture.name}.* TO plain@'%';
      SET GLOBAL init_connect = 'SET NAMES latin1', GLOBAL sql_select_limit = 2, GLOBAL tx_isolation = 'READ-UNCOMMITTED',
        GLOBAL max_join_size = 1`);
    try {
      await connect({ user: 'plain', password: 'plain' });
      const reader = await open({});
      await exec(`SET sql_select_limit = DEFAULT; START TRANSACTION; UPDATE t SET v = 'dirty' WHERE k = 3`);
      expect((await reader.page(null, 9)).map((row) => row.values[0])).toEqual(['né', '🦊', 'x']);
      await exec('ROLLBACK');
    } finally {
      await exec(`SET GLOBAL init_connect = '', GLOBAL sql_select_limit = DEFAULT, GLOBAL tx_isolation = DEFAULT,
        GLOBAL max_join_size = DEFAULT; DROP USER plain@'%'`);
    }
  });

  it('takes user and password from ~/.my.cnf', async () => {
    const home = mkdtempSync(join(tmpdir(), 'plumbline-home-'));
    writeFileSync(
      join(home, '.my.cnf'),
      `[mysqld]\nuser = nobody\n[client]\nuser = tester\npassword = "tester"\n`,
    );
    chmodSync(join(home, '.my.cnf'), 0o600);
    vi.stubEnv('HOME', home);
    await connect({ user: undefined, password: undefined });
    rmSync(home, { recursive: true });
  });

  describe('reading', () => {
    const table = () =>
      exec(
        `CREATE TABLE t (k int PRIMARY KEY, v text); INSERT INTO t SELECT seq, concat('row ', seq) FROM seq_1_to_20`,
      );

    it(
      'goes on over a lost connection, and over a server that is restarted',
      { timeout: 60_000 },
      async () => {
        await table();
        const reader = await open();
        const first = await reader.page(null, 5);
        const [own] = await fixture.connection.query<{ id: bigint }[]>(
          `SELECT id FROM information_schema.processlist WHERE db = '${fixture.name}' AND id <> connection_id()`,
        );
        await exec(`KILL ${own?.id}`);
        const second = await reader.page(first.at(-1)?.key ?? null, 5);
        expect(second.map((row) => row.values[0])).toEqual(['row 6', 'row 7', 'row 8', 'row 9', 'row 10']);
        await server.stop();
        const third = reader.page(second.at(-1)?.key ?? null, 2);
        await server.start();
        expect((await third).map((row) => row.values[0])).toEqual(['row 11', 'row 12']);
        await fixture.reconnect();
      },
    );

    it('writes nothing, whatever a filter calls', async () => {
      await table();
      await exec(`CREATE TABLE log (x int);
        CREATE FUNCTION noted() RETURNS int BEGIN INSERT INTO log VALUES (1); RETURN 1; END`);
      await expect(open({ filter: 'noted() = 1' })).rejects.toMatchObject({
        message: expect.stringContaining('READ ONLY'),
      });
      expect(await fixture.connection.query('SELECT * FROM log')).toEqual([]);
    });

    it('says that somebody stopped a statement', async () => {
      await table();
      const reader = await open({ filter: 'sleep(1) = 0' });
      const counting = reader.count().catch((error: unknown) => error);
      const find = `SELECT id FROM information_schema.processlist WHERE info LIKE '%sleep%' AND id <> connection_id()`;
      const own = await vi.waitUntil(async () => (await fixture.connection.query<{ id: bigint }[]>(find))[0]);
      await exec(`KILL QUERY ${own.id}`);
      expect(await counting).toMatchObject({
        code: 'SOURCE_BUSY',
        message: expect.stringMatching(/^"t" was not read: .* a statement was stopped: /),
      });
    });

    it('gives up on a server that falls silent', { timeout: 60_000 }, async () => {
      await table();
      const proxy = await openSilentProxy(fixture.port);
      await connect({ port: proxy.port, timeout: 1 });
      const reader = await open();
      proxy.fallSilent();
      await expect(reader.page(null, 1)).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        retryable: true,
      });
    });

    it('gives up on a statement that takes too long', async () => {
      await table();
      await connect({ timeout: 1 });
      const reader = await open({ filter: 'sleep(1) = 0' });
      await expect(reader.count()).rejects.toMatchObject({ code: 'SOURCE_BUSY', retryable: true });
    });

    it.each([
      ['a column is renamed', 'ALTER TABLE t RENAME COLUMN v TO w'],
      ['the table is dropped', 'DROP TABLE t'],
    ])('stops with a clear error when %s during a scan', async (_title, sql) => {
      await table();
      const reader = await open();
      await reader.page(null, 1);
      await exec(sql);
      for (const read of [
        () => reader.page([integerPart(1)], 1),
        () => reader.fetch([[integerPart(1)]], true),
      ])
        await expect(read()).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    });

    it('says so when rights are taken away, and lists a broken view with the reason', async () => {
      await table();
      await exec(`CREATE TABLE u (k int PRIMARY KEY); CREATE VIEW broken AS SELECT * FROM u; DROP TABLE u;
        CREATE OR REPLACE USER reader IDENTIFIED BY 'reader'; GRANT SELECT ON ${fixture.name}.* TO reader`);
      await connect({ user: 'reader', password: 'reader' });
      const reader = await open();
      expect(
        (await (await connect()).discover()).map(({ name, rows, reason }) => [name, rows, reason]),
      ).toEqual([
        ['t', 20, expect.stringContaining('key k')],
        ['broken', null, expect.stringContaining('cannot be read')],
      ]);
      await exec(`REVOKE SELECT ON ${fixture.name}.* FROM reader`);
      await source?.close();
      await expect(reader.page(null, 1)).rejects.toMatchObject({
        code: expect.stringMatching(/SOURCE_(FORBIDDEN|LOGIN_REFUSED)/),
      });
      await exec('DROP USER reader');
    });
  });

  it(
    'is indexed, validated, found to drift and repaired under two collations',
    { timeout: 120_000 },
    async () => {
      await exec(`CREATE TABLE texts (name varchar(50) COLLATE utf8mb4_german2_ci PRIMARY KEY, body text);
      INSERT INTO texts VALUES ('key', 'a text'), ('it''s "so"', 'b text'), ('🦊', 'c text'), ('', 'd text'), ('7', 'e text'), ('öl', 'f text'), ('a-b', 'g text');
      CREATE TABLE bytes (name varchar(50) COLLATE utf8mb4_bin PRIMARY KEY, body text);
      INSERT INTO bytes VALUES ('key', 'k text'), ('Key', 'l text'), ('e\u0301', 'm text'), ('é', 'n text');
      CREATE TABLE numbers (id bigint unsigned, part binary(2), body text, PRIMARY KEY (id, part));
      INSERT INTO numbers VALUES (18446744073709551615, x'00ff', 'o text'), (9223372036854775808, x'0000', 'p text'), (0, x'ffff', 'q text')`);
      const secret = 'tester';
      const { folder, run } = await makeServerWorkspace(
        `mysql://tester:${secret}@127.0.0.1:${fixture.port}/${fixture.name}`,
      );
      expect((await run('index')).jobs.map(({ state, embedded }) => [state, embedded])).toEqual([
        ['completed', 4],
        ['completed', 3],
        ['completed', 7],
      ]);
      const validate = async () => {
        const { jobs, reports } = await run('validate');
        // One that has no report says why.
        expect(jobs?.map(({ error }) => error)).toEqual([null, null, null]);
        return reports;
      };
      const inSync = async () => {
        for (const report of await validate())
          expect(report, stringify(report)).toMatchObject({ state: 'in_sync', snapshot: true });
      };
      await inSync();
      await exec(`UPDATE texts SET body = 'changed' WHERE name = 'öl'; UPDATE texts SET name = 'KEY' WHERE name = 'key';
      DELETE FROM bytes WHERE name = 'Key'; INSERT INTO numbers VALUES (18446744073709551614, x'00ff', 'new')`);
      expect(
        (await validate()).map(({ entityType, missing, stale, orphaned }) => [
          entityType,
          missing,
          stale,
          orphaned,
        ]),
      ).toEqual([
        ['bytes', 0, 0, 1],
        ['numbers', 1, 0, 0],
        ['texts', 1, 1, 1],
      ]);
      expect((await run('drift', { entityType: 'numbers' })).items[0]?.key).toBe(
        '[18446744073709551614,"00ff"]',
      );
      await run('fixDrift', { maxDeletePercent: 100 });
      await inSync();
      expect(readFileSync(join(folder, 'plumbline.yaml'), 'utf8')).toContain('password: ${SOURCE_PASSWORD}');
      expect(statSync(join(folder, '.plumbline', 'secrets.json')).mode & 0o777).toBe(0o600);
    },
  );
}
