/** The PostgreSQL connector. Its parts are in `postgres/` and, where servers are alike, in `server/`. */
import type { SourceConfigOf } from '../source-config.ts';
import { postgresAddress } from './postgres/address.ts';
import { PostgresConnection } from './postgres/connection.ts';
import { listRelations, readTable, type Relation } from './postgres/schema.ts';
import { postgresDialect } from './postgres/sql.ts';
import { discoverTable } from './server/discover.ts';
import { openReader } from './server/open-reader.ts';
import type { SourceConnector } from './source.ts';
import { typeUnknown } from './spec-check.ts';

/**
 * Connects to a database for reading.
 * @throws PlumblineError `SOURCE_UNAVAILABLE`, `SOURCE_LOGIN_REFUSED`, `SOURCE_NOT_FOUND`, `SOURCE_TLS_REFUSED`
 */
export async function openPostgres(source: SourceConfigOf<'postgres'>): Promise<SourceConnector> {
  const address = await postgresAddress(source);
  const connection = new PostgresConnection(address);
  // Of the cluster, and shared by its standbys; a database that was made anew in it has another number.
  const identity = async () => {
    const [row] = await connection.all(
      `SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system()), oid
       FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`,
    );
    return `postgres:${row?.[0]}:${row?.[1]}`;
  };
  // Of all transactions that may write: equal where none began to, ended or is under way that was not.
  const changeToken = async () => {
    const [row] = await connection.all('SELECT pg_catalog.pg_current_snapshot()');
    return String(row?.[0]);
  };
  try {
    await identity();
  } catch (error) {
    await connection.close();
    throw error;
  }
  return {
    kind: 'postgres',
    discover: async () => {
      const found = [];
      for (const relation of await listRelations(connection, source.schemas)) {
        const options = discoverOptions(connection, relation, address.user);
        found.push(await discoverTable(relation, () => readTable(connection, relation), options));
      }
      return found;
    },
    openReader: async (spec) => {
      const relations = await listRelations(connection, source.schemas);
      const relation = relations.find(({ name }) => name === spec.entityType);
      if (relation === undefined) {
        const names = relations.map(({ name }) => name);
        throw typeUnknown(address.label, spec.entityType, names);
      }
      const options = { connection, dialect: postgresDialect, product: 'PostgreSQL', changeToken };
      return openReader(options, await readTable(connection, relation), spec);
    },
    identity,
    changeToken,
    close: () => connection.close(),
  };
}

const discoverOptions = (connection: PostgresConnection, { isStored, from }: Relation, user: string) => ({
  connection,
  grant: `GRANT SELECT ON ${from} TO ${user}`,
  sampleFrom: (rows: number, wanted: number) => {
    if (!isStored) return null;
    // Twice as many as wanted, because pages hold more or fewer; the same ones each time.
    const percent = Math.min(100, (200 * wanted) / rows);
    return `${from} TABLESAMPLE SYSTEM (${percent}) REPEATABLE (1)`;
  },
});
