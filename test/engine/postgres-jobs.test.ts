/** From init to repair over PostgreSQL: the worst keys and texts, under two collations, and no secret left anywhere. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../engine/contract.ts';
import { stringify } from '../../engine/json.ts';
import { workerUrls } from '../../workers/urls.ts';
import { usePostgres, type PostgresDatabase } from '../support/postgres.ts';
import { makeServerWorkspace, type ServerWorkspace } from '../support/server-workspace.ts';

const server = usePostgres();
let fixture: PostgresDatabase;

const open = async (options = '') => (fixture = await server.createDatabase(options));
afterEach(() => fixture.dispose());

const url = (login = 'postgres:postgres') =>
  `postgres://${login}@127.0.0.1:${fixture.port}/${fixture.name}?sslmode=disable`;

const UUID = '0d9f0b0e-6f3b-4c6c-9d0c-4e6b1a2f3c4d';
/** Table, key columns, and the literals of its keys; no two texts are equal under a language. */
const TABLES: readonly [name: string, columns: string, keys: readonly string[]][] = [
  ['bigints', 'id bigint', ['-9223372036854775808', '-5', '0', '9007199254740993', '9223372036854775807']],
  [
    'texts',
    'name text',
    [
      `'key'`,
      `'Key'`,
      `'key '`,
      `'it''s "quoted"'`,
      `'back\\slash'`,
      `'🦊'`,
      `U&'e\\0301'`,
      `'é'`,
      `'7'`,
      `''`,
      `'-'`,
      `'a-b'`,
      `'ab'`,
      `'a b'`,
    ],
  ],
  [
    'pairs',
    'shelf varchar(20), number int',
    [`'a', 1`, `'a ', 1`, `'A', 1`, `'a', -1`, `'["a"', 7`, `'', 0`],
  ],
  ['uuids', 'id uuid', [`'${UUID}'`, `'00000000-0000-0000-0000-000000000000'`]],
  ['blobs', 'id bytea', [`'\\x'`, `'\\x00'`, `'\\x0001'`, `'\\xff'`]],
  ['numbers', 'id numeric', ['1.10', '-0.5', '2', '10', '123456789012345678901234567890']],
  ['times', 'at timestamptz', [`'2024-02-29 12:00+02'`, `'2024-02-29 12:00:00.000001+02'`, `'infinity'`]],
  ['select "from"', '"order by" text', [`'one'`, `'Two'`]],
];

async function build(): Promise<number> {
  let rows = 0;
  for (const [name, columns, keys] of TABLES) {
    const table = `"${name.replaceAll('"', '""')}"`;
    const key = columns.split(', ').map((column) => column.replace(/ \w+(\(\d+\))?$/, ''));
    await fixture.exec(`CREATE TABLE ${table} (${columns}, body text, PRIMARY KEY (${key.join(', ')}))`);
    for (const literal of keys) {
      rows += 1;
      await fixture.exec(`INSERT INTO ${table} VALUES (${literal}, 'row ${rows} of the old ship')`);
    }
  }
  return rows;
}

describe.each([
  ['bytes', ''],
  ['a language', `TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de' LOCALE 'C.UTF-8'`],
])('keys compared by %s', (_title, options) => {
  let workspace: ServerWorkspace;
  let rows: number;

  beforeEach(async () => {
    await open(options);
    rows = await build();
    workspace = await makeServerWorkspace(url());
  });

  /** The reports of all tables: a job that has none says why. */
  async function validate(): Promise<Report[]> {
    const { jobs, reports } = await workspace.run('validate');
    expect(jobs?.map(({ error }) => error)).toEqual(TABLES.map(() => null));
    return reports;
  }

  it(
    'are indexed, validated without a false difference, and repaired exactly',
    { timeout: 120_000 },
    async () => {
      const { jobs } = await workspace.run('index');
      expect(jobs.map(({ state }) => state)).toEqual(TABLES.map(() => 'completed'));
      expect(jobs.reduce((sum, job) => sum + job.embedded, 0)).toBe(rows);
      for (const report of await validate())
        expect(report, stringify(report)).toMatchObject({
          state: 'in_sync',
          snapshot: true,
          source: report.indexed,
        });

      await fixture.exec(`UPDATE texts SET body = 'changed' WHERE name = 'key '; DELETE FROM texts WHERE name = 'Key';
      INSERT INTO texts VALUES ('KEY', 'new'); UPDATE bigints SET id = 9007199254740992 WHERE id = 9007199254740993;
      UPDATE pairs SET shelf = 'A ' WHERE shelf = 'A'`);
      const drifted = (await validate()).filter(({ state }) => state === 'drifted');
      expect(
        drifted.map(({ entityType, missing, stale, orphaned }) => [entityType, missing, stale, orphaned]),
      ).toEqual([
        ['bigints', 1, 0, 1],
        ['pairs', 1, 0, 1],
        ['texts', 1, 1, 1],
      ]);
      const found = await workspace.run('drift', { entityType: 'texts' });
      expect(found.items.map((item) => [item.class, item.key]).toSorted()).toEqual([
        ['missing', 'KEY'],
        ['orphaned', 'Key'],
        ['stale', 'key '],
      ]);
      await workspace.run('fixDrift', { maxDeletePercent: 100 });
      for (const report of await validate())
        expect(report, stringify(report)).toMatchObject({ state: 'in_sync' });
    },
  );
});

it('finds a few changes among many rows by their sums, whatever they are', { timeout: 120_000 }, async () => {
  await open();
  await fixture.exec(`CREATE TABLE t (id int PRIMARY KEY, body text, at timestamptz);
    INSERT INTO t SELECT i, 'text number ' || i, '2024-01-01'::timestamptz + i * interval '1 second' FROM generate_series(1, 3000) i`);
  const { folder, run } = await makeServerWorkspace(url());
  const path = join(folder, 'plumbline.yaml');
  const configure = (template: string) =>
    writeFileSync(path, readFileSync(path, 'utf8').replace(/template: .*/, `template: "${template}"`));
  configure('{{body}} {{at}}');
  await run('index');
  const counts = async () => {
    const [report] = (await run('validate')).reports;
    const { source, missing, stale, orphaned, outdated, failed } = report ?? {};
    return { source, missing, stale, orphaned, outdated, failed };
  };
  const none = { source: 3000, missing: 0, stale: 0, orphaned: 0, outdated: 0, failed: 0 };
  const before = await rowsReadByIndex();
  expect(await counts()).toEqual(none);
  // A scan would have gone through the index, page by page.
  expect(await rowsReadByIndex()).toBe(before);

  await fixture.exec(`UPDATE t SET body = 'other' WHERE id IN (5, 1500); UPDATE t SET at = NULL WHERE id = 77;
    UPDATE t a SET body = b.body, at = b.at FROM t b WHERE (a.id, b.id) IN ((10, 11), (11, 10));
    DELETE FROM t WHERE id IN (3000, 2); INSERT INTO t VALUES (9000, 'new', NULL)`);
  expect(await counts()).toEqual({ ...none, source: 2999, missing: 1, stale: 5, orphaned: 2 });
  await run('fixDrift', {});
  expect(await counts()).toEqual({ ...none, source: 2999 });

  configure('{{body}}, {{at}}');
  await fixture.exec('DELETE FROM t WHERE id = 100');
  expect(await counts()).toEqual({ ...none, source: 2998, outdated: 2998, orphaned: 1 });
});

it('validates one moment of a table that is written to meanwhile', { timeout: 60_000 }, async () => {
  await open();
  await fixture.exec(`CREATE TABLE t (id int PRIMARY KEY, body text, more jsonb);
    INSERT INTO t SELECT i, 'text number ' || i, '{}' FROM generate_series(1, 4500) i`);
  const { folder, run } = await makeServerWorkspace(url());
  const path = join(folder, 'plumbline.yaml');
  // No sums of JSON: it is scanned page by page.
  writeFileSync(path, readFileSync(path, 'utf8').replace(/template: .*/, 'template: "{{body}} {{more}}"'));
  await run('index');
  await fixture.exec(`UPDATE t SET body = 'other' WHERE id = 7; DELETE FROM t WHERE id = 8`);
  let writing: Promise<void> | null = null;
  const { reports } = await run('validate', {}, ({ job }) => {
    if (job.processed > 0)
      writing ??=
        fixture.exec(`UPDATE t SET id = 0 WHERE id = 4400; UPDATE t SET body = 'other' WHERE id = 4401;
        DELETE FROM t WHERE id = 4402; INSERT INTO t VALUES (9000, 'new', '{}')`);
  });
  expect(writing).not.toBeNull();
  await writing;
  expect(reports[0]).toMatchObject({
    snapshot: true,
    source: 4499,
    missing: 0,
    stale: 1,
    orphaned: 1,
  });
});

it('goes on without the snapshot when five minutes are over, and says so', { timeout: 60_000 }, async () => {
  await open();
  await fixture.exec(`CREATE TABLE t (id int PRIMARY KEY, body text, more jsonb);
    INSERT INTO t SELECT i, 'text number ' || i, '{}' FROM generate_series(1, 4500) i`);
  const outlived = new URL('../support/outlived-snapshot.ts', import.meta.url);
  const { folder, run } = await makeServerWorkspace(url(), { ...workerUrls, source: outlived });
  const path = join(folder, 'plumbline.yaml');
  writeFileSync(path, readFileSync(path, 'utf8').replace(/template: .*/, 'template: "{{body}} {{more}}"'));
  await run('index');
  await fixture.exec(`UPDATE t SET body = 'other' WHERE id = 7; DELETE FROM t WHERE id = 8`);
  expect((await run('validate')).reports).toMatchObject([{ snapshot: false, source: 4499 }]);
  // What was written behind the scan (-1, 9, 10) is for the next validation; the rest is as it was read last.
  const { items } = await run('drift', { entityType: 't' });
  expect(items.map((item) => [item.class, item.key]).toSorted()).toEqual([
    ['missing', '9000'],
    ['orphaned', '4402'],
    ['orphaned', '8'],
    ['stale', '4401'],
    ['stale', '7'],
  ]);
});

async function rowsReadByIndex(): Promise<number> {
  await fixture.exec('SELECT pg_stat_force_next_flush()');
  const { rows } = await fixture.client.query<{ read: string }>(
    `SELECT idx_tup_fetch AS read FROM pg_stat_user_tables WHERE relname = 't'`,
  );
  return Number(rows[0]?.read);
}

it(
  'leaves a job to resume when the server goes away, and goes on when it is back',
  { timeout: 120_000 },
  async () => {
    await open();
    await fixture.exec(`CREATE TABLE t (id int PRIMARY KEY, body text);
    INSERT INTO t SELECT i, 'text number ' || i || repeat(' and more', 50) FROM generate_series(1, 6000) i`);
    const { run } = await makeServerWorkspace(url());
    let stopping: Promise<void> | null = null;
    const { jobs } = await run('index', {}, (event) => {
      if (event.job.processed > 0) stopping ??= server.stop();
    });
    await stopping;
    expect(jobs[0]).toMatchObject({
      state: 'interrupted',
      error: { code: 'SOURCE_UNAVAILABLE', retryable: true },
    });
    await server.start();
    await fixture.reconnect();
    expect((await run('index')).jobs[0]).toMatchObject({
      id: jobs[0]?.id,
      state: 'completed',
      embedded: 6000,
    });
    expect((await run('validate')).reports[0]).toMatchObject({ state: 'in_sync', source: 6000 });
  },
);

it.each([
  [
    'table is dropped',
    'ALTER TABLE t SET SCHEMA hidden',
    'ALTER TABLE hidden.t SET SCHEMA public',
    /^ENTITY_TYPE_UNKNOWN$/,
  ],
  [
    'column is renamed',
    'ALTER TABLE t RENAME body TO text',
    'ALTER TABLE t RENAME text TO body',
    /^COLUMN_UNKNOWN$/,
  ],
  [
    'right to read is revoked',
    'REVOKE SELECT ON t FROM reader',
    'GRANT SELECT ON t TO reader',
    /^SOURCE_FORBIDDEN$/,
  ],
])(
  'waits where its %s, and goes on when it is back',
  { timeout: 120_000 },
  async (_what, change, mend, code) => {
    await open();
    await fixture.exec(`DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'reader'; CREATE SCHEMA hidden;
    CREATE TABLE t (id int PRIMARY KEY, body text); GRANT SELECT ON t TO reader;
    INSERT INTO t SELECT i, 'text number ' || i || repeat(' and more', 50) FROM generate_series(1, 6000) i`);
    const { run } = await makeServerWorkspace(url('reader:reader'));
    let changing: Promise<void> | null = null;
    const { jobs } = await run('index', {}, ({ job }) => {
      if (job.processed > 0) changing ??= fixture.exec(change);
    });
    await changing;
    const [job] = jobs;
    expect(job).toMatchObject({ state: 'interrupted' });
    expect(job?.error?.code).toMatch(/^SOURCE_(CHANGED|FORBIDDEN)$/);
    await expect(run('resume', { job: job?.id })).rejects.toMatchObject({
      code: expect.stringMatching(code),
    });
    await fixture.exec(mend);
    expect(await run('resume', { job: job?.id })).toMatchObject({
      jobs: [{ state: 'completed', embedded: 6000 }],
    });
    expect((await run('validate')).reports[0]).toMatchObject({ state: 'in_sync', source: 6000 });
  },
);

it('leaves the password nowhere but in the file that is for it', { timeout: 60_000 }, async () => {
  await open();
  const secret = 'correct-horse-battery';
  await fixture.exec(`DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD '${secret}';
    CREATE TABLE t (id int PRIMARY KEY, body text); GRANT SELECT ON t TO reader;
    INSERT INTO t SELECT i, 'text ' || i FROM generate_series(1, 20) i`);
  const { folder, run } = await makeServerWorkspace(url(`reader:${secret}`));
  const said: unknown[] = [
    await run('index'),
    await run('validate'),
    await run('discover'),
    await run('doctor'),
    await run('status'),
  ];
  await fixture.exec(`UPDATE t SET body = 'other' WHERE id = 1`);
  said.push(await run('fixDrift'));
  await fixture.exec(`ALTER ROLE reader PASSWORD 'another'`);
  const failed = await run('validate').catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 'SOURCE_LOGIN_REFUSED' });
  await fixture.exec('DROP OWNED BY reader; DROP ROLE reader');

  expect(stringify([...said, { ...(failed as Error), message: (failed as Error).message }])).not.toContain(
    secret,
  );
  const holders = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(folder, name);
    return statSync(path).isFile() && readFileSync(path).includes(secret);
  });
  expect(holders).toEqual([join('.plumbline', 'secrets.json')]);
  expect(statSync(join(folder, '.plumbline', 'secrets.json')).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(folder, 'plumbline.yaml'), 'utf8')).toContain('password: ${SOURCE_PASSWORD}');
});
