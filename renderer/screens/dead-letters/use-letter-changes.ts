import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { refreshAfterJobs } from '../../api/queries.ts';
import { notifyDone, notifyProblem } from '../../components/notify.ts';
import { formatPlural } from '../../format.ts';
import { ask } from '../../api/ask.ts';
import type { RetryStep } from './letter-groups.ts';
import { countKeys } from './letter-selection.ts';

type Keys = ReadonlyMap<string, readonly string[]>;

export interface LetterChanges {
  readonly isBusy: boolean;
  /** Resolve to false where it did not work, which has been told then. */
  readonly retry: (steps: readonly RetryStep[]) => Promise<boolean>;
  readonly exclude: (keys: Keys, reason: string) => Promise<boolean>;
  readonly include: (keys: Keys) => Promise<boolean>;
}

/** What can be done with dead letters, of several entity types one after another. */
export function useLetterChanges(): LetterChanges {
  const queries = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const run = async (failed: string, work: () => Promise<void>): Promise<boolean> => {
    setBusy(true);
    try {
      await work();
      return true;
    } catch (error) {
      notifyProblem(failed, error);
      return false;
    } finally {
      setBusy(false);
      refreshAfterJobs(queries);
    }
  };
  return {
    isBusy,
    retry: (steps) =>
      run('The retry could not be started', async () => {
        for (const { input } of steps) await ask(({ client }) => client.start('retry', input));
        const count = steps.reduce((sum, step) => sum + step.count, 0);
        notifyDone(
          'Retry started',
          `${formatPlural(count, 'dead letter is', 'dead letters are')} tried again.`,
        );
      }),
    exclude: (keys, reason) =>
      run('They could not be excluded', async () => {
        for (const [entityType, some] of keys)
          await ask(({ client }) => client.call('exclude', { entityType, keys: some, reason }));
        notifyDone('Excluded', `${formatPlural(countKeys(keys), 'dead letter', 'dead letters')} set aside.`);
      }),
    include: (keys) =>
      run('They could not be included again', async () => {
        for (const [entityType, some] of keys)
          await ask(({ client }) => client.call('include', { entityType, keys: some }));
        notifyDone(
          'Included again',
          `${formatPlural(countKeys(keys), 'dead letter counts', 'dead letters count')} as failed.`,
        );
      }),
  };
}
