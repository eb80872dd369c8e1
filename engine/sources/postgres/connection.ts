import { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import type { PlumblineError } from '../../errors.ts';
import { hasCode } from '../../errors.ts';
import type {
  RawParam,
  RawRow,
  RowSink,
  ServerConnection,
  SnapshotConnection,
} from '../server/connection.ts';
import { withRetries } from '../server/retry.ts';
import type { PostgresAddress } from './address.ts';
import { postgresError } from './errors.ts';
import { takeSnapshot } from './snapshot.ts';

const CONNECT_MS = 10_000;
const LOCK_MS = 10_000;
/** After its own limit a server that is still there has answered. */
const GRACE_MS = 10_000;

/** Values arrive as the server's text form; the connector knows better what to make of them. */
const AS_TEXT = { getTypeParser: () => (value: string) => value };

/**
 * A connection to the source: the only one but while a validation holds a snapshot. It reads and nothing else (`default_transaction_read_only`), and says how values look
 * instead of leaving that to the role's or database's settings.
 */
export class PostgresConnection implements ServerConnection {
  readonly label: string;
  readonly #address: PostgresAddress;
  #client: { readonly client: pg.Client; readonly socket: Socket } | null = null;
  /** False until the first connection: a wrong address is told at once, a lost one is tried again. */
  #wasConnected = false;
  #isClosed = false;

  constructor(address: PostgresAddress) {
    this.label = address.label;
    this.#address = address;
  }

  async stream(sql: string, params: readonly RawParam[], sink: RowSink): Promise<void> {
    await withRetries(
      () => this.#attempt(sql, params, sink),
      (error) => this.#wasConnected && !this.#isClosed && isPassing(error),
    );
  }

  async all(sql: string, params: readonly RawParam[] = []): Promise<RawRow[]> {
    const rows: RawRow[] = [];
    await this.stream(sql, params, {
      begin: () => void (rows.length = 0),
      row: (row) => rows.push(row) > 0,
    });
    return rows;
  }

  snapshot(): Promise<SnapshotConnection | null> {
    return takeSnapshot(this, new PostgresConnection(this.#address));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const open = this.#client;
    this.#client = null;
    await open?.client.end().catch(() => {});
  }

  async #attempt(sql: string, params: readonly RawParam[], sink: RowSink): Promise<void> {
    try {
      const { client, socket } = (this.#client ??= await this.#connect());
      sink.begin();
      await this.#run(client, socket, sql, params, sink);
    } catch (error) {
      if (error instanceof SinkFailure) throw error.cause;
      const ours = postgresError(error, this.#address);
      if (hasCode(ours, 'SOURCE_UNAVAILABLE')) this.#drop();
      throw ours;
    }
  }

  /** Rows are taken as they are parsed, while the socket waits: what is read is never more than what has been taken. */
  #run(
    client: pg.Client,
    socket: Socket,
    sql: string,
    params: readonly RawParam[],
    sink: RowSink,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      let failure: SinkFailure | undefined;
      let isWanted = true;
      const timer = setTimeout(
        () => socket.destroy(new Error('no answer within the time that a statement may take')),
        this.#address.timeoutMs + GRACE_MS,
      );
      const settle = (error?: unknown): void => {
        clearTimeout(timer);
        if (failure === undefined && error === undefined) resolve();
        else reject(failure ?? (error as Error));
      };
      const query = new pg.Query({
        text: sql,
        values: params as unknown[],
        rowMode: 'array',
        types: AS_TEXT,
        // Never the simple protocol, which would take several statements at once.
        queryMode: 'extended',
      } as pg.QueryConfig);
      query.on('row', (row: unknown) => {
        if (!isWanted) return;
        try {
          isWanted = sink.row(row as RawRow);
        } catch (error) {
          failure = new SinkFailure('a row was not taken', { cause: error });
          isWanted = false;
        }
      });
      query.on('end', () => settle());
      query.on('error', (error) => settle(error));
      client.query(query);
    });
  }

  async #connect(): Promise<{ client: pg.Client; socket: Socket }> {
    const { tls } = this.#address;
    try {
      return await this.#open(tls === 'disable' ? false : this.#tlsOptions());
    } catch (error) {
      if (tls !== 'prefer' || !hasCode(postgresError(error, this.#address), 'SOURCE_TLS_REFUSED'))
        throw error;
      return this.#open(false);
    }
  }

  async #open(ssl: false | ConnectionOptions): Promise<{ client: pg.Client; socket: Socket }> {
    const { host, port, database, user, password } = this.#address;
    const socket = new Socket();
    const client = new pg.Client({
      host,
      port,
      database,
      user,
      // Without one the driver would look for it in places of its own.
      password: () => password ?? '',
      ssl,
      stream: () => socket,
      application_name: 'plumbline',
      connectionTimeoutMillis: CONNECT_MS,
      keepAlive: true,
    });
    // A connection that breaks while nobody asks is noticed by the next statement.
    client.on('error', () => {
      if (this.#client?.client === client) this.#drop();
    });
    try {
      await client.connect();
      await client.query(this.#session());
    } catch (error) {
      socket.destroy();
      throw error;
    }
    this.#wasConnected = true;
    return { client, socket };
  }

  #session(): string {
    return `SET default_transaction_read_only = on; SET default_transaction_isolation = 'read committed';
      SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', 'pg_catalog',
        NULLIF(pg_catalog.current_setting('search_path'), '')), false);
      SET quote_all_identifiers = off; SET statement_timeout = ${this.#address.timeoutMs};
      SET lock_timeout = ${LOCK_MS}; SET idle_in_transaction_session_timeout = ${LOCK_MS};
      SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC'; SET bytea_output = 'hex';
      SET extra_float_digits = 1; SET standard_conforming_strings = on; SET xmlbinary = 'base64'`;
  }

  #tlsOptions(): ConnectionOptions {
    const { tls, ca } = this.#address;
    return {
      rejectUnauthorized: tls === 'verify-ca' || tls === 'verify-full',
      ...(ca === null ? {} : { ca }),
      ...(tls === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
    };
  }

  #drop(): void {
    this.#client?.socket.destroy();
    this.#client = null;
  }
}

/** The sink's own error, which says nothing about the connection. */
class SinkFailure extends Error {}

/** Failures after which the same read may well succeed: the server went away, or a standby put its own work first. */
function isPassing(error: unknown): error is PlumblineError {
  if (hasCode(error, 'SOURCE_UNAVAILABLE')) return true;
  const state = hasCode(error, 'SOURCE_BUSY') ? (error.cause as { code?: unknown }).code : null;
  return state === '40001' || state === '40P01' || state === '53300';
}
