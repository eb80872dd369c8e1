/** The connector of MariaDB and MySQL. Its parts are in `mariadb/` and, where servers are alike, in `server/`. */
import { hasCode } from '../errors.ts';
import { addressLabel } from '../server-address.ts';
import type { SourceConfigOf } from '../source-config.ts';
import { mariadbAddress, type MariadbAddress } from './mariadb/address.ts';
import { MariadbConnection } from './mariadb/connection.ts';
import { listTables, readTable } from './mariadb/schema.ts';
import { mariadbDialect, quote } from './mariadb/sql.ts';
import type { ServerConnection } from './server/connection.ts';
import { discoverTable } from './server/discover.ts';
import { QUERY_FAILED } from './server/errors.ts';
import { openReader } from './server/open-reader.ts';
import type { SourceConnector } from './source.ts';
import { typeUnknown } from './spec-check.ts';

/**
 * Connects to a database for reading.
 * @throws PlumblineError `SOURCE_UNAVAILABLE`, `SOURCE_LOGIN_REFUSED`, `SOURCE_NOT_FOUND`, `SOURCE_TLS_REFUSED`
 */
export async function openMariadb(
  source: SourceConfigOf<'mariadb'> | SourceConfigOf<'mysql'>,
): Promise<SourceConnector> {
  const address = mariadbAddress(source);
  const connection = new MariadbConnection(address);
  let product: string;
  try {
    product = await productOf(connection);
  } catch (error) {
    await connection.close();
    throw error;
  }
  const changeToken = () => readChangeToken(connection, product);
  return {
    kind: source.kind,
    discover: async () => {
      const found = [];
      for (const table of await listTables(connection)) {
        const grant = `GRANT SELECT ON ${quote(table.name)} TO ${address.user}`;
        const options = { connection, grant, sampleFrom: () => null };
        found.push(await discoverTable(table, () => readTable(connection, table, product), options));
      }
      return found;
    },
    openReader: async (spec) => {
      const tables = await listTables(connection);
      const table = tables.find(({ name }) => name === spec.entityType);
      if (table === undefined) {
        await checkRights(connection, spec.entityType);
        const names = tables.map(({ name }) => name);
        throw typeUnknown(address.label, spec.entityType, names);
      }
      const options = { connection, dialect: mariadbDialect, product, changeToken };
      return openReader(options, await readTable(connection, table, product), spec);
    },
    identity: () => identify(connection, address),
    changeToken,
    close: () => connection.close(),
  };
}

/** A table that the user has no right to is not listed, as one that is not there. @throws PlumblineError `SOURCE_FORBIDDEN`. */
async function checkRights(connection: ServerConnection, table: string): Promise<void> {
  try {
    await connection.all(`SELECT 1 FROM ${quote(table)} WHERE 1 = 0`);
  } catch (error) {
    if (!hasCode(error, QUERY_FAILED)) throw error;
  }
}

async function productOf(connection: ServerConnection): Promise<string> {
  const [row] = await connection.all('SELECT VERSION()');
  return /mariadb/i.test(String(row?.[0])) ? 'MariaDB' : 'MySQL';
}

/**
 * These servers have no number of their own that a replica would take over, so the address it is. Read by way of the server
 * all the same: whoever asks wants to know whether it is there.
 */
async function identify(
  connection: ServerConnection,
  { endpoint, database }: MariadbAddress,
): Promise<string> {
  await connection.all('SELECT 1');
  return `mariadb:${'host' in endpoint ? addressLabel({ ...endpoint, database }) : `${database} on ${endpoint.socketPath}`}`;
}

/** Counters that move with every transaction that ends and every row that is written past transactions. */
const COUNTERS = [
  'Handler_commit',
  'Handler_write',
  'Handler_update',
  'Handler_delete',
  'Com_alter_table',
  'Com_create_table',
  'Com_drop_table',
  'Com_rename_table',
  'Com_truncate',
];

/** What all sessions of the server counted, less what this one did: reads of our own count as well. */
async function readChangeToken(connection: ServerConnection, product: string): Promise<string> {
  const schema = product === 'MariaDB' ? 'information_schema' : 'performance_schema';
  const names = COUNTERS.map((name) => `'${name}'`).join(', ');
  const counted = (scope: string) =>
    `(SELECT SUM(CAST(VARIABLE_VALUE AS SIGNED)) FROM ${schema}.${scope} WHERE UPPER(VARIABLE_NAME) IN (${names.toUpperCase()}))`;
  const [row] = await connection.all(`SELECT ${counted('GLOBAL_STATUS')} - ${counted('SESSION_STATUS')}`);
  return String(row?.[0]);
}
