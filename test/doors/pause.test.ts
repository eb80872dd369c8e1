/** Jobs that are paused and cancelled from another process than the one that runs them. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import {
  documentOf,
  expectFailure,
  newestJob,
  pause,
  plumbline,
  startPlumbline,
  untilInTheMiddle,
  type CliProcess,
  type CliResult,
} from '../support/cli.ts';
import { makeManyNotes, MANY } from '../support/many-notes.ts';

const requestsIn = (folder: string): string[] => {
  const requests = join(folder, '.plumbline', 'requests');
  // Half-written ones aside.
  return existsSync(requests) ? readdirSync(requests).filter((name) => !name.endsWith('.tmp')) : [];
};

/** Asks for a stop while the other process sleeps in the middle of its job, so that it cannot be done before it hears. */
async function askInTheMiddle(folder: string, indexing: CliProcess, args: string[]): Promise<CliResult> {
  await untilInTheMiddle(folder, indexing);
  await pause(indexing);
  const asking = startPlumbline(args, { cwd: folder });
  while (requestsIn(folder).length === 0) {
    expect(asking.child.exitCode).toBeNull();
    await wait(10);
  }
  expect(requestsIn(folder)).toEqual([`1.${args[0]}`]);
  indexing.child.kill('SIGCONT');
  return asking.ended;
}

it('pause stops the job of another process, which says so and exits with 5; resume completes', async () => {
  const { folder, run } = await makeManyNotes(MANY);
  const options = { cwd: folder };
  const indexing = startPlumbline(['index', '--workers', '1'], options);
  const asked = await askInTheMiddle(folder, indexing, ['pause', '1', '--json']);
  expect(asked).toMatchObject({ code: 0 });
  expect(documentOf(asked)).toMatchObject({
    jobs: [{ id: '1', state: 'paused', error: { code: 'PAUSED' } }],
  });
  const { code, out } = await indexing.ended;
  expect(code).toBe(5);
  expect(out).toMatch(/‖ index note {2}paused in /);
  expect(out).toMatch(/plumbline resume 1 +goes on where it stopped/);
  expect(out).not.toContain('error');
  const done = newestJob(folder)?.processed ?? 0;
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(MANY);
  expect(requestsIn(folder)).toEqual([]);
  // Once more, with nobody at work: nothing changes.
  expect(await plumbline(['pause', '1'], options)).toMatchObject({ code: 0 });
  expect(await plumbline(['jobs'], options)).toMatchObject({ out: expect.stringContaining('resume 1') });
  const resumed = await plumbline(['resume', '1', '--json'], options);
  expect(documentOf(resumed)).toMatchObject({ jobs: [{ id: '1', state: 'completed', processed: MANY }] });
  expect(await run('validate')).toMatchObject({ reports: [{ state: 'in_sync', indexed: MANY }] });
  await expectFailure(
    ['pause', '1'],
    { code: 'NOT_RUNNING', exit: 2, message: /job 1 is completed/, hint: /plumbline jobs/ },
    options,
  );
});

it('cancel ends it for good, and the next index starts anew behind what is there', async () => {
  const { folder } = await makeManyNotes(MANY);
  const options = { cwd: folder };
  const indexing = startPlumbline(['index', '--workers', '1', '--json'], options);
  const asked = await askInTheMiddle(folder, indexing, ['cancel', '1']);
  expect(asked).toMatchObject({ code: 0, out: expect.stringMatching(/cancelled in .*\n.*\n.*rollback 1 /) });
  const result = await indexing.ended;
  expect(result.code).toBe(5);
  expect(documentOf(result)).toMatchObject({
    jobs: [{ state: 'cancelled' }],
    error: { code: 'CANCELLED', hint: expect.stringContaining('rollback 1') },
  });
  await expectFailure(['resume', '1'], { code: 'NOT_RESUMABLE', exit: 2 }, options);
  const next = await plumbline(['index', '--json'], options);
  expect(documentOf(next)).toMatchObject({ jobs: [{ id: '2', state: 'completed', processed: MANY }] });
});

it('a job whose process is killed while the request waits is cancelled by who asked', async () => {
  const { folder } = await makeManyNotes(MANY);
  const options = { cwd: folder };
  const indexing = startPlumbline(['index', '--workers', '1'], options);
  await untilInTheMiddle(folder, indexing);
  await pause(indexing);
  const asking = startPlumbline(['cancel', '1', '--json'], options);
  while (requestsIn(folder).length === 0) await wait(10);
  expect(requestsIn(folder)).toEqual(['1.cancel']);
  indexing.child.kill('SIGKILL');
  const asked = await asking.ended;
  expect(documentOf(asked)).toMatchObject({ jobs: [{ id: '1', state: 'cancelled' }] });
  expect(requestsIn(folder)).toEqual([]);
});
