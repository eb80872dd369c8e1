/** An operation on a workspace that is being served: the server does it, the command line shows it. */
import type { OperationName, Output } from '../../contract.ts';
import { EXIT, PlumblineError } from '../../errors.ts';
import { requestFor } from '../../routes.ts';
import { Client, type Started } from '../client/client.ts';
import type { ReceivedEvent } from '../client/events.ts';
import type { Served } from '../endpoint.ts';
import { clean } from './format.ts';
import type { Terminal } from './terminal.ts';

/** How long an operation waits for the events that would show how far it is; it does without them then. */
const EVENTS_MS = 2000;

/**
 * @throws PlumblineError what the operation throws; `DETACHED` where the person did not want to wait any longer;
 * `SERVER_UNREACHABLE`.
 */
export async function runServed<N extends OperationName>(
  served: Served,
  name: N,
  input: object,
  { terminal, signal }: { readonly terminal: Terminal; readonly signal: AbortSignal },
): Promise<Output<N>> {
  const client = new Client(served);
  const over = new AbortController();
  const state: { started: Started | null } = { started: null };
  const show = ({ event }: ReceivedEvent): void => {
    if (event.type === 'notice') return terminal.note(clean(event.message));
    if (event.type !== 'job' && event.type !== 'progress') return;
    if (event.run !== null && event.run === state.started?.run) terminal.progress(event);
  };
  await watch(client, AbortSignal.any([signal, over.signal]), show);
  try {
    return await client.call(name, input, {
      signal,
      onStarted: (started) => {
        state.started = started;
      },
    });
  } catch (error) {
    // Without an answer yet, the server may have begun all the same.
    const goesOn = state.started !== null || requestFor(name, input as Record<string, unknown>).waits;
    throw signal.aborted && goesOn ? detached(served, state.started) : error;
  } finally {
    over.abort();
  }
}

/** Resolves when the stream has begun, so that nothing that comes after is missed; what is shown is no reason to fail. */
async function watch(
  client: Client,
  signal: AbortSignal,
  show: (received: ReceivedEvent) => void,
): Promise<void> {
  const begun = Promise.withResolvers<void>();
  const timer = setTimeout(begun.resolve, EVENTS_MS);
  void (async () => {
    for await (const received of client.events({ signal })) {
      begun.resolve();
      show(received);
    }
  })()
    .catch(() => {})
    .finally(begun.resolve);
  await begun.promise;
  clearTimeout(timer);
}

function detached({ pid }: Served, started: Started | null): PlumblineError {
  const job = started?.jobs.at(-1);
  const what = job === undefined ? 'the work' : `job ${job.id}`;
  return new PlumblineError('DETACHED', `${what} goes on in the server (process ${pid})`, {
    hint:
      job === undefined
        ? '`plumbline jobs` shows what becomes of it.'
        : `\`plumbline status ${job.id}\` shows how far it is, \`plumbline cancel ${job.id}\` ends it.`,
    retryable: true,
    exitCode: EXIT.interrupted,
  });
}
