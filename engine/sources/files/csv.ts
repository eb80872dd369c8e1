import { closeSync, openSync, readSync } from 'node:fs';
import { PlumblineError } from '../../errors.ts';
import { quote } from '../sqlite/sql.ts';
import { checkNames, malformed, RecordTooLong } from './errors.ts';
import { literal } from './duckdb.ts';
import { RECORD_BYTES, textOf, type Relation } from './relation.ts';
import { scanCsv } from './scan-csv.ts';

const HEADER_BYTES = 1024 * 1024;
const LF = 10;
const CR = 13;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
const DELIMITERS = [',', ';', '\t', '|'];

/**
 * CSV as RFC 4180 has it, with the names of the columns in the first line. Every value is text, as it is in the file: a
 * guessed type would change with the next row, and with it every key and checksum. Nothing between two delimiters is NULL;
 * `""` is an empty text.
 * @param path what DuckDB reads
 * @param shown the file's own path, for messages
 */
export function csvRelation(
  path: string,
  shown: string,
  delimiter: string | null,
  recordBytes: number,
): Relation {
  const header = readHeader(path, shown);
  const separator = delimiter ?? mostFrequent(header);
  const names = fieldsOf(header, separator).map((name, i) => (name === '' ? `column${i + 1}` : name));
  checkNames(shown, names);
  const fields = names.map((_, i) => `c${i}`);
  // Blank lines are no records. Where there is one column, DuckDB takes them for records without a value.
  const condition = fields.length === 1 ? ` WHERE ${fields[0]} IS NOT NULL` : '';
  const options = [
    'auto_detect = false',
    'header = true',
    `columns = {${fields.map((field) => `${field}: 'VARCHAR'`).join(', ')}}`,
    `delim = ${literal(separator)}`,
    `quote = '"'`,
    `escape = '"'`,
    `nullstr = ''`,
    'allow_quoted_nulls = false',
    `max_line_size = ${recordBytes}`,
    // By default sixteen times the longest line, all of it taken at once.
    `buffer_size = ${Math.max(recordBytes + 1, 2 * RECORD_BYTES[0])}`,
  ];
  const renamed = fields.map((field, i) => `${field} AS ${quote(names[i] ?? field)}`);
  return {
    expectedRows: () => countRecords(path, shown, separator, recordBytes),
    lineOf: async (record) => (await scanCsv(path, separator, record)).line,
    columns: names.map((name) => ({ name, declaredType: '', nullable: true })),
    from: `(SELECT ${renamed.join(', ')} FROM read_csv(${literal(path)}, ${options.join(', ')})${condition})`,
    select: (columns) => columns.map((name) => `encode(${quote(name)})`).join(', '),
    read: (row, columns) => columns.map((_, i) => textOf(row[i])),
  };
}

async function countRecords(
  path: string,
  shown: string,
  separator: string,
  recordBytes: number,
): Promise<number> {
  const { records, longest, openQuote } = await scanCsv(path, separator);
  if (openQuote !== null) throw malformed(shown, openQuote, 'a quote is never closed');
  if (longest.bytes >= recordBytes) throw new RecordTooLong(longest.line);
  return records;
}

/** The first record without its line end. */
function readHeader(path: string, shown: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(HEADER_BYTES);
    const length = readSync(file, bytes, 0, HEADER_BYTES, 0);
    const end = bytes.subarray(0, length).findIndex((byte) => byte === LF || byte === CR);
    const header = strictUtf8.decode(bytes.subarray(0, end === -1 ? length : end));
    if (header.includes('\0'))
      throw malformed(shown, 1, 'there is a zero byte in it, as in UTF-16 without a byte order mark');
    if (header.trim() === '')
      throw malformed(shown, 1, 'the line is empty where the names of the columns are expected');
    if ((header.split('"').length - 1) % 2 === 0) return header;
    throw malformed(shown, 1, 'the name of a column has a line break in it, or its quote is not closed');
  } catch (error) {
    if (error instanceof PlumblineError) throw error;
    throw malformed(shown, 1, 'the text is not UTF-8');
  } finally {
    closeSync(file);
  }
}

/** Rows have no say in this: the next one could change it. */
function mostFrequent(header: string): string {
  const unquoted = header.replaceAll(/"[^"]*"/g, '');
  const counts = DELIMITERS.map((delimiter) => unquoted.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}

function fieldsOf(header: string, separator: string): string[] {
  const fields: string[] = [''];
  let quoted = false;
  for (const part of header.split(/(")/)) {
    if (part === '"') {
      // A quote that follows a closed one is the second half of "".
      quoted = !quoted;
      fields.push(`${fields.pop() ?? ''}"`);
    } else if (quoted) {
      fields.push(`${fields.pop() ?? ''}${part}`);
    } else {
      const [first = '', ...rest] = part.split(separator);
      fields.push(`${fields.pop() ?? ''}${first}`, ...rest);
    }
  }
  return fields.map(unquote);
}

const unquote = (field: string): string =>
  /^".*"$/s.test(field) ? field.slice(1, -1).replaceAll('""', '"') : field;
