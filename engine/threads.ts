/**
 * Typed calls into worker threads, over Piscina. A worker file is two lines: it hands its host (an object of functions)
 * to {@link serveHost}. Errors cross as data, because structured clone would drop the fields of a `PlumblineError`.
 */
import { Piscina } from 'piscina';
import { fromErrorData, PlumblineError, toErrorData, type ErrorData, EXIT } from './errors.ts';

/** Any object of functions can be a host; arguments and results must survive structured clone. */
// oxlint-disable-next-line no-explicit-any -- a constraint over arbitrary functions, never called through this type
export type Host = { [name: string]: (...args: any[]) => unknown };

interface Call {
  readonly name: string;
  readonly args: unknown[];
}

type Reply =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: ErrorData };

/** The task function of a worker file (its default export). */
export function serveHost(host: Host): (call: Call) => Promise<Reply> {
  return async ({ name, args }) => {
    try {
      const method = host[name];
      if (method === undefined) throw new PlumblineError('UNKNOWN_CALL', `the worker has no call "${name}"`);
      return { ok: true, value: await method.apply(host, args) };
    } catch (error) {
      return { ok: false, error: toErrorData(error) };
    }
  };
}

/** A pool of worker threads that serve the same host. With one thread, calls run one after another, in order. */
export interface Threads<H extends Host> {
  call<N extends keyof H & string>(name: N, ...args: Parameters<H[N]>): Promise<Awaited<ReturnType<H[N]>>>;
  /** Calls waiting or running. */
  readonly pending: number;
  /**
   * Refuses new calls and waits for those under way. The threads stay: the process may be ended then, which in the middle of
   * a native call would abort it.
   */
  finish(): Promise<void>;
  /**
   * Ends the threads; calls under way reject with `THREAD_CLOSED`, or come to their end first (`finishCalls`). New ones are
   * refused. May be repeated.
   */
  close(): Promise<void>;
}

export interface ThreadsOptions {
  /** The worker file. The engine never knows it; doors pass it in. */
  readonly url: URL;
  readonly count: number;
  /** Given to the worker as `workerData`. */
  readonly data?: unknown;
  /**
   * True for hosts of native code that fails hard when its thread is ended in the middle of a call: hnswlib-node reads its
   * arguments through node-addon-api, which aborts the whole process when JavaScript is being terminated.
   */
  readonly finishCalls?: boolean;
  /** In error messages: `source`, `embedding`, `vector index`. */
  readonly label: string;
}

/**
 * `count` threads, started by the first call: what nobody calls costs nothing. They stay until `close`, because they hold state
 * (sessions, handles, connections).
 * `atomics: 'disabled'` on purpose: Piscina's default parks an idle worker in `Atomics.wait`, which freezes its event
 * loop and with it every timer, socket and promise of the worker.
 */
export function openThreads<H extends Host>(options: ThreadsOptions): Threads<H> {
  let pool: Piscina | null = null;
  let closing: Promise<void> | null = null;
  let isFinishing = false;
  const underWay = new Set<Promise<Reply>>();
  const close = async (): Promise<void> => {
    if (options.finishCalls === true) await Promise.allSettled(underWay);
    await pool?.destroy();
  };
  return {
    get pending() {
      return underWay.size;
    },
    async call(name, ...args) {
      // Piscina would start a new thread for it, which nobody would ever end.
      if (closing !== null || isFinishing) throw threadError(new Error('it was closed'), options.label, true);
      pool ??= startPool(options);
      const run = pool.run({ name, args } satisfies Call) as Promise<Reply>;
      underWay.add(run);
      let reply: Reply;
      try {
        reply = await run;
      } catch (error) {
        throw threadError(error, options.label, closing !== null);
      } finally {
        underWay.delete(run);
      }
      if (!reply.ok) throw fromErrorData(reply.error);
      return reply.value as never;
    },
    async finish() {
      isFinishing = true;
      await Promise.allSettled(underWay);
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

function startPool({ url, count, data }: ThreadsOptions): Piscina {
  const pool = new Piscina({
    filename: url.href,
    minThreads: count,
    maxThreads: count,
    idleTimeout: Infinity,
    atomics: 'disabled',
    workerData: data,
    recordTiming: false,
  });
  // Piscina starts a new thread in the place of one that died while idle and says so here; without a listener that
  // event would end the process. A call that was under way rejects by itself.
  pool.on('error', () => {});
  return pool;
}

function threadError(error: unknown, label: string, closed: boolean): PlumblineError {
  if (closed) return new PlumblineError('THREAD_CLOSED', `the ${label} thread was closed`, { cause: error });
  const message = error instanceof Error ? error.message : String(error);
  return new PlumblineError('THREAD_DIED', `the ${label} thread stopped: ${message}`, {
    hint: 'Out of memory is the usual cause; try fewer workers or a smaller batch (--workers 1 --batch-size 4).',
    retryable: true,
    exitCode: EXIT.unexpected,
    cause: error,
  });
}
