/** What is wrong with a data file, or with a filter, in words that name file and line. */
import { tmpdir } from 'node:os';
import { PlumblineError, toErrorData } from '../../errors.ts';
import { diskFull } from '../../file-errors.ts';
import { badJsonLine } from './bad-json-line.ts';
import type { Relation } from './relation.ts';

const EXCERPT = 120;
const TOO_LONG_FOR_US = 'a record is longer than 64 MB';

/** @param where a line number, or `record 7` */
export function malformed(
  path: string,
  where: number | string | null,
  what: string,
  cause?: unknown,
): PlumblineError {
  const place = where === null ? '' : typeof where === 'number' ? `, line ${where}` : `, ${where}`;
  return new PlumblineError('SOURCE_MALFORMED', `${path}${place}: ${what}`, {
    hint: 'Correct the file. Nothing of it is skipped, and nothing was changed.',
    cause,
    details: { path, ...(typeof where === 'number' ? { line: where } : {}) },
  });
}

/** @throws PlumblineError where names occur twice; SQL does not tell `id` from `ID`. */
export function checkNames(path: string, names: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const twin = seen.get(name.toLowerCase());
    if (twin === name) throw malformed(path, null, `two columns are called "${name}"`);
    if (twin !== undefined)
      throw malformed(path, null, `the columns "${twin}" and "${name}" differ only in case`);
    seen.set(name.toLowerCase(), name);
  }
}

/** What makes a statement fail that was sound a moment ago. */
const FILTER_FAILED = /^(Conversion|Binder|Out of Range|Constraint|Invalid Input) Error/;
const TOO_LONG = /Maximum line size|maximum_object_size|Parallel CSV Reader/;

/** A record does not fit the limit that a file is read with. */
export class RecordTooLong extends Error {
  readonly line: number;

  constructor(line: number) {
    super('a record is too long');
    this.line = line;
  }
}

/** True where a longer limit for lines or records may help. */
export const isTooLong = (error: unknown): boolean =>
  error instanceof RecordTooLong || TOO_LONG.test(messageOf(error));

/**
 * What DuckDB reported while it read a file. Errors of ours are returned as they are.
 * @param read what it read: the file or a copy of it
 * @param shown the file's own path
 */
export async function readError(
  error: unknown,
  read: string,
  shown: string,
  relation: Relation | null,
): Promise<unknown> {
  const message = messageOf(error);
  if (error instanceof RecordTooLong) return malformed(shown, error.line, TOO_LONG_FOR_US, error);
  if (error instanceof PlumblineError || !/^[A-Z][\w ]* Error: /.test(message)) return error;
  const text = message.replace(/^[\w ]+ Error: /, '');
  const record = /^CSV Error on Line: (\d+)/.exec(text)?.[1];
  if (record !== undefined) {
    return malformed(
      shown,
      (await relation?.lineOf?.(Number(record))) ?? Number(record),
      csvProblem(text),
      error,
    );
  }
  if (text.startsWith('The CSV Parser state machine')) {
    return malformed(
      shown,
      null,
      'lines end in more than one way (LF, CR LF or CR), or a quote is misplaced',
      error,
    );
  }
  if (text.startsWith('Malformed JSON')) {
    const what = /: ([^:]+?)\.?\s*(Try .*)?$/s.exec(text)?.[1] ?? firstLine(text);
    return malformed(shown, await badJsonLine(read), `not valid JSON: ${what}`, error);
  }
  if (TOO_LONG.test(text)) return malformed(shown, null, TOO_LONG_FOR_US, error);
  if (FILTER_FAILED.test(message) && !/parquet|magic bytes/i.test(message)) return filterFailed(text, error);
  if (message.startsWith('Out of Memory')) {
    return new PlumblineError(
      'SOURCE_UNREADABLE',
      `${shown} does not fit into the memory set aside for reading: ${text.split('\n')[0]}`,
      {
        hint: 'Split it into several files and name them by a glob.',
        cause: error,
        details: { path: shown },
      },
    );
  }
  if (/No space left|disk.*full/i.test(text)) return diskFull(tmpdir(), error);
  const what = firstLine(text).replaceAll(read, shown);
  if (!message.startsWith('IO Error')) return malformed(shown, null, what, error);
  return new PlumblineError('SOURCE_UNREADABLE', `${shown} cannot be read: ${what}`, {
    hint: 'Check that the file can be read and that its disk is connected and healthy.',
    retryable: true,
    cause: error,
    details: { path: shown },
  });
}

function csvProblem(text: string): string {
  const counts = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(text);
  const original = /^Original Line: (.*)$/m.exec(text)?.[1] ?? '';
  const shown = original === '' ? '' : `: ${original.slice(0, EXCERPT)}`;
  if (counts !== null) return `${counts[2]} fields where the header has ${counts[1]}${shown}`;
  if (text.includes('unterminated quote'))
    return `a quote is not closed, or something follows its end${shown}`;
  if (text.includes('Invalid unicode')) return 'the text is not UTF-8';
  return firstLine(text);
}

const filterFailed = (text: string, cause: unknown): PlumblineError =>
  new PlumblineError('SOURCE_QUERY_FAILED', `the filter fails on a row: ${firstLine(text)}`, {
    hint: 'Values of CSV and JSON files are text in a filter: TRY_CAST(column AS INTEGER) is NULL where a text is no number.',
    cause,
  });

const messageOf = (error: unknown): string => toErrorData(error).message;
export const firstLine = (text: string): string => text.split('\n')[0]?.trim() ?? '';
