/**
 * A second opinion on a CSV file, from its quotes and line ends alone: how many records it has, how long they are, and where
 * a quote stays open. DuckDB drops what follows such a quote, or a record that is too long, without a word now and then.
 */
import { createReadStream } from 'node:fs';

export interface CsvScan {
  /** Without the header and without blank lines. */
  readonly records: number;
  /** Bytes of the longest record, and the line on which it starts. */
  readonly longest: { readonly bytes: number; readonly line: number };
  /** Line of a quote that is never closed; null where all are. */
  readonly openQuote: number | null;
  /** Line on which the record that was asked for starts, the header being the first; the last one's where there is none. */
  readonly line: number;
}

const [LF, CR, QUOTE, SPACE] = [10, 13, 34, 32];

/** @param record whose line is wanted, by DuckDB's count, which includes blank lines */
export async function scanCsv(path: string, delimiter: string, record = Infinity): Promise<CsvScan> {
  const separator = delimiter.charCodeAt(0);
  let lines = 1;
  let rows = 1;
  let records = 0;
  let line = 1;
  let quoted = false;
  let quoteLine = 1;
  let isFieldStart = true;
  let isBlank = true;
  let last = LF;
  let bytes = 0;
  let start = 1;
  let longest = { bytes: 0, line: 1 };
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    for (const byte of chunk as Buffer) {
      const endsLine = byte === CR || (byte === LF && last !== CR);
      if (endsLine) lines += 1;
      bytes += 1;
      if (byte === QUOTE) {
        if (quoted) quoted = false;
        else if (isFieldStart || last === QUOTE) [quoted, quoteLine] = [true, lines];
        isFieldStart = false;
        isBlank = false;
      } else if (!quoted) {
        if (endsLine) {
          if (!isBlank) records += 1;
          if (bytes > longest.bytes) longest = { bytes, line: start };
          bytes = 0;
          start = lines;
          rows += 1;
          if (rows <= record) line = lines;
          isBlank = true;
        } else if (byte !== LF) {
          isBlank = false;
        }
        isFieldStart = endsLine || byte === separator || (isFieldStart && (byte === SPACE || byte === LF));
      }
      last = byte;
    }
  }
  if (!isBlank) records += 1;
  if (bytes > longest.bytes) longest = { bytes, line: start };
  return { records: Math.max(0, records - 1), longest, openQuote: quoted ? quoteLine : null, line };
}
