/** The connector of data files: CSV, JSON and Parquet. Its parts are in `files/`; what it promises is told in `source.ts`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceConfigOf } from '../source-config.ts';
import { dataName } from './files/data-format.ts';
import { DataFiles } from './files/data-files.ts';
import { discoverFiles } from './files/discover.ts';
import { openDuckDb } from './files/duckdb.ts';
import { openReader } from './files/open-reader.ts';
import { OpenedFiles } from './files/opened-files.ts';
import { PlainCopies } from './files/plain-copies.ts';
import { versionOf } from './files/reader.ts';
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
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-files-'));
  const duckDb = await openDuckDb(folder).catch((error: unknown) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  const copies = new PlainCopies(folder);
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
        rmSync(folder, { recursive: true, force: true });
      }),
  };
}
