/** The connector of data files: CSV, JSON and Parquet. Its parts are in `files/`; what it promises is told in `source.ts`. */
import type { SourceConfigOf } from '../source-config.ts';
import { dataName } from './files/data-format.ts';
import { DataFiles } from './files/data-files.ts';
import { discoverFiles } from './files/discover.ts';
import { openDuckDb } from './files/duckdb.ts';
import { openReader } from './files/open-reader.ts';
import { OpenedFiles } from './files/opened-files.ts';
import { PlainCopies } from './files/plain-copies.ts';
import { versionOf } from './files/reader.ts';
import { makeTemporaryFolder } from './files/temporary-folder.ts';
import type { SourceConnector } from './source.ts';
import { inTurns } from './turns.ts';

/**
 * Opens a data file, or all that match a glob, as one entity type. Nothing is written beside them; copies of what is
 * compressed, and of what has to be put in order, are in the temporary folder and end with the connector.
 * @throws PlumblineError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`, `SOURCE_EMPTY`, `SOURCE_KIND_UNKNOWN`, `SOURCE_BUSY`
 */
export async function openFiles({ path }: SourceConfigOf<'files'>): Promise<SourceConnector> {
  const files = new DataFiles(path);
  await files.list();
  const folder = makeTemporaryFolder();
  const duckDb = await openDuckDb(folder.path).catch((error: unknown) => {
    folder.remove();
    throw error;
  });
  const copies = new PlainCopies(folder.path);
  const opened = new OpenedFiles(duckDb, copies);
  const name = dataName(path);
  const inTurn = inTurns();
  const access = { files, opened, inTurn, release: () => copies.release() };
  let isOpen = true;
  return {
    kind: 'files',
    discover: () => inTurn(async () => [await discoverFiles(name, await files.list(), opened, duckDb)]),
    openReader: (spec) => inTurn(() => openReader(access, duckDb, path, spec)),
    // Files are replaced as wholes by those who write them, so that a new inode is a new version of the same source.
    identity: () =>
      inTurn(async () => {
        await files.list();
        return `files:${path}`;
      }),
    changeToken: () => inTurn(async () => versionOf(await files.list())),
    close: () =>
      inTurn(async () => {
        if (!isOpen) return;
        isOpen = false;
        duckDb.close();
        folder.remove();
      }),
  };
}
