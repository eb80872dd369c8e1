/** Operations as React sees them: read with a cache that events keep true, started with their errors told. */
import {
  keepPreviousData,
  MutationCache,
  notifyManager,
  QueryCache,
  QueryClient,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query';
import type { Result } from '../../engine/doors/client/client.ts';
import type { Input, OperationName, Output, Plan } from '../../engine/contract.ts';
import { hasCode } from '../../engine/errors.ts';
import type { SetupInput, SetupOperationName, SetupOutput } from '../../engine/setup-contract.ts';
import { clients } from '../state/session.ts';
import { followRun } from '../state/waiting.ts';
import { ask } from './ask.ts';

/** What no job changes, or what is to stay as a person reads it, and is therefore not read again after each. */
const UNTOUCHED_BY_JOBS: ReadonlySet<unknown> = new Set<OperationName | 'setup' | 'plan'>([
  'discover',
  'setup',
  'plan',
]);

export function createQueryClient(): QueryClient {
  // At once, not with the next timer as by default: a button that was pressed is off before it can be pressed again.
  notifyManager.setScheduler(queueMicrotask);
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (error) => noteClosed(error, queries) }),
    mutationCache: new MutationCache({ onError: (error) => noteClosed(error, queries) }),
    defaultOptions: {
      // Events say when something has changed; the connection is watched by itself.
      queries: { staleTime: Infinity, retry: false, refetchOnWindowFocus: false, refetchOnReconnect: false },
    },
  });
  return queries;
}

/** What an answer says about the workspace, whatever was asked: that it is closed. */
function noteClosed(error: Error, queries: QueryClient): void {
  if (hasCode(error, 'NO_WORKSPACE')) void queries.invalidateQueries({ queryKey: ['setup', 'workspaces'] });
}

interface ReadOptions {
  readonly enabled?: boolean;
  /** Shows the former answer until the next is there: for tables that page and searches that go on. */
  readonly keepPrevious?: boolean;
  /** Asks again at this interval (milliseconds), for what no event tells of. */
  readonly everyMs?: number | false;
}

/** Reads through an operation of the contract. */
export function useOperation<N extends OperationName>(
  name: N,
  input: Input<N>,
  options: ReadOptions = {},
): UseQueryResult<Output<N>> {
  return useQuery({
    queryKey: [name, input],
    queryFn: async ({ signal }) => ask(({ client }) => client.call(name, input, { signal })),
    ...toQueryOptions(options),
  });
}

/** Reads through an operation of the setup contract. */
export function useSetup<N extends SetupOperationName>(
  name: N,
  input: SetupInput<N>,
  options: ReadOptions = {},
): UseQueryResult<SetupOutput<N>> {
  return useQuery({
    queryKey: ['setup', name, input],
    queryFn: async ({ signal }) => ask(({ setup }) => setup.call(name, input, { signal })),
    ...toQueryOptions(options),
  });
}

/** What an operation would do, as of now: made when it is asked for, and again on request only. */
export function usePlans<N extends 'fixDrift' | 'rebuild'>(
  name: N,
  input: Input<N>,
): UseQueryResult<readonly Plan[]> {
  return useQuery({
    queryKey: ['plan', name, input],
    queryFn: async ({ signal }) => {
      const { plans = [] } = await ask(({ client }) =>
        client.call(name, { ...input, dryRun: true }, { signal }),
      );
      return plans;
    },
    gcTime: 0,
  });
}

/** Starts work: resolves once it is done or goes on by itself. */
export function useStart<N extends OperationName>(name: N): UseMutationResult<Result<N>, Error, Input<N>> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (input: Input<N>) => {
      const { client } = clients();
      const result = await ask(() => client.start(name, input));
      if (!result.done) void followRun(client, name, result);
      return result;
    },
    onSettled: () => refreshAfterJobs(queries),
  });
}

/** Takes what a change has answered with for what `useSetup` would read, which is asked for without input. */
export function keepSetup<N extends 'workspaces' | 'settings'>(
  queries: QueryClient,
  name: N,
  output: SetupOutput<N>,
): void {
  queries.setQueryData(['setup', name, {}], output);
}

/** Changes something through an operation of the setup contract. */
export function useSetupChange<N extends SetupOperationName>(
  name: N,
): UseMutationResult<SetupOutput<N>, Error, SetupInput<N>> {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (input: SetupInput<N>) => ask(({ setup }) => setup.call(name, input)),
    onSettled: () => queries.invalidateQueries({ queryKey: ['setup'] }),
  });
}

/** Reads anew what jobs change; screens that are not shown do so when they are. */
export function refreshAfterJobs(queries: QueryClient): void {
  void queries.invalidateQueries({ predicate: ({ queryKey }) => !UNTOUCHED_BY_JOBS.has(queryKey[0]) });
}

function toQueryOptions({ enabled, keepPrevious = false, everyMs }: ReadOptions) {
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
    ...(keepPrevious ? { placeholderData: keepPreviousData } : {}),
  };
}
