/** A MariaDB server for the tests of one file, and databases in it with another program's hand on them. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import mariadb, { type Connection } from 'mariadb';
import { afterAll, beforeAll } from 'vitest';
import type { KeyPart } from '../../engine/key.ts';
import type { SourceConfigOf } from '../../engine/source-config.ts';
import { openMariadb } from '../../engine/sources/mariadb.ts';
import { quote } from '../../engine/sources/mariadb/sql.ts';
import type { FixtureTable, SourceFixture } from '../cases/source.case.ts';
import { freePort } from './postgres.ts';

const SERVER = ['/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd', '/opt/homebrew/bin/mariadbd'].find((path) =>
  existsSync(path),
);

/** Why tests that need a server cannot run here; null where they can. */
export const mariadbMissing: string | null =
  SERVER === undefined ? 'no mariadbd here: apt-get install mariadb-server' : null;

/** Fast instead of safe: nothing in it outlives the file's tests. */
const FLAGS = [
  '--no-defaults',
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-flush-method=nosync',
  '--innodb-buffer-pool-size=32M',
  '--innodb-log-file-size=16M',
  '--max-allowed-packet=64M',
  '--skip-log-bin',
  '--skip-name-resolve',
  '--debug-no-sync',
  '--performance-schema=OFF',
  '--character-set-server=utf8mb4',
];

export interface MariadbServer {
  readonly port: number;
  createDatabase(): Promise<MariadbDatabase>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts a server before the file's tests and stops it after them. */
export function useMariadb(flags: readonly string[] = []): MariadbServer {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-mariadb-'));
  let port = 0;
  let server: ChildProcess | null = null;
  let databases = 0;
  const user = userInfo().username;
  const temporary = join(folder, 'temporary');
  mkdirSync(temporary);

  const start = async (): Promise<void> => {
    const init = join(folder, 'init.sql');
    writeFileSync(
      init,
      `CREATE USER IF NOT EXISTS tester@'%' IDENTIFIED BY 'tester';\nGRANT ALL ON *.* TO tester@'%' WITH GRANT OPTION;\n`,
    );
    const own = [
      `--datadir=${join(folder, 'data')}`,
      `--socket=${join(folder, 'socket')}`,
      `--port=${port}`,
      // In a shared one, a server that starts removes what the temporary tables of the others are in.
      `--tmpdir=${temporary}`,
    ];
    const started = spawn(
      SERVER ?? '',
      [...FLAGS, ...own, '--bind-address=127.0.0.1', `--user=${user}`, `--init-file=${init}`, ...flags],
      { stdio: 'ignore' },
    );
    server = started;
    for (let attempt = 0; ; attempt += 1) {
      if (started.exitCode !== null) throw new Error(`mariadbd ended with ${started.exitCode}`);
      try {
        await (await connectTo(port)).end();
        return;
      } catch (error) {
        if (attempt > 400) throw error;
        await wait(50);
      }
    }
  };
  const stop = async (): Promise<void> => {
    const stopped = server;
    server = null;
    if (stopped === null || stopped.exitCode !== null) return;
    const end = new Promise((resolve) => stopped.once('exit', resolve));
    stopped.kill('SIGTERM');
    await end;
  };
  beforeAll(async () => {
    if (SERVER === undefined) return;
    port = await freePort();
    execFileSync(
      'mariadb-install-db',
      [
        '--no-defaults',
        `--datadir=${join(folder, 'data')}`,
        `--tmpdir=${temporary}`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
        '--debug-no-sync',
        '--innodb-flush-method=nosync',
        `--user=${user}`,
      ],
      { stdio: 'ignore' },
    );
    await start();
  }, 60_000);
  afterAll(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get port() {
      return port;
    },
    async createDatabase() {
      databases += 1;
      const name = `test_${databases}`;
      const connection = await connectTo(port);
      await connection.query(`CREATE DATABASE ${name}`);
      await connection.query(`USE ${name}`);
      return new MariadbDatabase(port, name, connection);
    },
    stop,
    start,
  };
}

async function connectTo(port: number, database?: string): Promise<Connection> {
  const connection = await mariadb.createConnection({
    host: '127.0.0.1',
    port,
    user: 'tester',
    password: 'tester',
    multipleStatements: true,
    connectTimeout: 1000,
    ...(database === undefined ? {} : { database }),
  });
  // Some tests end the server under it.
  connection.on('error', () => {});
  return connection;
}

export class MariadbDatabase implements SourceFixture {
  readonly name: string;
  readonly port: number;
  /** The writer's connection. */
  connection: Connection;

  constructor(port: number, name: string, connection: Connection) {
    this.port = port;
    this.name = name;
    this.connection = connection;
  }

  async exec(sql: string): Promise<void> {
    await this.connection.query(sql);
  }

  /** After the server was restarted. */
  async reconnect(): Promise<void> {
    this.connection = await connectTo(this.port, this.name);
  }

  async createTable({ name, columns, key, rows }: FixtureTable): Promise<void> {
    const keyTypes = { text: 'varchar(190)', integer: 'bigint', blob: 'varbinary(190)', any: 'varchar(190)' };
    const types = { text: 'longtext', integer: 'bigint', blob: 'longblob', any: 'longtext' };
    const parts = columns.map((c) => {
      const type = (key?.includes(c.name) === true ? keyTypes : types)[c.type];
      return `${quote(c.name)} ${type}${c.notNull === true ? ' NOT NULL' : ''}`;
    });
    // A primary key would make its columns NOT NULL.
    const isNullable = columns.some((c) => key?.includes(c.name) === true && c.notNull !== true);
    if (key !== undefined)
      parts.push(`${isNullable ? 'UNIQUE' : 'PRIMARY KEY'} (${key.map(quote).join(', ')})`);
    await this.exec(`CREATE TABLE ${quote(name)} (${parts.join(', ')}) COLLATE utf8mb4_nopad_bin`);
    await this.insert(name, rows);
  }

  async createView(name: string, table: string): Promise<void> {
    await this.exec(`CREATE VIEW ${quote(name)} AS SELECT * FROM ${quote(table)}`);
  }

  async insert(table: string, rows: readonly (readonly KeyPart[])[]): Promise<void> {
    for (const row of rows) {
      const markers = row.map(() => '?').join(', ');
      await this.connection.query(`INSERT INTO ${quote(table)} VALUES (${markers})`, row.map(bound));
    }
  }

  async deleteKey(table: string, column: string, value: KeyPart): Promise<void> {
    const { affectedRows } = await this.connection.query<{ affectedRows: number }>(
      `DELETE FROM ${quote(table)} WHERE ${quote(column)} = ?`,
      [bound(value)],
    );
    if (affectedRows !== 1) throw new Error(`${affectedRows} rows deleted`);
  }

  open(settings: Partial<SourceConfigOf<'mariadb'>> = {}) {
    return openMariadb({ ...this.config, ...settings });
  }

  /** As `plumbline.yaml` would have it. */
  get config(): SourceConfigOf<'mariadb'> {
    const { port, name } = this;
    const login = { user: 'tester', password: 'tester' };
    return { kind: 'mariadb', name: 'test', host: '127.0.0.1', port, database: name, ...login };
  }

  async dispose(): Promise<void> {
    await this.exec(`DROP DATABASE ${this.name}`);
    await this.connection.end();
  }
}

function bound(part: KeyPart): unknown {
  if (part.type === 'null') return null;
  if (part.type === 'integer' || part.type === 'real') return String(part.value);
  const bytes = Buffer.from(part.bytes);
  return part.type === 'blob' ? bytes : bytes.toString('utf8');
}
