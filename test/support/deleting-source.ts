/** A source thread under which another program deletes row 7 of table `t` once its rows were summed up. */
import mariadb from 'mariadb';
import type { SourceConfig } from '../../engine/source-config.ts';
import { mariadbAddress } from '../../engine/sources/mariadb/address.ts';
import { createSourceHost } from '../../engine/sources/source-host.ts';
import { serveHost } from '../../engine/threads.ts';

const host = createSourceHost();
let remove = async (): Promise<void> => {};

export default serveHost({
  ...host,
  open(config: SourceConfig) {
    remove = async () => {
      if (config.kind !== 'mariadb') throw new RangeError('not MariaDB');
      const { endpoint, database, user, password } = mariadbAddress(config);
      const connection = await mariadb.createConnection({
        ...endpoint,
        database,
        user,
        password: password ?? '',
      });
      await connection.query('DELETE FROM t WHERE id = 7');
      await connection.end();
    };
    return host.open(config);
  },
  async sums(...args: Parameters<typeof host.sums>) {
    const sums = await host.sums(...args);
    await remove();
    return sums;
  },
});
