/** What discovery says of a table once its columns, keys and some values are known: the same for every source. */
import type { CellValue } from '../cell.ts';
import type { DiscoveredType, SourceColumn } from './source.ts';
import { holdsHtml, suggestText } from './suggest-text.ts';

export interface FoundColumn {
  readonly name: string;
  readonly declaredType: string;
  readonly nullable: boolean;
}

export interface FoundTable {
  readonly name: string;
  readonly kind: 'table' | 'view';
  /** Why it has no key, where it has none: a clause for people. */
  readonly keyless: string;
  readonly columns: readonly FoundColumn[];
  readonly keyColumns: readonly string[];
  readonly rows: number | null;
  /** Values of all columns for some rows, spread over the table; long texts cut. */
  readonly sample: readonly (readonly CellValue[])[];
  /** The first rows, for previews. */
  readonly preview: readonly (readonly CellValue[])[];
  /** The type that suggestions go by, where that is not the declared one (a domain). */
  readonly judgedTypes?: readonly string[];
}

export function describeType(found: FoundTable): DiscoveredType {
  const columns = suggestColumns(found);
  const textColumns = columns.filter((column) => column.text).map((column) => column.name);
  const { name, kind, keyColumns, rows } = found;
  return {
    name,
    kind,
    columns,
    keyColumns,
    textColumns,
    rows,
    selected: keyColumns.length > 0 && textColumns.length > 0,
    reason: selectionReason(found, textColumns),
    sampleRows: found.preview,
  };
}

/** One that cannot be read. It is listed with the reason, and hides nothing else. */
export function unreadableType(
  name: string,
  kind: 'table' | 'view',
  message: string,
  remedy: string,
): DiscoveredType {
  return {
    name,
    kind,
    columns: [],
    keyColumns: [],
    textColumns: [],
    rows: null,
    selected: false,
    reason: `cannot be read (${message}): ${remedy}`,
    sampleRows: [],
  };
}

function selectionReason(
  { keyless, columns, keyColumns }: FoundTable,
  textColumns: readonly string[],
): string {
  if (keyColumns.length === 0) {
    return `${keyless}: declare one in plumbline.yaml to include it, e.g. key: [${likelyKey(columns)}]`;
  }
  if (textColumns.length === 0) {
    return 'no column that reads like text: name columns in its template in plumbline.yaml to include it';
  }
  return `key ${keyColumns.join(', ')}; text ${textColumns.join(', ')}`;
}

/** For an example that fits more often than not. */
function likelyKey(columns: readonly FoundColumn[]): string {
  const names = columns.map((column) => column.name);
  return names.find((name) => /id$|code$|key$/i.test(name)) ?? names[0] ?? 'column';
}

/**
 * Key columns identify and rarely describe, so they are left out where there is other text; a table of tags, whose name
 * is its key, still has a text, provided that values show it: an empty table that links two others looks the same.
 */
function suggestColumns(found: FoundTable): SourceColumn[] {
  const isKey = (name: string) => found.keyColumns.includes(name);
  const judged = found.columns.map(({ name, declaredType, nullable }, i) => {
    const values = found.sample.map((row) => row[i] ?? null).filter((value) => value !== null);
    const texts = values.filter((value) => typeof value === 'string');
    const suggestion = suggestText({
      name,
      declaredType: found.judgedTypes?.[i] ?? declaredType,
      texts,
      others: values.length - texts.length,
    });
    return { name, declaredType, nullable, ...suggestion, html: holdsHtml(texts), seen: texts.length > 0 };
  });
  const onlyKeys = !judged.some(({ name, text }) => text && !isKey(name));
  return judged.map(({ seen, ...column }) => {
    if (!column.text || !isKey(column.name)) return column;
    return onlyKeys && seen
      ? { ...column, reason: `part of the key, and the only text: ${column.reason}` }
      : { ...column, text: false, reason: 'part of the key' };
  });
}
