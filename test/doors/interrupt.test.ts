/** Jobs that are stopped, killed or watched from another process. */
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
} from '../support/cli.ts';
import { makeManyNotes, MANY } from '../support/many-notes.ts';
import type { TestWorkspace } from '../support/workspace.ts';

function startIndex(workspace: TestWorkspace, ...more: string[]): CliProcess {
  return startPlumbline(['index', '--workers', '1', ...more], { cwd: workspace.folder });
}

async function expectCompleteAndTrue(workspace: TestWorkspace, command: string[]): Promise<void> {
  const resumed = await plumbline([...command, '--json'], { cwd: workspace.folder });
  expect(documentOf(resumed)).toMatchObject({ jobs: [{ state: 'completed', processed: MANY }] });
  expect(resumed.code).toBe(0);
  expect(await workspace.run('validate')).toMatchObject({
    reports: [{ state: 'in_sync', source: MANY, indexed: MANY }],
  });
}

it('SIGINT stops at a safe point: exit code 5, a hint that can be copied, and resume completes', async () => {
  const workspace = await makeManyNotes(MANY);
  const process = startIndex(workspace);
  await untilInTheMiddle(workspace.folder, process);
  process.child.kill('SIGINT');
  const { code, out, err } = await process.ended;
  expect(code).toBe(5);
  expect(err).toBe('stopping at the next safe point; press again to stop at once\n');
  expect(out).toMatch(/✗ index note {2}interrupted in /);
  expect(out).toMatch(/plumbline resume 1 +goes on where it stopped/);
  const done = newestJob(workspace.folder)?.processed ?? 0;
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(MANY);
  await expectCompleteAndTrue(workspace, ['resume', '1']);
  const again = { code: 'NOT_RESUMABLE', exit: 2, message: /job 1 is completed/ };
  await expectFailure(['resume', '1'], again, { cwd: workspace.folder });
});

it('SIGTERM does the same, and types whose turn did not come are named', async () => {
  const workspace = await makeManyNotes(MANY);
  workspace.change((db) => {
    db.exec(`CREATE TABLE z (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO z VALUES (1, 'never begun')`);
  });
  workspace.configure({
    entityTypes: {
      note: { key: ['id'], template: '{{body}}' },
      z: { key: ['id'], template: '{{body}}' },
    },
  });
  const process = startIndex(workspace, '--json');
  await untilInTheMiddle(workspace.folder, process);
  process.child.kill('SIGTERM');
  const result = await process.ended;
  expect(documentOf(result)).toMatchObject({
    jobs: [{ entityType: 'note', state: 'interrupted' }],
    notStarted: ['z'],
    error: { code: 'INTERRUPTED', retryable: true },
  });
  expect(result).toMatchObject({ code: 5, err: expect.stringContaining('not started: z') });
});

it('a second SIGINT stops at once, and what was committed stays', async () => {
  const workspace = await makeManyNotes(MANY);
  const process = startIndex(workspace);
  await untilInTheMiddle(workspace.folder, process);
  // Both signals wait until the process runs again, so that the second meets it at work on the first.
  await pause(process);
  process.child.kill('SIGINT');
  process.child.kill('SIGTERM');
  process.child.kill('SIGCONT');
  expect(await process.ended).toMatchObject({ code: 5, signal: null });
  const listed = await plumbline(['jobs', '--state', 'interrupted', '--json'], { cwd: workspace.folder });
  expect(documentOf(listed)).toMatchObject({ jobs: [{ id: '1', state: 'interrupted' }] });
  await expectCompleteAndTrue(workspace, ['index']);
});

it('another process sees running while the writer lives and interrupted once it was killed', async () => {
  const workspace = await makeManyNotes(MANY);
  const options = { cwd: workspace.folder };
  const process = startIndex(workspace);
  await untilInTheMiddle(workspace.folder, process);
  await pause(process);

  const running = await plumbline(['status', '--json'], options);
  expect(documentOf(running)).toMatchObject({ jobs: [{ id: '1', state: 'running' }] });
  const locked = {
    code: 'WORKSPACE_LOCKED',
    exit: 2,
    message: new RegExp(`process ${process.child.pid}`),
    hint: /Reading verbs/,
  };
  await expectFailure(['index'], locked, options);
  await expectFailure(['resume', '1'], locked, options);
  expect(await plumbline(['jobs'], options)).toMatchObject({
    code: 0,
    out: expect.stringContaining('running for'),
  });
  expect(await plumbline(['search', 'note', 'teapots'], options)).toMatchObject({ code: 0, err: '' });
  expect(await plumbline(['discover'], options)).toMatchObject({ code: 0 });
  await expectFailure(['drift', 'note'], { code: 'NOT_VALIDATED', exit: 2 }, options);

  process.child.kill('SIGKILL');
  expect(await process.ended).toMatchObject({ signal: 'SIGKILL' });
  expect(newestJob(workspace.folder)).toMatchObject({ state: 'running' });
  const dead = await plumbline(['status'], options);
  expect(dead).toMatchObject({ code: 0, out: expect.stringMatching(/index interrupted/) });
  expect(dead.out).toContain('plumbline resume 1');
  await expectCompleteAndTrue(workspace, ['resume', '1']);
});
