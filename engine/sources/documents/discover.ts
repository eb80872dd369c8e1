import type { CellValue } from '../../cell.ts';
import { describeType } from '../describe-type.ts';
import type { DiscoveredType, SourceColumn } from '../source.ts';
import { quote } from '../sqlite/sql.ts';
import { DOCUMENT_KINDS, KINDS, type DocumentKind } from './kinds.ts';
import { ERROR_COLUMN, type DocumentsMirror } from './mirror.ts';

const SAMPLE_ROWS = 200;
const PREVIEW_ROWS = 3;
const SAMPLE_LENGTH = 300;
const PREVIEW_LENGTH = 2_000;

/** One entity type for each kind of which there is a file. */
export function discoverDocuments(mirror: DocumentsMirror): DiscoveredType[] {
  return DOCUMENT_KINDS.filter((kind) => mirror.fileCount(kind) > 0).map((kind) => describe(mirror, kind));
}

function describe(mirror: DocumentsMirror, kind: DocumentKind): DiscoveredType {
  const names = mirror.columnsOf(kind);
  const rows = Number(mirror.connection.integer(`SELECT count(*) FROM ${kind}`));
  const read = (length: number, step: number, limit: number): CellValue[][] => {
    const select = names
      .map(quote)
      .map((c) => `iif(typeof(${c}) = 'text', substr(${c}, 1, ${length}), ${c})`);
    return mirror.connection
      .all(
        `SELECT ${select.join(', ')} FROM ${kind} WHERE ${quote(ERROR_COLUMN)} IS NULL AND rowid % ${step} = 0 LIMIT ${limit}`,
      )
      .map((row) => [...row]);
  };
  const type = describeType({
    name: kind,
    kind: 'table',
    keyless: '',
    columns: names.map((name) => ({ name, declaredType: '', nullable: !KINDS[kind].key.includes(name) })),
    keyColumns: KINDS[kind].key,
    rows,
    sample: read(SAMPLE_LENGTH, Math.max(1, Math.floor(rows / SAMPLE_ROWS)), SAMPLE_ROWS),
    preview: read(PREVIEW_LENGTH, 1, PREVIEW_ROWS),
  });
  return { ...type, ...withKnownColumns(kind, type.columns) };
}

/** What each column is, is known here; only fields of front matter have to be judged by their values. */
function withKnownColumns(kind: DocumentKind, columns: readonly SourceColumn[]) {
  const { key, columns: own, notText } = KINDS[kind];
  const judged = columns.map((column): SourceColumn => {
    const reason = notText[column.name];
    if (reason !== undefined) return { ...column, text: false, html: false, reason };
    return own.includes(column.name) ? { ...column, text: true, html: false, reason: 'text' } : column;
  });
  const textColumns = judged.filter((column) => column.text).map((column) => column.name);
  return {
    columns: judged,
    textColumns,
    selected: true,
    reason: `key ${key.join(', ')}; text ${textColumns.join(', ')}`,
  };
}
