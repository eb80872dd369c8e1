/**
 * The REST door from the other side: operations by name, with the contract's types, over fetch. Runs in browsers, too: it
 * imports the contract and pure files alone.
 */
import {
  jobSchema,
  operations,
  type DriftClass,
  type ExportFormat,
  type Job,
  type OperationName,
  type Output,
} from '../../contract.ts';
import { z } from 'zod';
import { parse } from '../../json.ts';
import { requestFor } from '../../routes.ts';
import { readEvents, type ReceivedEvent } from './events.ts';
import { sendRequest, type ClientOptions } from './request.ts';

export interface CallOptions {
  /** Ends the waiting, not the work. */
  readonly signal?: AbortSignal;
  /** Told what is known of work that goes on, each time anything is. */
  readonly onStarted?: (started: Started) => void;
}

const startedSchema = z.object({
  run: z.string(),
  jobs: z.array(jobSchema),
  notStarted: z.array(z.string()).optional(),
});

/** Work that goes on in the server. */
export interface Started {
  /** Names this start in {@link Client.result} and in events. */
  readonly run: string;
  readonly jobs: readonly Job[];
  readonly notStarted?: readonly string[] | undefined;
}

export type Result<N extends OperationName> =
  { readonly done: true; readonly output: Output<N> } | ({ readonly done: false } & Started);

/** Seconds that one request waits for a result; shorter than any proxy's patience. */
const WAIT_S = 20;

export class Client {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * An operation to its end, however long that takes.
   * @throws PlumblineError what the operation throws; `SERVER_UNREACHABLE`.
   */
  async call<N extends OperationName>(name: N, input: object, options: CallOptions = {}): Promise<Output<N>> {
    let result = await this.start(name, input, { ...options, waitSeconds: 0 });
    while (!result.done) {
      options.onStarted?.(result);
      result = await this.result(name, result.run, { ...options, waitSeconds: WAIT_S });
    }
    return result.output;
  }

  /** An operation, to its end or until it goes on by itself. Without `waitSeconds` the route's own default counts. */
  async start<N extends OperationName>(
    name: N,
    input: object,
    options: CallOptions & { readonly waitSeconds?: number } = {},
  ): Promise<Result<N>> {
    const request = requestFor(name, input as Readonly<Record<string, unknown>>);
    const isWaiting = request.waits && options.waitSeconds !== undefined;
    const path = isWaiting ? `${request.path}?wait=${options.waitSeconds}` : request.path;
    const { method, body } = request;
    return this.#resultOf(
      name,
      await sendRequest(this.#options, path, { method, body, signal: options.signal }),
    );
  }

  /** What has become of a start. */
  async result<N extends OperationName>(
    name: N,
    run: string,
    options: CallOptions & { readonly waitSeconds?: number } = {},
  ): Promise<Result<N>> {
    const path = `/runs/${encodeURIComponent(run)}?wait=${options.waitSeconds ?? 0}`;
    return this.#resultOf(
      name,
      await sendRequest(this.#options, path, { method: 'GET', body: null, signal: options.signal }),
    );
  }

  /**
   * What happens, beginning now or behind an event seen before; ends with the connection, the server or the signal. The
   * first event is `hello`.
   */
  async *events(options: { signal?: AbortSignal; after?: string } = {}): AsyncGenerator<ReceivedEvent> {
    const headers = options.after === undefined ? {} : { 'last-event-id': options.after };
    const response = await sendRequest(this.#options, '/events', {
      method: 'GET',
      body: null,
      signal: options.signal,
      headers,
    });
    if (response.body !== null) yield* readEvents(response.body);
  }

  /** All items of the latest report as a file; the body is a stream. */
  async exportDrift(
    entityType: string,
    query: { readonly format?: ExportFormat; readonly class?: DriftClass },
    options: CallOptions = {},
  ): Promise<Response> {
    const search = new URLSearchParams(query);
    const path = `/drift/${encodeURIComponent(entityType)}/export?${search}`;
    return sendRequest(this.#options, path, { method: 'GET', body: null, signal: options.signal });
  }

  async #resultOf<N extends OperationName>(name: N, response: Response): Promise<Result<N>> {
    const body = parse(await response.text());
    if (response.status === 202) return { done: false, ...startedSchema.parse(body) };
    // Beside the contract a newer server may say more, which `--json` prints.
    return { done: true, output: operations[name].output.loose().parse(body) as Output<N> };
  }
}
