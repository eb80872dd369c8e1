import type { Key, KeyPart } from '../../key.ts';
import type { SqlRow, SqlValue } from './connection.ts';
import { quote } from './sql.ts';

/** A key part as a statement takes it. */
export interface BoundPart {
  readonly placeholder: string;
  readonly value: SqlValue;
}

/** Moves keys between SQLite and their typed form without losing a bit. */
export interface KeyCodec {
  /** Result columns for `columns`, two each; {@link KeyCodec.read} takes them apart. */
  select(columns: readonly string[]): string;
  /** The key in the first `2 * count` values of a row. */
  read(row: SqlRow, count: number): Key;
  bind(part: KeyPart): BoundPart;
}

/**
 * Text crosses as a blob, because the driver's strings would replace invalid UTF-8. `+CAST(? AS TEXT)` makes it text
 * again: the unary plus takes the cast's affinity away, which would otherwise let `'7'` match an integer in a column
 * without a type; the column's own affinity still applies, and the rows stored in it have already been through that.
 * @param encoding of the database, as `PRAGMA encoding` names it. A cast to blob shows text in that encoding.
 */
export function keyCodec(encoding: string): KeyCodec {
  const { toKey, fromKey } = transcoder(encoding);
  return {
    select: (columns) => columns.map(quote).map(selectPart).join(', '),
    read: (row, count) =>
      Array.from({ length: count }, (_, i) => readPart(row[2 * i], row[2 * i + 1], toKey)),
    bind: (part) => bindPart(part, fromKey),
  };
}

const MAX_INTEGER = 2n ** 63n - 1n;

const selectPart = (column: string): string =>
  `typeof(${column}), iif(typeof(${column}) = 'text', CAST(${column} AS BLOB), ${column})`;

function readPart(type: SqlValue | undefined, value: SqlValue | undefined, toKey: Transcode): KeyPart {
  if (typeof value === 'bigint') return { type: 'integer', value };
  if (typeof value === 'number') return { type: 'real', value };
  if (value instanceof Uint8Array) {
    return type === 'text' ? { type: 'text', bytes: toKey(value) } : { type: 'blob', bytes: value };
  }
  return { type: 'null' };
}

function bindPart(part: KeyPart, fromKey: Transcode): BoundPart {
  switch (part.type) {
    case 'null':
      return { placeholder: '?', value: null };
    case 'integer':
      // SQLite has no integer beyond 63 bits; the real beside it is another key, as its bytes show.
      return { placeholder: '?', value: part.value > MAX_INTEGER ? Number(part.value) : part.value };
    case 'real':
      return { placeholder: '?', value: part.value };
    case 'text':
      return { placeholder: '+CAST(? AS TEXT)', value: fromKey(part.bytes) };
    case 'blob':
      return { placeholder: '?', value: asBuffer(part.bytes) };
    default:
      return part satisfies never;
  }
}

type Transcode = (bytes: Uint8Array) => Buffer;

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Keys are UTF-8 everywhere, so that the same text is the same key in a UTF-16 database. */
function transcoder(encoding: string): { toKey: Transcode; fromKey: Transcode } {
  if (encoding === 'UTF-8') return { toKey: asBuffer, fromKey: asBuffer };
  const ordered: Transcode =
    encoding === 'UTF-16be' ? (bytes) => Buffer.from(bytes).swap16() : (bytes) => asBuffer(bytes);
  return {
    toKey: (bytes) => toWtf8(ordered(bytes).toString('utf16le')),
    fromKey: (bytes) => ordered(Buffer.from(fromWtf8(bytes), 'utf16le')),
  };
}

/**
 * WTF-8 (https://simonsapin.github.io/wtf-8/): UTF-8, plus three bytes for a surrogate without its partner. Text of a
 * UTF-16 database may hold such; UTF-8 proper would merge them all into U+FFFD and two keys into one.
 */
function toWtf8(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  return Buffer.concat(
    Array.from(text, (char) => (char.isWellFormed() ? Buffer.from(char) : surrogate(char.charCodeAt(0)))),
  );
}

const surrogate = (unit: number): Buffer =>
  Buffer.of(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));

function fromWtf8(bytes: Uint8Array): string {
  return asBuffer(bytes)
    .toString('latin1')
    .split(/(\xed[\xa0-\xbf][\x80-\xbf])/)
    .map((piece, i) => {
      const raw = Buffer.from(piece, 'latin1');
      if (i % 2 === 0) return raw.toString('utf8');
      return String.fromCharCode(0xd000 | (((raw[1] ?? 0) & 0x3f) << 6) | ((raw[2] ?? 0) & 0x3f));
    })
    .join('');
}
