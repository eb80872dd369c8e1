/** Jobs over MariaDB that meet what goes wrong with a server: one clear line each, and nothing read or embedded twice. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Job } from '../../engine/contract.ts';
import { mariadbMissing, useMariadb, type MariadbDatabase } from '../support/mariadb.ts';
import { makeServerWorkspace, type ServerWorkspace } from '../support/server-workspace.ts';

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

  /** A table of 3,000 rows, several pages of them, and a workspace over it. */
  async function makeTable(login = 'tester:tester'): Promise<void> {
    await exec(`CREATE TABLE t (id int PRIMARY KEY, body text);
      INSERT INTO t SELECT seq, concat('text number ', seq, repeat(' and more', 50)) FROM seq_1_to_3000`);
    workspace = await makeServerWorkspace(
      `mariadb://${login}@127.0.0.1:${fixture.port}/${fixture.name}?ssl-mode=disabled`,
    );
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
    expect((await workspace.run('validate')).reports).toMatchObject([{ state: 'in_sync', source: 3000 }]);
  }

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
