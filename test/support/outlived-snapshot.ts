/**
 * A source thread whose snapshots end in the middle: after the first page of a scan more time passes than one is held for, and
 * another program writes to table `t`.
 */
import pg from 'pg';
import type { SourceConfig } from '../../engine/source-config.ts';
import { postgresAddress } from '../../engine/sources/postgres/address.ts';
import { createSourceHost } from '../../engine/sources/source-host.ts';
import { serveHost } from '../../engine/threads.ts';

const SIX_MINUTES_MS = 6 * 60_000;

const host = createSourceHost();
const now = performance.now.bind(performance);
let write = async (): Promise<void> => {};

export default serveHost({
  ...host,
  open(config: SourceConfig) {
    write = async () => {
      if (config.kind !== 'postgres') throw new RangeError('not PostgreSQL');
      const { host, port, database, user, password } = await postgresAddress(config);
      const client = new pg.Client({ host, port, database, user, password: password ?? '' });
      await client.connect();
      await client.query(`UPDATE t SET body = 'later' WHERE id IN (9, 4401); DELETE FROM t WHERE id IN (10, 4402);
        INSERT INTO t VALUES (-1, 'later', '{}'), (9000, 'later', '{}')`);
      await client.end();
    };
    return host.open(config);
  },
  async scan(...args: Parameters<typeof host.scan>) {
    const page = await host.scan(...args);
    // Index jobs read without one.
    if ((args[3] ?? null) === null) return page;
    const once = write;
    write = async () => {};
    await once();
    performance.now = () => now() + SIX_MINUTES_MS;
    return page;
  },
});
