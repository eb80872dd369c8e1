import type { PeerCertificate } from 'node:tls';
import { hasCode, type PlumblineError } from '../../errors.ts';
import type { TlsMode } from '../../server-address.ts';
import { allRows } from './collect.ts';
import type { RawParam, RawRow, RowSink, ServerConnection } from './connection.ts';
import { withRetries } from './retry.ts';

/** After its own limit a server that is still there has answered. */
const GRACE_MS = 10_000;

export interface LastingAddress {
  readonly label: string;
  readonly tls: TlsMode;
  /** PEM; null for the certificates that Node trusts. */
  readonly ca: string | null;
  /** Of a statement, in the server. */
  readonly timeoutMs: number;
}

/** What Node's TLS is told of whom to trust. */
export interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string | string[];
  /** An error where a certificate bears another name than it should; without it, a driver's own check of the host's. */
  readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined;
}

/**
 * What connections to all servers have in common: opened when they are needed, with TLS where that is wanted, anew where they
 * were lost, and reading on from there. `Client` is the driver's.
 */
export abstract class LastingConnection<Client> implements ServerConnection {
  readonly label: string;
  readonly #address: LastingAddress;
  #client: Client | null = null;
  /** False until the first connection: a wrong address is told at once, a lost one is tried again. */
  #wasConnected = false;
  #isClosed = false;

  constructor(address: LastingAddress) {
    this.label = address.label;
    this.#address = address;
  }

  async stream(sql: string, params: readonly RawParam[], sink: RowSink): Promise<void> {
    await withRetries(
      () => this.#attempt(sql, params, sink),
      (error) => this.#wasConnected && !this.#isClosed && this.mayPass(error),
    );
  }

  all(sql: string, params: readonly RawParam[] = []): Promise<RawRow[]> {
    return allRows(this, sql, params);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const open = this.#client;
    this.#client = null;
    if (open !== null) await this.end(open).catch(() => {});
  }

  /** Connects, in bounded time. What is half open when it fails is no more. */
  protected abstract open(tls: TlsOptions | false): Promise<Client>;
  /** Sets a new session up. */
  protected abstract prepare(client: Client): Promise<void>;
  /** Runs one statement to its end and hands on its rows as they are parsed, or is cut off by {@link destroy}. */
  protected abstract run(
    client: Client,
    sql: string,
    params: readonly RawParam[],
    take: (row: RawRow) => void,
  ): Promise<void>;
  /** Takes leave of the server. */
  protected abstract end(client: Client): Promise<void>;
  /** Cuts the connection off without a word to the server; a statement under way fails with the reason. */
  protected abstract destroy(client: Client, reason?: Error): void;
  /** The driver's error as ours; one of ours as it is. */
  protected abstract explain(error: unknown): PlumblineError;
  /** True where the same read may well succeed after a pause. */
  protected abstract mayPass(error: unknown): boolean;

  /** Called by the driver where a connection breaks while nobody asks: the next statement makes a new one. */
  protected forget(client: Client): void {
    if (this.#client === client) this.#drop();
  }

  async #attempt(sql: string, params: readonly RawParam[], sink: RowSink): Promise<void> {
    const feed = new Feed(sink);
    try {
      const client = (this.#client ??= await this.#connect());
      sink.begin();
      await this.#inTime(client, this.#address.timeoutMs, () =>
        this.run(client, sql, params, (row) => feed.take(row)),
      );
    } catch (error) {
      const ours = this.explain(error);
      if (hasCode(ours, 'SOURCE_UNAVAILABLE')) this.#drop();
      if (feed.failure === null) throw ours;
    }
    if (feed.failure !== null) throw feed.failure.cause;
  }

  async #connect(): Promise<Client> {
    const { tls } = this.#address;
    const client = await this.#openWith(tls);
    try {
      await this.#inTime(client, 0, () => this.prepare(client));
    } catch (error) {
      this.destroy(client);
      throw error;
    }
    this.#wasConnected = true;
    return client;
  }

  /** A server that fell silent says nothing of it, nor does the network. `timeoutMs`: what the work may take there. */
  async #inTime(client: Client, timeoutMs: number, work: () => Promise<void>): Promise<void> {
    const timer = setTimeout(() => this.destroy(client, noAnswer()), timeoutMs + GRACE_MS);
    try {
      await work();
    } finally {
      clearTimeout(timer);
    }
  }

  async #openWith(tls: TlsMode): Promise<Client> {
    try {
      return await this.open(tls === 'disable' ? false : tlsOptions(this.#address));
    } catch (error) {
      if (tls !== 'prefer' || !hasCode(this.explain(error), 'SOURCE_TLS_REFUSED')) throw error;
      return this.open(false);
    }
  }

  #drop(): void {
    if (this.#client !== null) this.destroy(this.#client);
    this.#client = null;
  }
}

const noAnswer = (): Error => new Error('no answer within the time that a statement may take');

/** Rows on their way to a sink. Its failure says nothing about the connection, and may not be thrown into a driver. */
class Feed {
  failure: { readonly cause: unknown } | null = null;
  readonly #sink: RowSink;
  #isWanted = true;

  constructor(sink: RowSink) {
    this.#sink = sink;
  }

  take(row: RawRow): void {
    if (!this.#isWanted) return;
    try {
      this.#isWanted = this.#sink.row(row);
    } catch (cause) {
      this.failure = { cause };
      this.#isWanted = false;
    }
  }
}

function tlsOptions({ tls, ca }: LastingAddress): TlsOptions {
  return {
    rejectUnauthorized: tls === 'verify-ca' || tls === 'verify-full',
    ...(ca === null ? {} : { ca }),
    ...(tls === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
}
