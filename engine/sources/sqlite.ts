/** The SQLite connector. Its parts are in `sqlite/`; what it promises is told in `source.ts`. */
import { statSync } from 'node:fs';
import { PlumblineError } from '../errors.ts';
import type { SourceConfigOf } from '../source-config.ts';
import type { SourceConnector } from './source.ts';
import { discover } from './sqlite/discover.ts';
import { keyCodec } from './sqlite/key-codec.ts';
import { openReader } from './sqlite/open-reader.ts';
import { openSource } from './sqlite/open.ts';

/**
 * Opens a SQLite file for reading. Nothing is written to it, and no lock is held between calls.
 * @throws PlumblineError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`, `SOURCE_NOT_A_DATABASE`, `SOURCE_CORRUPT`,
 * `SOURCE_BUSY`
 */
export async function openSqlite({ path }: SourceConfigOf<'sqlite'>): Promise<SourceConnector> {
  const { connection, copied, close } = openSource(path);
  const encoding = String(connection.first('PRAGMA main.encoding')?.[0]);
  const codec = keyCodec(encoding);
  return {
    kind: 'sqlite',
    discover: async () => discover(connection),
    openReader: async (spec) => openReader(connection, codec, spec),
    identity: async () => identify(path).identity,
    changeToken: async () => {
      const { identity, modified } = identify(path);
      const version = connection.integer('PRAGMA main.data_version');
      // A private copy never changes; the time of the original shows that somebody wrote to that.
      return `${identity}:${version}${copied ? `:${modified}` : ''}`;
    },
    close: async () => close(),
  };
}

function identify(path: string): { identity: string; modified: bigint } {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) {
    throw new PlumblineError('SOURCE_NOT_FOUND', `${path} is gone`, {
      hint: 'It was there when it was opened. Put it back, then run the same command again.',
      details: { path },
    });
  }
  return { identity: `${stat.dev}:${stat.ino}`, modified: stat.mtimeNs };
}
