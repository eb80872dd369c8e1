import { Socket } from 'node:net';
import { checkServerIdentity, getCACertificates } from 'node:tls';
import mariadb, { type Connection } from 'mariadb';
import { hasCode, type PlumblineError } from '../../errors.ts';
import type { RawParam, RawRow } from '../server/connection.ts';
import { LastingConnection, type TlsOptions } from '../server/lasting-connection.ts';
import type { MariadbAddress } from './address.ts';
import { mariadbError } from './errors.ts';

const CONNECT_MS = 10_000;
const LOCK_S = 10;
/** Of rows that a SELECT answers. */
const NO_LIMIT = 2n ** 64n - 1n;

/** Ways of a server's `sql_mode` in which the same table would read differently. */
const MODES_WITHOUT = ['PAD_CHAR_TO_FULL_LENGTH', 'NO_ZERO_DATE', 'NO_ZERO_IN_DATE', 'EMPTY_STRING_IS_NULL'];

interface Client {
  readonly connection: Connection;
  /** Not that of a local server, which the driver makes itself. */
  readonly socket: Socket;
}

/**
 * The only connection to the source. It reads and nothing else (`TRANSACTION READ ONLY`), and says how values look instead of
 * leaving that to the server's settings. Values arrive as bytes, texts among them in UTF-8.
 */
export class MariadbConnection extends LastingConnection<Client> {
  readonly #address: MariadbAddress;

  constructor(address: MariadbAddress) {
    super(address);
    this.#address = address;
  }

  /** Rows are taken as they are parsed; the stream stops reading from the socket while they are. */
  protected async run(
    { connection }: Client,
    sql: string,
    params: readonly RawParam[],
    take: (row: RawRow) => void,
  ): Promise<void> {
    // Without parameters a `?` is the statement's own, and an error: no filter can take one of ours.
    const stream =
      params.length === 0 ? connection.queryStream(sql) : connection.queryStream(sql, [...params]);
    for await (const row of stream as AsyncIterable<RawRow>) take(row);
  }

  protected async open(ssl: TlsOptions | false): Promise<Client> {
    const { endpoint, database, user, password } = this.#address;
    const socket = new Socket().setNoDelay();
    const connection = await mariadb.createConnection({
      ...endpoint,
      ...('host' in endpoint
        ? { stream: (give) => give(undefined, socket.connect(endpoint.port, endpoint.host)) }
        : {}),
      database,
      user,
      ...(password === undefined ? {} : { password }),
      ssl: ssl === false ? false : this.#strict(ssl),
      connectTimeout: CONNECT_MS,
      keepAliveDelay: CONNECT_MS,
      rowsAsArray: true,
      typeCast: (field) => field.buffer(),
      // Never into an error: they are somebody's data.
      logParam: false,
      connectAttributes: { program_name: 'plumbline' },
    });
    const client: Client = { connection, socket };
    // A connection that breaks while nobody asks is noticed by the next statement.
    connection.on('error', () => this.forget(client));
    return client;
  }

  protected async prepare({ connection }: Client): Promise<void> {
    const { timeoutMs } = this.#address;
    const modes = MODES_WITHOUT.reduce((sql, mode) => `REPLACE(${sql}, '${mode}', '')`, '@@SESSION.sql_mode');
    const limit =
      connection.info?.isMariaDB() === true
        ? `max_statement_time = ${timeoutMs / 1000}`
        : `max_execution_time = ${timeoutMs}`;
    // What a server's configuration, or its init_connect, may have set otherwise.
    await connection.query('SET NAMES utf8mb4');
    await connection.query(`SET SESSION sql_select_limit = ${NO_LIMIT}, sql_big_selects = 1, sql_mode = ${modes}, time_zone = '+00:00', autocommit = 1,
      lock_wait_timeout = ${LOCK_S}, innodb_lock_wait_timeout = ${LOCK_S}, ${limit}`);
    await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY');
  }

  /**
   * Two habits of the driver undone. Without `ca`, a server from 11.4 on may prove by the password who it is, whoever signed its
   * certificate. And the name in the certificate of a host that is given as an IP address is compared with `localhost`, and with the
   * host only when the login is over.
   */
  #strict(options: TlsOptions): TlsOptions {
    const { endpoint } = this.#address;
    if (!options.rejectUnauthorized || !('host' in endpoint)) return options;
    return {
      ca: getCACertificates('default'),
      checkServerIdentity: (_, certificate) => checkServerIdentity(endpoint.host, certificate),
      ...options,
    };
  }

  protected end({ connection }: Client): Promise<void> {
    return connection.end();
  }

  /**
   * The driver would first ask the server, over another connection, to end the statement: one that does not answer is never done.
   * Of a local server's socket it gives us nothing else.
   */
  protected destroy({ connection, socket }: Client, reason?: Error): void {
    if ('host' in this.#address.endpoint) socket.destroy(reason);
    else connection.destroy();
  }

  protected explain(error: unknown): PlumblineError {
    return mariadbError(error, this.#address);
  }

  /** The server went away, or is full for a moment. */
  protected mayPass(error: unknown): boolean {
    if (hasCode(error, 'SOURCE_UNAVAILABLE')) return true;
    const number = hasCode(error, 'SOURCE_BUSY') ? (error.cause as { errno?: unknown }).errno : null;
    return number === 1213 || number === 1040;
  }
}
