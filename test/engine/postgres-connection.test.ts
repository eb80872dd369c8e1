/** What goes wrong between here and a server, and what is said of it; and that it is never the password. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { integerPart, textPart } from '../../engine/key.ts';
import { connect } from '../../engine/sources/connectors.ts';
import type { SourceConfigOf } from '../../engine/source-config.ts';
import type { SourceConnector, SourceRow } from '../../engine/sources/source.ts';
import { makeCertificates } from '../support/certificates.ts';
import { freePort, usePostgres, type PostgresDatabase } from '../support/postgres.ts';
import { openSilentProxy } from '../support/silent-proxy.ts';
import { readAll } from '../support/source-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-tls-'));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { ca, otherCa, certificate, key } = makeCertificates(folder);
// The server refuses a key that others may read, unless it is root's.
if (process.getuid?.() === 0) execFileSync('chown', ['postgres', key]);

const server = usePostgres([
  '-c',
  'ssl=on',
  '-c',
  `ssl_cert_file=${certificate}`,
  '-c',
  `ssl_key_file=${key}`,
]);
const SPEC = { entityType: 't', keyColumns: ['k'], columns: ['v'], filter: null };

let fixture: PostgresDatabase;
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

const open = async (settings: Partial<SourceConfigOf<'postgres'>> = {}): Promise<SourceConnector> =>
  (source = await fixture.open(settings));
const table = (rows = 3) =>
  fixture.exec(`CREATE TABLE t (k int PRIMARY KEY, v text);
    INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, ${rows}) i`);

describe('a connection that cannot be made', () => {
  it.each([
    [
      'a wrong password',
      { password: 'not-this-one' },
      'SOURCE_LOGIN_REFUSED',
      /does not let postgres in: password/,
    ],
    ['no password', { password: '' }, 'SOURCE_LOGIN_REFUSED', /asks for a password/],
    ['an unknown user', { user: 'nobody' }, 'SOURCE_LOGIN_REFUSED', /does not let nobody in/],
    ['an unknown database', { database: 'nothing' }, 'SOURCE_NOT_FOUND', /no database "nothing"/],
    ['an unknown host', { host: 'no-such-host.invalid' }, 'SOURCE_UNAVAILABLE', /does not answer/],
    [
      'another name than the certificate has',
      { tls: 'verify-full' as const, tlsCa: ca },
      'SOURCE_TLS_REFUSED',
      /IP/,
    ],
    ['another authority', { tls: 'verify-ca' as const, tlsCa: otherCa }, 'SOURCE_TLS_REFUSED', /certificate/],
    ['an authority that nobody knows', { tls: 'verify-ca' as const }, 'SOURCE_TLS_REFUSED', /certificate/],
    [
      'a certificate that is not there',
      { tls: 'verify-ca' as const, tlsCa: '/nowhere.pem' },
      'CONFIG_INVALID',
      /nowhere/,
    ],
  ])('says so: %s', async (_title, settings, code, message) => {
    await expect(open(settings)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
  });

  it('says so where the server falls silent after the login', { timeout: 60_000 }, async () => {
    const { port } = await openSilentProxy(fixture.port, 'SET default');
    await expect(open({ port, tls: 'disable' })).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: expect.stringContaining('no answer within the time'),
    });
  });

  it('says so where nobody listens, at once', async () => {
    await expect(open({ port: await freePort() })).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

describe('encryption', () => {
  const isEncrypted = async () => {
    await table();
    const reader = await source?.openReader({
      ...SPEC,
      filter: '(SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())',
    });
    return (await reader?.count()) === 3;
  };

  it.each([
    [{ tls: 'disable' as const }, false],
    [{}, true],
    [{ tls: 'require' as const }, true],
    [{ tls: 'verify-ca' as const, tlsCa: ca }, true],
    [{ tls: 'verify-full' as const, tlsCa: ca, host: 'localhost' }, true],
  ])('is as %o asks', async (settings, encrypted) => {
    await open(settings);
    expect(await isEncrypted()).toBe(encrypted);
  });
});

describe('passwords', () => {
  it.each([
    ['PGPASSWORD', () => vi.stubEnv('PGPASSWORD', 'postgres')],
    [
      'a password file',
      () => {
        const path = join(folder, 'pgpass');
        writeFileSync(path, `127.0.0.1:*:${fixture.name}:postgres:postgres\n`, { mode: 0o600 });
        vi.stubEnv('PGPASSFILE', path);
      },
    ],
  ])('come from %s', async (_title, prepare) => {
    prepare();
    await open({ password: undefined });
  });

  it('come from a URL, percent-encoded', async () => {
    await fixture.exec(`DROP ROLE IF EXISTS odd; CREATE ROLE odd LOGIN PASSWORD 'p@ss/wörd%'`);
    const url = `postgresql://odd:${encodeURIComponent('p@ss/wörd%')}@127.0.0.1:${fixture.port}/${fixture.name}?sslmode=require`;
    source = await connect({ kind: 'postgres', name: 'x', url, timeout: 60 });
    expect(await source.discover()).toEqual([]);
    await fixture.exec('DROP ROLE odd');
  });
});

describe('reading', () => {
  it('writes nothing, whatever a filter calls', async () => {
    await table();
    await fixture.exec('CREATE SEQUENCE s');
    const reader = await (await open()).openReader({ ...SPEC, filter: `nextval('s') > 0` });
    await expect(reader.page(null, 1)).rejects.toMatchObject({
      code: 'SOURCE_QUERY_FAILED',
      message: 'cannot execute nextval() in a read-only transaction',
    });
  });

  it('goes on over a lost connection, and over a server that is restarted', { timeout: 60_000 }, async () => {
    await table(20);
    const reader = await (await open()).openReader(SPEC);
    const first = await reader.page(null, 5);
    await fixture.exec(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'plumbline'`,
    );
    const second = await reader.page(first.at(-1)?.key ?? null, 5);
    expect(second.map((row) => row.values[0])).toEqual(['row 6', 'row 7', 'row 8', 'row 9', 'row 10']);
    await server.stop();
    const third = reader.page(second.at(-1)?.key ?? null, 5);
    await server.start();
    expect((await third).map((row) => row.values[0])).toEqual([
      'row 11',
      'row 12',
      'row 13',
      'row 14',
      'row 15',
    ]);
    await fixture.reconnect();
  });

  it('holds one connection, by the name of plumbline, and nothing between two calls', async () => {
    await table();
    const reader = await (await open()).openReader(SPEC);
    await readAll(reader, 1);
    const { rows } = await fixture.client.query(
      `SELECT state, xact_start FROM pg_stat_activity WHERE application_name = 'plumbline'`,
    );
    expect(rows).toEqual([{ state: 'idle', xact_start: null }]);
    await fixture.exec('ALTER TABLE t ADD x int; TRUNCATE t');
  });

  it('gives up on a lock, and goes on when it is gone', { timeout: 30_000 }, async () => {
    await table();
    const reader = await (await open()).openReader(SPEC);
    await fixture.exec('BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE');
    const other = await fixture.open();
    const [discovered] = await Promise.all([
      other.discover(),
      expect(reader.page(null, 1)).rejects.toMatchObject({
        code: 'SOURCE_BUSY',
        retryable: true,
        message: expect.stringMatching(/^"t" was not read: .* another transaction holds a lock/),
      }),
    ]);
    expect(discovered[0]?.reason).toMatch(/holds a lock on what is read\): Try again when it is done/);
    await other.close();
    await fixture.exec('COMMIT');
    expect(await reader.page(null, 1)).toHaveLength(1);
  });

  it('gives up on a server that falls silent', { timeout: 60_000 }, async () => {
    await table();
    const proxy = await openSilentProxy(fixture.port);
    const reader = await (await open({ port: proxy.port, timeout: 1 })).openReader(SPEC);
    proxy.fallSilent();
    await expect(reader.page(null, 1)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: true });
  });

  it('gives up on a statement that takes too long', async () => {
    await table();
    const reader = await (
      await open({ timeout: 1 })
    ).openReader({ ...SPEC, filter: 'pg_sleep(2) IS NOT NULL' });
    await expect(reader.count()).rejects.toMatchObject({
      code: 'SOURCE_BUSY',
      message: expect.stringContaining('statement timeout'),
      hint: expect.stringContaining('timeout'),
    });
  });

  it.each([
    ['a column is renamed', 'ALTER TABLE t RENAME v TO w'],
    ['a column is dropped', 'ALTER TABLE t DROP v'],
    ['the table is dropped', 'DROP TABLE t'],
  ])('stops with a clear error when %s during a scan', async (_title, sql) => {
    await table();
    const reader = await (await open()).openReader(SPEC);
    await reader.page(null, 1);
    await fixture.exec(sql);
    for (const read of [
      () => reader.page([integerPart(1)], 1),
      () => reader.fetch([[integerPart(1)]], true),
    ]) {
      await expect(read()).rejects.toMatchObject({
        code: 'SOURCE_CHANGED',
        hint: expect.stringContaining('discover'),
      });
    }
  });

  it('says so when rights are taken away', async () => {
    await table();
    await fixture.exec(
      `DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'reader'; GRANT SELECT ON t TO reader`,
    );
    const reader = await (await open({ user: 'reader', password: 'reader' })).openReader(SPEC);
    await fixture.exec('REVOKE SELECT ON t FROM reader');
    await expect(reader.page(null, 1)).rejects.toMatchObject({ code: 'SOURCE_FORBIDDEN' });
    await fixture.exec('DROP ROLE reader');
  });

  it('does not take a key for the end of the table whose column has another type by now', async () => {
    await table();
    const reader = await (await open()).openReader(SPEC);
    await expect(reader.page([textPart('1')], 1)).rejects.toMatchObject({ code: 'KEY_CHANGED' });
  });

  describe('in a snapshot', () => {
    const numbers = (rows: readonly SourceRow[]) =>
      rows.map(({ key }) => Number((key[0] as { value: bigint }).value));

    it('sees one moment, whatever is written meanwhile, and keeps nobody from changing the table', async () => {
      await table(6);
      const reader = await (await open()).openReader(SPEC);
      const snapshot = await reader.snapshot?.();
      expect(numbers((await snapshot?.page(null, 2)) ?? [])).toEqual([1, 2]);
      // Nobody waits: neither for the snapshot nor for a page of it.
      await fixture.exec(`SET lock_timeout = '1s'; DELETE FROM t WHERE k = 4; UPDATE t SET v = 'new' WHERE k = 5;
        UPDATE t SET k = 0 WHERE k = 6; ALTER TABLE t ADD x int`);
      const rest = (await snapshot?.page([integerPart(2)], 9)) ?? [];
      expect(rest.map(({ values }) => values[0])).toEqual(['row 3', 'row 4', 'row 5', 'row 6']);
      expect((await snapshot?.sums?.read(1))?.rows).toBe(6);
      expect((await reader.fetch([[integerPart(5)]], true))[0]?.values).toEqual(['new']);
      expect(numbers(await reader.page(null, 9))).toEqual([0, 1, 2, 3, 5]);
      expect(await snapshot?.release()).toBe(true);
      const { rows } = await fixture.client.query(
        `SELECT FROM pg_stat_activity WHERE application_name = 'plumbline' AND xact_start IS NOT NULL`,
      );
      expect(rows).toEqual([]);
    });

    describe('held for five minutes', () => {
      beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
      afterEach(() => void vi.useRealTimers());

      it('is let go by the next statement, which reads what is there by then', async () => {
        await table(6);
        const reader = await (await open()).openReader(SPEC);
        const snapshot = await reader.snapshot?.();
        const texts = async (after: number) =>
          (await snapshot?.page([integerPart(after)], 2))?.map(({ values }) => values[0]);
        await fixture.exec(`UPDATE t SET v = 'later'`);
        expect(await texts(0)).toEqual(['row 1', 'row 2']);
        vi.advanceTimersByTime(5 * 60_000 - 1000);
        expect(await texts(2)).toEqual(['row 3', 'row 4']);
        vi.advanceTimersByTime(2000);
        expect(await texts(4)).toEqual(['later', 'later']);
        const { rows } = await fixture.client.query(
          `SELECT FROM pg_stat_activity WHERE application_name = 'plumbline' AND backend_xmin IS NOT NULL`,
        );
        expect(rows).toEqual([]);
        expect(await snapshot?.release()).toBe(false);
      });

      it('was one snapshot where the last statement began before', async () => {
        await table();
        const reader = await (await open()).openReader(SPEC);
        const snapshot = await reader.snapshot?.();
        expect(await snapshot?.page(null, 9)).toHaveLength(3);
        vi.advanceTimersByTime(6 * 60_000);
        expect(await snapshot?.release()).toBe(true);
      });
    });

    it('is ended by the server itself where nobody asks for a minute', async () => {
      await table();
      const filter = `current_setting('idle_in_transaction_session_timeout') = '1min'`;
      const reader = await (await open()).openReader({ ...SPEC, filter });
      const snapshot = await reader.snapshot?.();
      expect(await snapshot?.page(null, 9)).toHaveLength(3);
      expect(await reader.page(null, 9)).toHaveLength(0);
      expect(await snapshot?.release()).toBe(true);
    });

    it.each([
      ['the table is emptied and filled anew', 'TRUNCATE t'],
      ['all rows are written anew', `ALTER TABLE t ALTER v TYPE varchar(9) USING ''; TRUNCATE t`],
      [
        'its connection is lost',
        `DELETE FROM t; SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'plumbline' AND xact_start IS NOT NULL`,
      ],
    ])('goes on with what is there when %s, and says so', async (_title, sql) => {
      await table(4);
      const reader = await (await open()).openReader(SPEC);
      const snapshot = await reader.snapshot?.();
      await snapshot?.page(null, 2);
      await fixture.exec(sql);
      await fixture.exec(`INSERT INTO t SELECT i, 'later' FROM generate_series(1, 4) i`);
      const rest = (await snapshot?.page([integerPart(2)], 9)) ?? [];
      expect(rest.map(({ values }) => values[0])).toEqual(['later', 'later']);
      expect(await snapshot?.release()).toBe(false);
    });

    it('says itself what is wrong with a statement', async () => {
      await table();
      const reader = await (await open()).openReader(SPEC);
      const snapshot = await reader.snapshot?.();
      await fixture.exec('DROP TABLE t');
      await expect(snapshot?.page(null, 1)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
      expect(await snapshot?.release()).toBe(false);
    });

    it('is done without where the server has no second connection', async () => {
      await table();
      await fixture.exec(`DROP ROLE IF EXISTS single; CREATE ROLE single LOGIN PASSWORD 'single' CONNECTION LIMIT 1;
        GRANT SELECT ON t TO single`);
      const reader = await (await open({ user: 'single', password: 'single' })).openReader(SPEC);
      expect(await reader.snapshot?.()).toBeNull();
      expect(await reader.page(null, 9)).toHaveLength(3);
      await fixture.exec('DROP OWNED BY single; DROP ROLE single');
    });
  });

  it('tells a database that was made anew from the one before', async () => {
    await table();
    const before = await (await open()).identity();
    const other = await server.createDatabase('STRATEGY wal_log');
    const elsewhere = await other.open();
    expect(await elsewhere.identity()).not.toBe(before);
    await elsewhere.close();
    await other.dispose();
  });
});
