/** Going from one workspace to another: what was read of the former one is forgotten, jobs under way are asked about. */
import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { hasCode } from '../../engine/errors.ts';
import type { SetupInput, Workspaces } from '../../engine/setup-contract.ts';
import { forgetJobsEvents } from '../state/live.ts';
import { ask } from './ask.ts';

type Switch = 'openWorkspace' | 'closeWorkspace' | 'createWorkspace' | 'createSample';

interface Switching<N extends Switch> {
  /** Resolves once the other workspace is open; with null where the person chose to stay. Rejects as the operation does. */
  run(input: SetupInput<N>): Promise<Workspaces | null>;
  readonly isPending: boolean;
  readonly error: Error | null;
}

export function useWorkspaceSwitch<N extends Switch>(name: N): Switching<N> {
  const queries = useQueryClient();
  const { mutateAsync, isPending, error } = useMutation({
    mutationFn: async (input: SetupInput<N>) => {
      const workspaces = await switchWorkspace(name, input);
      if (workspaces !== null) startAnew(queries, workspaces);
      return workspaces;
    },
  });
  return { run: mutateAsync, isPending, error };
}

async function switchWorkspace<N extends Switch>(name: N, input: SetupInput<N>): Promise<Workspaces | null> {
  try {
    return await call(name, input);
  } catch (error) {
    if (!hasCode(error, 'JOBS_RUNNING')) throw error;
    if (!(await confirmInterrupt(error.message))) return null;
    return call(name, { ...input, interrupt: true });
  }
}

async function call<N extends Switch>(name: N, input: SetupInput<N>): Promise<Workspaces> {
  // All of them answer with the same.
  const workspaces = (await ask(({ setup }) => setup.call(name, input))) as Workspaces;
  return workspaces;
}

function startAnew(queries: QueryClient, workspaces: Workspaces): void {
  const key = ['setup', 'workspaces', {}];
  forgetJobsEvents();
  queries.setQueryData(key, workspaces);
  void queries.resetQueries({ predicate: ({ queryKey }) => queryKey[1] !== 'workspaces' });
}

function confirmInterrupt(what: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  modals.openConfirmModal({
    title: 'Interrupt the running jobs?',
    children: (
      <Text size="sm">
        {what}. Leaving this workspace brings them to a safe point: nothing that was committed is lost, and
        they can be resumed when the workspace is open again.
      </Text>
    ),
    labels: { confirm: 'Interrupt and leave', cancel: 'Stay here' },
    onConfirm: () => resolve(true),
    onClose: () => resolve(false),
  });
  return promise;
}
