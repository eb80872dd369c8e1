/** What can be asked of a job in each of its states. */
import { expect, it } from 'vitest';
import { jobStates, type Job } from '../../engine/contract.ts';
import { possibleActions } from '../../renderer/screens/jobs/job-actions.ts';

const job = (given: Partial<Job>): Job =>
  ({ kind: 'index', state: 'completed', failed: 0, reversible: false, ...given }) as Job;

it('goes by the state', () => {
  const possible = Object.fromEntries(
    jobStates.map((state) => [state, possibleActions(job({ state, failed: 1 }))]),
  );
  expect(possible).toEqual({
    queued: ['cancel'],
    running: ['pause', 'cancel'],
    paused: ['resume', 'cancel'],
    interrupted: ['resume', 'cancel'],
    completed: ['retry'],
    completed_with_failures: ['retry'],
    failed: ['retry'],
    cancelled: ['retry'],
  });
});

it('offers a rollback where the engine says that there is one', () => {
  expect(possibleActions(job({ reversible: true }))).toEqual(['rollback']);
  expect(possibleActions(job({ state: 'interrupted', reversible: true }))).toEqual([
    'resume',
    'rollback',
    'cancel',
  ]);
});

it('retries nothing of jobs that embed nothing', () => {
  expect(possibleActions(job({ kind: 'validate', failed: 3 }))).toEqual([]);
});
