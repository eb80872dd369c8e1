import { Socket } from 'node:net';
import pg from 'pg';
import { hasCode, type PlumblineError } from '../../errors.ts';
import type { RawParam, RawRow, SnapshotConnection } from '../server/connection.ts';
import { LastingConnection, type TlsOptions } from '../server/lasting-connection.ts';
import type { PostgresAddress } from './address.ts';
import { postgresError } from './errors.ts';
import { takeSnapshot } from './snapshot.ts';

const CONNECT_MS = 10_000;
const LOCK_MS = 10_000;

/** Values arrive as the server's text form; the connector knows better what to make of them. */
const AS_TEXT = { getTypeParser: () => (value: string) => value };

interface Client {
  readonly client: pg.Client;
  readonly socket: Socket;
}

/**
 * A connection to the source: the only one but while a validation holds a snapshot. It reads and nothing else
 * (`default_transaction_read_only`), and says how values look instead of leaving that to the role's or database's settings.
 */
export class PostgresConnection extends LastingConnection<Client> {
  readonly #address: PostgresAddress;

  constructor(address: PostgresAddress) {
    super(address);
    this.#address = address;
  }

  snapshot(): Promise<SnapshotConnection | null> {
    return takeSnapshot(this, new PostgresConnection(this.#address));
  }

  /** Rows are taken as they are parsed, while the socket waits: what is read is never more than what has been taken. */
  protected run(
    { client }: Client,
    sql: string,
    params: readonly RawParam[],
    take: (row: RawRow) => void,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const query = new pg.Query({
      text: sql,
      values: params as unknown[],
      rowMode: 'array',
      types: AS_TEXT,
      // Never the simple protocol, which would take several statements at once.
      queryMode: 'extended',
    } as pg.QueryConfig);
    query.on('row', (row: unknown) => take(row as RawRow));
    query.on('end', () => resolve());
    query.on('error', (error) => reject(error));
    client.query(query);
    return promise;
  }

  protected async open(ssl: TlsOptions | false): Promise<Client> {
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
    const opened: Client = { client, socket };
    // A connection that breaks while nobody asks is noticed by the next statement.
    client.on('error', () => this.forget(opened));
    try {
      await client.connect();
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return opened;
  }

  protected async prepare({ client }: Client): Promise<void> {
    await client.query(`SET default_transaction_read_only = on; SET default_transaction_isolation = 'read committed';
      SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', 'pg_catalog',
        NULLIF(pg_catalog.current_setting('search_path'), '')), false);
      SET quote_all_identifiers = off; SET statement_timeout = ${this.#address.timeoutMs};
      SET lock_timeout = ${LOCK_MS}; SET idle_in_transaction_session_timeout = ${LOCK_MS};
      SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC'; SET bytea_output = 'hex';
      SET extra_float_digits = 1; SET standard_conforming_strings = on; SET xmlbinary = 'base64'`);
  }

  protected end({ client }: Client): Promise<void> {
    return client.end();
  }

  protected destroy({ socket }: Client, reason?: Error): void {
    socket.destroy(reason);
  }

  protected explain(error: unknown): PlumblineError {
    return postgresError(error, this.#address);
  }

  /** The server went away, or a standby put its own work first. */
  protected mayPass(error: unknown): boolean {
    if (hasCode(error, 'SOURCE_UNAVAILABLE')) return true;
    const state = hasCode(error, 'SOURCE_BUSY') ? (error.cause as { code?: unknown }).code : null;
    return state === '40001' || state === '40P01' || state === '53300';
  }
}
