/** Going from one workspace to another: jobs under way are asked about, what was read of the former one is forgotten. */
import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useMutation, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { hasCode } from '../../engine/errors.ts';
import type { SetupInput, Workspaces } from '../../engine/setup-contract.ts';
import { forgetWorkspaceEvents } from '../state/live.ts';
import { ask } from './ask.ts';
import { keepSetup } from './queries.ts';

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
      if (workspaces !== null) keepSetup(queries, 'workspaces', workspaces);
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

/** Whoever left it, this page or another one: nothing that was read of a workspace may be taken for the next one's. */
export function forgetWorkspace(queries: QueryClient): void {
  forgetWorkspaceEvents();
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
