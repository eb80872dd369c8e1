/** How values of each type travel: what they look like as text, and as keys. */
import { textPart, type KeyPart } from '../../key.ts';
import { compactJson } from '../compact-json.ts';
import type { RawValue } from '../server/connection.ts';
import type { ColumnCodec } from '../server/table.ts';
import { quote } from './sql.ts';

/** A column's type as `information_schema` has it. */
export interface ColumnType {
  /** Without length: `varchar`. */
  readonly name: string;
  readonly isUnsigned: boolean;
  readonly isJson: boolean;
  readonly scale: string;
  /** Null where it is not text. */
  readonly charset: string | null;
  readonly collation: string | null;
}

const INTEGERS = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'year']);
const BYTES = new Set(['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob']);
const SHAPES = new Set([
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
]);
const MIN_SIGNED = -(2n ** 63n);
const MAX_SIGNED = 2n ** 63n - 1n;
const MAX_UNSIGNED = 2n ** 64n - 1n;

export function codecOf(column: string, type: ColumnType): ColumnCodec {
  const c = quote(column);
  if (INTEGERS.has(type.name)) return integer(c, type.isUnsigned);
  // Bits come as bytes; as a number they are what a person writes.
  if (type.name === 'bit') return integer(`(${c} + 0)`, true);
  if (type.name === 'float' || type.name === 'double') return real(c);
  if (BYTES.has(type.name)) return bytes(c);
  if (SHAPES.has(type.name)) return text(`ST_AsText(${c})`, (marker) => marker);
  if (type.name === 'decimal') return text(c, (marker) => `CAST(${marker} AS DECIMAL(65, ${type.scale}))`);
  if (type.charset === null || type.collation === null) return text(c, (marker) => marker);
  const parameter = (marker: string) => `CONVERT(${marker} USING ${type.charset}) COLLATE ${type.collation}`;
  return text(c, parameter, type.isJson ? compactJson : undefined);
}

/** As numbers, because a text beside an integer column would be compared as floating point. */
function integer(select: string, isUnsigned: boolean): ColumnCodec {
  const [low, high] = isUnsigned ? [0n, MAX_UNSIGNED] : [MIN_SIGNED, MAX_SIGNED];
  return {
    select,
    selectCut: () => select,
    read: (raw) => (raw === null ? null : BigInt(String(raw))),
    selectKey: select,
    readKey: (raw) => (raw === null ? { type: 'null' } : { type: 'integer', value: BigInt(String(raw)) }),
    digest: orNull(select, integerBytes(select, isUnsigned)),
    digestKey: integerBytes(select, isUnsigned),
    bind: (part) =>
      part.type === 'integer' && part.value >= low && part.value <= high ? String(part.value) : null,
    parameter: (marker) => `CAST(${marker} AS ${isUnsigned ? 'UNSIGNED' : 'SIGNED'})`,
  };
}

/** A FLOAT prints six digits, which is what a person sees; a key is told from its neighbours by all of them. */
function real(c: string): ColumnCodec {
  const exact = `CAST(${c} AS DOUBLE)`;
  return {
    select: c,
    selectCut: () => c,
    read: (raw) => (raw === null ? null : Number(raw)),
    selectKey: exact,
    readKey: (raw) => (raw === null ? { type: 'null' } : { type: 'real', value: Number(raw) }),
    digest: null,
    digestKey: null,
    bind: (part) => (part.type === 'real' && Number.isFinite(part.value) ? String(part.value) : null),
    parameter: (marker) => `CAST(${marker} AS DOUBLE)`,
  };
}

function bytes(c: string): ColumnCodec {
  return {
    select: c,
    selectCut: (length) => `LEFT(${c}, ${length})`,
    read: (raw) => (raw === null ? null : copy(raw)),
    selectKey: c,
    readKey: (raw) => (raw === null ? { type: 'null' } : { type: 'blob', bytes: copy(raw) }),
    digest: orNull(c, sized('04', c)),
    digestKey: sized('04', c),
    bind: (part) => (part.type === 'blob' ? Buffer.from(part.bytes) : null),
    parameter: (marker) => marker,
  };
}

/** The driver's bytes are a window into its packet. */
const copy = (raw: RawValue & {}): Buffer => Buffer.from(raw);

function text(
  select: string,
  parameter: (marker: string) => string,
  tidy?: (text: string) => string,
): ColumnCodec {
  return {
    select,
    selectCut: (length) => `LEFT(${select}, ${length})`,
    read: (raw) => (raw === null ? null : (tidy?.(String(raw)) ?? String(raw))),
    selectKey: select,
    readKey: (raw) => (raw === null ? { type: 'null' } : textPart(String(raw))),
    digest: tidy === undefined ? orNull(select, sized('03', utf8Bytes(select))) : null,
    digestKey: sized('03', utf8Bytes(select)),
    bind: bindText,
    parameter,
  };
}

const orNull = (value: string, digest: string): string => `IF(${value} IS NULL, x'00', ${digest})`;

/** Two's complement; beyond 63 bits the same bits under another tag. */
const integerBytes = (value: string, isUnsigned: boolean): string =>
  `CONCAT(${isUnsigned ? `IF(${value} > ${MAX_SIGNED}, x'05', x'01')` : `x'01'`}, UNHEX(LPAD(HEX(${value}), 16, '0')))`;

/** A tag, the length in four bytes, and the bytes. */
const sized = (tag: string, bytes: string): string =>
  `CONCAT(x'${tag}', UNHEX(LPAD(HEX(LENGTH(${bytes})), 8, '0')), ${bytes})`;

const utf8Bytes = (text: string): string => `CAST(CONVERT(${text} USING utf8mb4) AS BINARY)`;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The server stores no text that is not valid, so nothing is such a key. */
function bindText(part: KeyPart): string | null {
  if (part.type !== 'text') return null;
  try {
    return utf8.decode(part.bytes);
  } catch {
    return null;
  }
}
