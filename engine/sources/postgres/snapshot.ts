import { PlumblineError } from '../../errors.ts';
import { allRows } from '../server/collect.ts';
import type {
  RawParam,
  RawRow,
  RowSink,
  ServerConnection,
  SnapshotConnection,
} from '../server/connection.ts';

/** For as long as it is held, the server's vacuum keeps every row version that died since. */
const MAX_HELD_MS = 5 * 60_000;
/** The server ends it by itself if we ask nothing for so long. */
const IDLE_MS = 60_000;

/**
 * Relations that this transaction has read and that were given other files since its snapshot: TRUNCATE, and an ALTER TABLE that writes
 * all rows anew, are seen by older snapshots as an empty table (https://www.postgresql.org/docs/current/mvcc-caveats.html). The
 * column is read in the snapshot, the function looks at what is now.
 */
const REWRITTEN = `SELECT 1 FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
  WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND c.relfilenode <> 0
    AND c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid) LIMIT 1`;

/**
 * A snapshot on a connection of its own; null where the server has none to spare.
 *
 * @param fresh reads on where the snapshot ends
 */
export async function takeSnapshot(
  fresh: ServerConnection,
  own: ServerConnection,
): Promise<SnapshotConnection | null> {
  try {
    await own.all('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await own.all(`SET LOCAL idle_in_transaction_session_timeout = ${IDLE_MS}`);
    // The first query takes the snapshot.
    await own.all('SELECT 1');
    await own.all('SAVEPOINT statement');
    return new PostgresSnapshot(fresh, own);
  } catch (error) {
    await own.close();
    if (error instanceof PlumblineError) return null;
    throw error;
  }
}

/**
 * One transaction, in which the locks of each statement are given up by going back to a savepoint: a lock on a table for minutes, be it
 * the weakest, would have an ALTER TABLE wait for it, and everybody else for the ALTER TABLE.
 */
class PostgresSnapshot implements SnapshotConnection {
  readonly label: string;
  isWhole = true;
  readonly #fresh: ServerConnection;
  readonly #own: ServerConnection;
  readonly #takenAt = performance.now();

  constructor(fresh: ServerConnection, own: ServerConnection) {
    this.label = fresh.label;
    this.#fresh = fresh;
    this.#own = own;
  }

  async stream(sql: string, params: readonly RawParam[], sink: RowSink): Promise<void> {
    if (await this.#streamed(sql, params, sink)) return;
    await this.#giveUp();
    await this.#fresh.stream(sql, params, sink);
  }

  all(sql: string, params: readonly RawParam[] = []): Promise<RawRow[]> {
    return allRows(this, sql, params);
  }

  close(): Promise<void> {
    return this.#own.close();
  }

  /** False where it was not, or not in the snapshot: because it is too old, was lost with its connection, or the statement failed. */
  async #streamed(sql: string, params: readonly RawParam[], sink: RowSink): Promise<boolean> {
    if (!this.isWhole || performance.now() - this.#takenAt > MAX_HELD_MS) return false;
    try {
      await this.#own.stream(sql, params, sink);
      const rewritten = await this.#own.all(REWRITTEN);
      // Fails where the connection was made anew, and what was read with it was read later.
      await this.#own.all('ROLLBACK TO SAVEPOINT statement');
      return rewritten.length === 0;
    } catch {
      // Read again, the statement says itself what is wrong with it.
      return false;
    }
  }

  async #giveUp(): Promise<void> {
    this.isWhole = false;
    await this.#own.close();
  }
}
