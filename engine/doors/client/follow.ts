/** Events for whoever stays: connects again when the server went away, and says so. */
import { hasCode } from '../../errors.ts';
import type { Client } from './client.ts';
import type { ServerEvent } from './events.ts';

/**
 * `connected` comes before the events of each connection, `lost` after it. Where something was `missed`, be it because this is
 * the first connection, the state has to be read anew.
 */
export type Followed =
  | { readonly type: 'connected'; readonly missed: boolean }
  | { readonly type: 'lost' }
  | Exclude<ServerEvent, { readonly type: 'hello' | 'gap' | 'end' }>;

/** From one attempt to the next, at first and at most. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4000;

/**
 * Until the signal aborts.
 * @throws PlumblineError `TOKEN_WRONG`, `TOKEN_MISSING`, `NO_WORKSPACE`: trying again would not help.
 */
export async function* follow(client: Client, signal: AbortSignal): AsyncGenerator<Followed> {
  let after: string | null = null;
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    let isConnected = false;
    try {
      for await (const { event, id } of client.events({ signal, ...(after === null ? {} : { after }) })) {
        pause = FIRST_PAUSE_MS;
        switch (event.type) {
          case 'hello':
            isConnected = true;
            // Without an id comes a gap.
            if (id !== null) yield { type: 'connected', missed: after === null };
            break;
          case 'gap':
            yield { type: 'connected', missed: true };
            break;
          case 'end':
            break;
          default:
            yield event;
        }
        after = id ?? after;
      }
    } catch (error) {
      if (hasCode(error, 'TOKEN_WRONG', 'TOKEN_MISSING', 'NO_WORKSPACE')) throw error;
    }
    if (isConnected && !signal.aborted) yield { type: 'lost' };
    await sleep(pause, signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const wake = (): void => resolve();
  signal.addEventListener('abort', wake, { once: true });
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', wake);
  });
}
