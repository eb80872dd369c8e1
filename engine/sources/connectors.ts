/** Which module reads which kind of source. Modules, and the drivers they need, are loaded when a source needs them. */
import type { SourceConfigOf, SourceKind } from '../source-config.ts';
import type { SourceConnector } from './source.ts';

type Open<K extends SourceKind> = (config: SourceConfigOf<K>) => Promise<SourceConnector>;

const CONNECTORS: { readonly [K in SourceKind]: () => Promise<Open<K>> } = {
  sqlite: async () => (await import('./sqlite.ts')).openSqlite,
  files: async () => (await import('./files.ts')).openFiles,
  documents: async () => (await import('./documents.ts')).openDocuments,
  mariadb: async () => (await import('./mariadb.ts')).openMariadb,
  mysql: async () => (await import('./mariadb.ts')).openMariadb,
  postgres: async () => (await import('./postgres.ts')).openPostgres,
};

/** Opens a source. Paths in `config` are absolute. @throws PlumblineError what its connector throws. */
export async function connect<K extends SourceKind>(config: SourceConfigOf<K>): Promise<SourceConnector> {
  const kind: K = config.kind as K;
  const open = await CONNECTORS[kind]();
  return open(config);
}
