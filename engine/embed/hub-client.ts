/**
 * Requests to a model hub, with the patience that a network needs: transient failures are retried with backoff, what
 * cannot get better becomes one clear error.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { PlumblineError } from '../errors.ts';

export interface HubOptions {
  /** Default: `HF_ENDPOINT`, else https://huggingface.co. */
  readonly endpoint?: string;
  /** For private and gated models. Default: `HF_TOKEN`. Sent to the endpoint's own origin only, never logged. */
  readonly token?: string;
  /** The clock and the dice, for tests. */
  readonly sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  readonly random?: () => number;
}

/** Tries in a row without a byte of progress. */
const MAX_TRIES = 5;
/** The same where not even a connection came about: a machine without a network should hear so within seconds. */
const MAX_TRIES_UNREACHED = 3;
const BASE_WAIT_MS = 500;
/** A hub that asks for longer is taken to be out of service. */
const MAX_WAIT_MS = 300_000;

/** A failure that may pass by itself. */
export class TransientError extends Error {
  /** What the hub asked for in `Retry-After`. */
  readonly waitMs: number | null;
  /** True where no connection came about. */
  readonly unreached: boolean;

  constructor(message: string, waitMs: number | null = null, unreached = false) {
    super(message);
    this.waitMs = waitMs;
    this.unreached = unreached;
  }
}

export class HubClient {
  readonly endpoint: string;
  readonly #token: string | undefined;
  readonly #sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  readonly #random: () => number;

  constructor(options: HubOptions = {}) {
    this.endpoint = (options.endpoint ?? process.env['HF_ENDPOINT'] ?? 'https://huggingface.co').replace(
      /\/+$/,
      '',
    );
    this.#token = options.token ?? process.env['HF_TOKEN'];
    this.#sleep = options.sleep ?? ((milliseconds, signal) => wait(milliseconds, undefined, { signal }));
    this.#random = options.random ?? Math.random;
  }

  /**
   * Repeats `attempt` while it throws {@link TransientError}. `progress` grows when an attempt got somewhere, which
   * starts the count of tries anew: a large file over a bad line is a matter of patience.
   * @throws PlumblineError `MODEL_OFFLINE`, retryable, when patience is at its end.
   */
  async persist<T>(attempt: () => Promise<T>, progress: () => number, signal?: AbortSignal): Promise<T> {
    let before = progress();
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof TransientError)) throw error;
        if (progress() > before) tries = 1;
        before = progress();
        if (tries >= (error.unreached && before === 0 ? MAX_TRIES_UNREACHED : MAX_TRIES))
          throw this.#offline(error.message);
        const backoff = BASE_WAIT_MS * 2 ** (tries - 1) * (0.5 + this.#random());
        const waitMs = error.waitMs ?? backoff;
        if (waitMs > MAX_WAIT_MS) throw this.#offline(error.message);
        await this.#sleep(waitMs, signal);
      }
    }
  }

  /**
   * One GET; any status but those below is returned. `fetch` drops the token when a redirect leads to another origin,
   * as the hub's redirects to its storage do.
   * @throws TransientError on a lost connection and on statuses 408, 429 and 5xx.
   * @throws PlumblineError `MODEL_NOT_FOUND` (404), `MODEL_ACCESS_DENIED` (401, 403).
   */
  async get(
    url: string,
    model: string,
    headers: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<Response> {
    if (process.env['HF_HUB_OFFLINE'] === '1') throw this.#offline('HF_HUB_OFFLINE is set');
    const ownOrigin = new URL(url).origin === new URL(this.endpoint).origin;
    const authorization =
      this.#token !== undefined && ownOrigin ? { authorization: `Bearer ${this.#token}` } : {};
    let response: Response;
    try {
      response = await fetch(url, { headers: { ...headers, ...authorization }, signal: signal ?? null });
    } catch (error) {
      signal?.throwIfAborted();
      throw new TransientError(networkReason(error), null, isUnreached(error));
    }
    const { status } = response;
    if (status === 408 || status === 429 || status >= 500) {
      await response.body?.cancel();
      throw new TransientError(`it answered ${status}`, retryAfterMs(response.headers.get('retry-after')));
    }
    if (status === 404) throw this.#notFound(model);
    if (status === 401 || status === 403) throw this.#denied(model, status);
    return response;
  }

  #notFound(model: string): PlumblineError {
    return new PlumblineError('MODEL_NOT_FOUND', `there is no model ${model} at ${this.endpoint}`, {
      hint: 'Check the spelling (organisation/name, or organisation/name@revision); a local folder starts with "./".',
    });
  }

  #denied(model: string, status: number): PlumblineError {
    const token = this.#token === undefined ? 'Set HF_TOKEN to a token' : 'Set HF_TOKEN to another token';
    return new PlumblineError(
      'MODEL_ACCESS_DENIED',
      `${this.endpoint} refuses access to ${model} (${status}): it is private, gated or does not exist`,
      { hint: `Check the spelling, accept the model's terms on its page, or: ${token} that may read it.` },
    );
  }

  #offline(reason: string): PlumblineError {
    return new PlumblineError('MODEL_OFFLINE', `the model hub ${this.endpoint} cannot be used: ${reason}`, {
      hint:
        'Use the built-in model (model: builtin), give the path of a model folder copied from another machine, ' +
        'or set HF_ENDPOINT to a mirror. What was downloaded is kept and continued.',
      retryable: true,
    });
  }
}

const UNREACHED = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH']);

function isUnreached(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return UNREACHED.has(String((cause as { code?: unknown } | undefined)?.code));
}

/** undici wraps the system's error: `fetch failed` says nothing, its cause does. */
export function networkReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  const code = (cause as NodeJS.ErrnoException).code;
  return cause.message !== '' ? cause.message : (code ?? cause.name);
}

/** `Retry-After`: seconds, or a date. */
export function retryAfterMs(value: string | null): number | null {
  if (value === null) return null;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}
