/** The connector of folders of documents. Its parts are in `documents/`; what it promises is told in `source.ts`. */
import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { PlumblineError } from '../errors.ts';
import type { SourceConfigOf } from '../source-config.ts';
import { discoverDocuments } from './documents/discover.ts';
import { DOCUMENT_KINDS, type DocumentKind } from './documents/kinds.ts';
import { DocumentsMirror, ERROR_COLUMN } from './documents/mirror.ts';
import { DocumentsReader } from './documents/reader.ts';
import type { EntityReader, ReadSpec, SourceConnector } from './source.ts';
import { checkColumns, typeUnknown } from './spec-check.ts';
import { keyCodec } from './sqlite/key-codec.ts';
import { openReader } from './sqlite/open-reader.ts';
import { andFilter, quote } from './sqlite/sql.ts';
import { inTurns } from './turns.ts';

/**
 * Opens a folder of documents, or a single one. Each file is read and parsed on its own: what is wrong with one is that
 * one's failure.
 * @throws PlumblineError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`
 */
export async function openDocuments({ path }: SourceConfigOf<'documents'>): Promise<SourceConnector> {
  const isFolder = statOf(path).isDirectory();
  const real = realpathSync(path);
  const root = isFolder ? real : dirname(real);
  const mirror = new DocumentsMirror(root, isFolder ? null : real);
  const inTurn = inTurns();
  let isOpen = true;
  return {
    kind: 'documents',
    discover: () =>
      inTurn(async () => {
        await mirror.refresh();
        return discoverDocuments(mirror);
      }),
    openReader: (spec) =>
      inTurn(async () => {
        await mirror.refresh();
        return new DocumentsReader(mirror, rowsOf(mirror, path, spec), spec, inTurn);
      }),
    // Of the folder: editors replace files. An empty mount point in its place is another folder.
    identity: async () => {
      const { dev, ino } = statOf(root);
      return `documents:${real}:${dev}:${ino}`;
    },
    changeToken: () =>
      inTurn(async () => {
        await mirror.refresh();
        return mirror.version();
      }),
    close: () =>
      inTurn(async () => {
        if (isOpen) mirror.close();
        isOpen = false;
      }),
  };
}

/** Opens a reader of the mirror's own table, which is one of a SQLite database like any other. */
function rowsOf(mirror: DocumentsMirror, path: string, spec: ReadSpec): () => EntityReader {
  const kind = DOCUMENT_KINDS.find((name) => name === spec.entityType);
  if (kind === undefined) throw typeUnknown(path, spec.entityType, DOCUMENT_KINDS);
  // Where there is no document, no field can be missing.
  if (mirror.fileCount(kind) === 0) addFields(mirror, kind, spec);
  checkColumns(spec, mirror.columnsOf(kind));
  const codec = keyCodec('UTF-8');
  const open = (columns: readonly string[], filter: string | null) =>
    openReader(mirror.connection, codec, { ...spec, columns, filter });
  // The filter by itself, so that what is wrong with it is said of what the person wrote.
  open(spec.columns, spec.filter);
  const orFailed =
    spec.filter === null ? null : `(true${andFilter(spec.filter)}) OR ${quote(ERROR_COLUMN)} IS NOT NULL`;
  return () => open([...spec.columns, ERROR_COLUMN], orFailed);
}

function addFields(mirror: DocumentsMirror, kind: DocumentKind, spec: ReadSpec): void {
  for (const name of [...spec.keyColumns, ...spec.columns]) mirror.addField(kind, name);
}

function statOf(path: string) {
  try {
    return statSync(path, { bigint: true });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new PlumblineError('SOURCE_NOT_FOUND', `there is no folder or file ${path}`, {
        hint: 'Check the path of the source; it may have been moved or its disk is not connected.',
        cause,
        details: { path },
      });
    }
    throw new PlumblineError('SOURCE_UNREADABLE', `${path} cannot be read: ${message}`, {
      hint: 'Give this user read permission for it and the folders above.',
      cause,
      details: { path },
    });
  }
}
