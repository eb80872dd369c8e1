/**
 * The event log as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). An event is taken
 * from the log when the reader has room for it, so that a slow one costs no memory.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { EventLog } from './event-log.ts';

/** A line now and then keeps proxies from closing the stream, and shows a dead reader as one. */
const HEARTBEAT_MS = 15_000;
/** What a browser waits before it connects again. */
const RETRY_MS = 2000;

export interface StreamOptions {
  readonly lastEventId: string | undefined;
  readonly onEnd: () => void;
  /** Aborts when the client has left, even before it read anything. */
  readonly signal?: AbortSignal;
  readonly heartbeatMs?: number;
}

/**
 * Begins with `hello`; goes on after `lastEventId`, from now on without one. Before a gap comes `gap`, at the end of the
 * server `end`.
 */
export function eventStream(log: EventLog, options: StreamOptions): ReadableStream<Uint8Array> {
  const { heartbeatMs = HEARTBEAT_MS } = options;
  const start = startOf(log, options.lastEventId);
  const left = Promise.withResolvers<'left'>();
  const encoder = new TextEncoder();
  let at = start.at;
  let isOver = false;

  /** What to write next; null once the end has been told, or the reader has left. */
  async function next(): Promise<string | null> {
    for (;;) {
      const arrival = log.arrival();
      if (isOver) return null;
      if (log.hasGapAfter(at)) {
        at = log.begin;
        return message('gap', '{}', null);
      }
      const event = log.after(at);
      if (event !== null) {
        at = event.number;
        return message(event.type, event.data, log.format(at));
      }
      if (log.closed) {
        end();
        return message('end', '{}', null);
      }
      if ((await Promise.race([arrival, left.promise, silence()])) === 'silence') return ': still here\n\n';
    }
  }

  function silence(): Promise<string> {
    return wait(heartbeatMs, 'silence', { signal: stopTimer.signal, ref: false }).catch(() => 'left');
  }

  const stopTimer = new AbortController();
  function end(): void {
    if (isOver) return;
    isOver = true;
    stopTimer.abort();
    left.resolve('left');
    options.onEnd();
  }

  if (options.signal?.aborted === true) end();
  options.signal?.addEventListener('abort', end, { once: true });
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const hello = message('hello', '{}', start.isGap ? null : log.format(at));
        const gap = start.isGap ? message('gap', '{}', null) : '';
        controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n${hello}${gap}`));
      },
      async pull(controller) {
        const text = await next();
        if (text === null) controller.close();
        else controller.enqueue(encoder.encode(text));
      },
      cancel: end,
    },
    { highWaterMark: 1 },
  );
}

function startOf(log: EventLog, lastEventId: string | undefined): { at: number; isGap: boolean } {
  if (lastEventId === undefined || lastEventId === '') return { at: log.last, isGap: false };
  const number = log.parse(lastEventId);
  return number === null ? { at: log.begin, isGap: true } : { at: number, isGap: false };
}

function message(type: string, data: string, id: string | null): string {
  return `event: ${type}\n${id === null ? '' : `id: ${id}\n`}data: ${data}\n\n`;
}
