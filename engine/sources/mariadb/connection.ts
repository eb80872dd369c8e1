import mariadb, { type Connection, type ConnectionConfig } from 'mariadb';
import { hasCode } from '../../errors.ts';
import type { RawParam, RawRow, RowSink, ServerConnection } from '../server/connection.ts';
import { withRetries } from '../server/retry.ts';
import type { MariadbAddress } from './address.ts';
import { mariadbError } from './errors.ts';

const CONNECT_MS = 10_000;
const LOCK_S = 10;
/** Of rows that a SELECT answers. */
const NO_LIMIT = 2n ** 64n - 1n;
/** After its own limit a server that is still there has answered. */
const GRACE_MS = 10_000;

/** Ways of a server's `sql_mode` in which the same table would read differently. */
const MODES_WITHOUT = ['PAD_CHAR_TO_FULL_LENGTH', 'NO_ZERO_DATE', 'NO_ZERO_IN_DATE', 'EMPTY_STRING_IS_NULL'];

/**
 * The only connection to the source. It reads and nothing else (`TRANSACTION READ ONLY`), and says how values look instead of
 * leaving that to the server's settings. Values arrive as bytes, texts among them in UTF-8.
 */
export class MariadbConnection implements ServerConnection {
  readonly label: string;
  readonly #address: MariadbAddress;
  #connection: Connection | null = null;
  /** False until the first connection: a wrong address is told at once, a lost one is tried again. */
  #wasConnected = false;
  #isClosed = false;

  constructor(address: MariadbAddress) {
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

  async close(): Promise<void> {
    this.#isClosed = true;
    const open = this.#connection;
    this.#connection = null;
    await open?.end().catch(() => {});
  }

  async #attempt(sql: string, params: readonly RawParam[], sink: RowSink): Promise<void> {
    try {
      const connection = (this.#connection ??= await this.#connect());
      sink.begin();
      await this.#run(connection, sql, params, sink);
    } catch (error) {
      if (error instanceof SinkFailure) throw error.cause;
      const ours = mariadbError(error, this.#address);
      if (hasCode(ours, 'SOURCE_UNAVAILABLE')) this.#drop();
      throw ours;
    }
  }

  /** Rows are taken as they are parsed; the stream stops reading from the socket while they are. */
  async #run(connection: Connection, sql: string, params: readonly RawParam[], sink: RowSink): Promise<void> {
    const timer = setTimeout(() => connection.destroy(), this.#address.timeoutMs + GRACE_MS);
    let failure: SinkFailure | null = null;
    try {
      // Without parameters a `?` is the statement's own, and an error: no filter can take one of ours.
      const stream =
        params.length === 0 ? connection.queryStream(sql) : connection.queryStream(sql, [...params]);
      let isWanted = true;
      for await (const row of stream as AsyncIterable<RawRow>) {
        if (!isWanted) continue;
        try {
          isWanted = sink.row(row);
        } catch (error) {
          failure = new SinkFailure('a row was not taken', { cause: error });
          isWanted = false;
        }
      }
    } finally {
      clearTimeout(timer);
    }
    if (failure !== null) throw failure;
  }

  async #connect(): Promise<Connection> {
    const { tls } = this.#address;
    try {
      return await this.#open(tls === 'disable' ? false : this.#tlsOptions());
    } catch (error) {
      if (tls !== 'prefer' || !hasCode(mariadbError(error, this.#address), 'SOURCE_TLS_REFUSED')) throw error;
      return this.#open(false);
    }
  }

  async #open(ssl: ConnectionConfig['ssl'] & {}): Promise<Connection> {
    const { endpoint, database, user, password, timeoutMs } = this.#address;
    const connection = await mariadb.createConnection({
      ...endpoint,
      database,
      user,
      ...(password === undefined ? {} : { password }),
      ssl,
      connectTimeout: CONNECT_MS,
      keepAliveDelay: CONNECT_MS,
      rowsAsArray: true,
      typeCast: (field) => field.buffer(),
      // Never into an error: they are somebody's data.
      logParam: false,
      connectAttributes: { program_name: 'plumbline' },
    });
    // A connection that breaks while nobody asks is noticed by the next statement.
    connection.on('error', () => {
      if (this.#connection === connection) this.#connection = null;
    });
    try {
      const modes = MODES_WITHOUT.reduce(
        (sql, mode) => `REPLACE(${sql}, '${mode}', '')`,
        '@@SESSION.sql_mode',
      );
      const limit =
        connection.info?.isMariaDB() === true
          ? `max_statement_time = ${timeoutMs / 1000}`
          : `max_execution_time = ${timeoutMs}`;
      // What a server's configuration, or its init_connect, may have set otherwise.
      await connection.query('SET NAMES utf8mb4');
      await connection.query(`SET SESSION sql_select_limit = ${NO_LIMIT}, sql_big_selects = 1, sql_mode = ${modes}, time_zone = '+00:00', autocommit = 1,
        lock_wait_timeout = ${LOCK_S}, innodb_lock_wait_timeout = ${LOCK_S}, ${limit}`);
      await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY');
    } catch (error) {
      connection.destroy();
      throw error;
    }
    this.#wasConnected = true;
    return connection;
  }

  #tlsOptions(): Exclude<ConnectionConfig['ssl'], boolean | undefined> {
    const { tls, ca } = this.#address;
    return {
      rejectUnauthorized: tls === 'verify-ca' || tls === 'verify-full',
      ...(ca === null ? {} : { ca }),
      ...(tls === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
    };
  }

  #drop(): void {
    this.#connection?.destroy();
    this.#connection = null;
  }
}

/** The sink's own error, which says nothing about the connection. */
class SinkFailure extends Error {}

/** Failures after which the same read may well succeed: the server went away, or is full for a moment. */
function isPassing(error: unknown): boolean {
  if (hasCode(error, 'SOURCE_UNAVAILABLE')) return true;
  const number = hasCode(error, 'SOURCE_BUSY') ? (error.cause as { errno?: unknown }).errno : null;
  return number === 1213 || number === 1040;
}
