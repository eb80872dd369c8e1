/** Jobs over MariaDB that meet what goes wrong with a server: one clear line each, and nothing read or embedded twice. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Job } from '../../engine/contract.ts';
import { stringify } from '../../engine/json.ts';
import { workerUrls } from '../../workers/urls.ts';
import { mariadbMissing, useMariadb, type MariadbDatabase } from '../support/mariadb.ts';
import { makeServerWorkspace, type ServerWorkspace } from '../support/server-workspace.ts';

/** Several pages of rows. */
const TABLE = `CREATE TABLE t (id int PRIMARY KEY, body text);
  INSERT INTO t SELECT seq, concat('text number ', seq, repeat(' and more', 50)) FROM seq_1_to_3000`;

const skipped = mariadbMissing === null ? '' : ` (skipped: ${mariadbMissing})`;

describe.skipIf(mariadbMissing !== null)(`a job over MariaDB${skipped}`, () => {
  const server = useMariadb();
  let fixture: MariadbDatabase;
  let workspace: ServerWorkspace;

  beforeEach(async () => {
    fixture = await server.createDatabase();
  });
  afterEach(() => fixture.dispose());

  const exec = (sql: string) => fixture.exec(sql);

  const url = (login: string) => `mariadb://${login}@127.0.0.1:${fixture.port}/${fixture.name}`;

  async function makeTable(login = 'tester:tester'): Promise<void> {
    await exec(TABLE);
    workspace = await makeServerWorkspace(url(login));
  }

  /** Ends the connections of others to the database; how many there were. */
  async function cutOff(): Promise<number> {
    const others = await fixture.connection.query<{ id: bigint }[]>(
      `SELECT id FROM information_schema.processlist WHERE db = '${fixture.name}' AND id <> connection_id()`,
    );
    for (const { id } of others) await exec(`KILL ${id}`);
    return others.length;
  }

  /** Indexes, and does something to the server once the job has committed its first rows. */
  async function indexWhile(act: () => Promise<void>): Promise<Job> {
    let acting: Promise<void> | null = null;
    const { jobs } = await workspace.run('index', {}, ({ job }) => {
      if (job.processed > 0) acting ??= act();
    });
    expect(acting).not.toBeNull();
    await acting;
    return jobs[0] as Job;
  }

  async function expectResumed({ id }: Job): Promise<void> {
    expect(await workspace.run('resume', { job: id })).toMatchObject({
      jobs: [{ id, state: 'completed', embedded: 3000 }],
    });
    expect((await workspace.run('validate')).reports).toContainEqual(
      expect.objectContaining({ entityType: 't', state: 'in_sync', source: 3000 }),
    );
  }

  it('goes on by itself where its connection is cut off', { timeout: 120_000 }, async () => {
    await makeTable();
    let cut = 0;
    const job = await indexWhile(async () => {
      cut = await cutOff();
    });
    expect(cut).toBe(1);
    expect(job).toMatchObject({ state: 'completed', embedded: 3000, error: null });
  });

  it('waits for whoever starts the server again, and goes on behind it', { timeout: 120_000 }, async () => {
    await makeTable();
    const job = await indexWhile(() => server.stop());
    expect(job).toMatchObject({
      state: 'interrupted',
      error: {
        code: 'SOURCE_UNAVAILABLE',
        message: expect.stringContaining(`${fixture.name} on 127.0.0.1:${fixture.port} does not answer: `),
        hint: expect.stringContaining('plumbline resume'),
        retryable: true,
      },
    });
    await server.start();
    await fixture.reconnect();
    await expectResumed(job);
  });

  it('waits for the right password, and tells neither', { timeout: 120_000 }, async () => {
    const secret = 'correct-horse-battery';
    await exec(`CREATE OR REPLACE USER reader IDENTIFIED BY '${secret}';
      GRANT SELECT ON ${fixture.name}.* TO reader`);
    await makeTable(`reader:${secret}`);
    const job = await indexWhile(async () => {
      await exec(`ALTER USER reader IDENTIFIED BY 'another'`);
      await cutOff();
    });
    expect(job).toMatchObject({
      state: 'interrupted',
      error: {
        code: 'SOURCE_LOGIN_REFUSED',
        message: expect.stringMatching(/ does not let reader in: Access denied/),
        hint: expect.stringContaining('Check user and password'),
      },
    });
    expect(stringify(job)).not.toContain(secret);
    await exec(`ALTER USER reader IDENTIFIED BY '${secret}'`);
    await expectResumed(job);
    await exec('DROP USER reader');
  });

  it(
    'waits for the right to read one table, and leaves the others to be indexed',
    { timeout: 120_000 },
    async () => {
      await exec(`CREATE OR REPLACE USER reader IDENTIFIED BY 'reader'; CREATE TABLE u (id int PRIMARY KEY, body text);
      INSERT INTO u VALUES (1, 'one'); GRANT SELECT ON ${fixture.name}.u TO reader`);
      await exec(TABLE);
      await exec(`GRANT SELECT ON ${fixture.name}.t TO reader`);
      workspace = await makeServerWorkspace(url('reader:reader'));
      const job = await indexWhile(() => exec(`REVOKE SELECT ON ${fixture.name}.t FROM reader`));
      const forbidden = {
        code: 'SOURCE_FORBIDDEN',
        message: expect.stringMatching(/^reader may not read it: SELECT command denied .* for table .*`t`/),
        hint: expect.stringContaining('GRANT SELECT'),
      };
      expect(job).toMatchObject({ entityType: 't', state: 'interrupted', error: forbidden });
      // The server does not even list it, which is not to say that it is gone.
      await expect(workspace.run('resume', { job: job.id })).rejects.toMatchObject(forbidden);
      await expect(workspace.run('index')).rejects.toMatchObject(forbidden);
      await expect(workspace.run('index', { entityTypes: ['u'] })).resolves.toMatchObject({
        jobs: [{ state: 'completed', entityType: 'u' }],
      });
      await exec(`GRANT SELECT ON ${fixture.name}.t TO reader`);
      await expectResumed(job);
      await exec('DROP USER reader');
    },
  );

  it.each([
    ['its table is dropped', 'DROP TABLE t', TABLE],
    [
      'its column is renamed',
      'ALTER TABLE t RENAME COLUMN body TO text',
      'ALTER TABLE t RENAME COLUMN text TO body',
    ],
  ])('waits where %s, and goes on when it is back', { timeout: 120_000 }, async (_title, change, mend) => {
    await makeTable();
    const job = await indexWhile(() => exec(change));
    expect(job).toMatchObject({
      state: 'interrupted',
      error: {
        code: 'SOURCE_CHANGED',
        message: expect.stringMatching(/^"t" changed while it was read: /),
        hint: expect.stringContaining('plumbline resume'),
      },
    });
    expect(job.embedded).toBeGreaterThan(0);
    await expect(workspace.run('resume', { job: job.id })).rejects.toMatchObject({
      code: expect.stringMatching(/^(ENTITY_TYPE|COLUMN)_UNKNOWN$/),
    });
    await exec(mend);
    await expectResumed(job);
  });

  it('counts the rows that there are where one goes during a validation', { timeout: 120_000 }, async () => {
    await exec(TABLE);
    const source = new URL('../support/deleting-source.ts', import.meta.url);
    workspace = await makeServerWorkspace(url('tester:tester'), { ...workerUrls, source });
    await workspace.run('index');
    await exec(`UPDATE t SET body = 'another' WHERE id = 7`);
    expect((await workspace.run('validate')).reports).toMatchObject([
      { source: 2999, indexed: 3000, orphaned: 1, stale: 0, missing: 0 },
    ]);
  });

  it('gives up on a lock after ten seconds, and goes on when it is gone', { timeout: 120_000 }, async () => {
    await makeTable();
    const job = await indexWhile(() => exec('LOCK TABLES t WRITE'));
    expect(job).toMatchObject({
      state: 'interrupted',
      error: {
        code: 'SOURCE_BUSY',
        message: `"t" was not read: ${fixture.name} on 127.0.0.1:${fixture.port}: another transaction holds a lock on what is read`,
        hint: 'Try again when it is done, jobs with `plumbline resume`; `SHOW PROCESSLIST` shows who.',
        retryable: true,
      },
    });
    expect(job.processed).toBeLessThan(3000);
    // Whoever opens the table meets the same lock, and hears the same of it.
    await expect(workspace.run('resume', { job: job.id })).rejects.toMatchObject({
      code: 'SOURCE_BUSY',
      message: expect.stringMatching(/^"t" was not read: /),
    });
    await exec('UNLOCK TABLES');
    await expectResumed(job);
  });
});
