/** How values of each type travel: what they look like as text, and as keys. */
import type { KeyPart } from '../../key.ts';
import { textPart } from '../../key.ts';
import { compactJson } from '../compact-json.ts';
import type { RawValue } from '../server/connection.ts';
import type { ColumnCodec } from '../server/table.ts';
import { quote } from './sql.ts';

/** A type with domains resolved. */
export interface BaseType {
  /** In `pg_catalog`: its name there; '' for any other. */
  readonly name: string;
  /** As it may be written in SQL, without length. */
  readonly sql: string;
  readonly isArray: boolean;
}

const INTEGERS = new Set(['int2', 'int4', 'int8']);
const FLOATS = new Set(['float4', 'float8']);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MAX_INTEGER = 2n ** 63n - 1n;
const MAX_OID = 2n ** 32n - 1n;

export function codecOf(column: string, type: BaseType): ColumnCodec {
  const c = quote(column);
  if (INTEGERS.has(type.name)) return integer(c, 'pg_catalog.int8', (value) => value <= MAX_INTEGER);
  if (type.name === 'oid') return integer(c, 'pg_catalog.oid', (value) => value >= 0n && value <= MAX_OID);
  if (FLOATS.has(type.name)) return float(c, type);
  if (type.name === 'bytea') return bytes(c);
  if (type.name === 'json' || type.name === 'jsonb') return text(c, `${c}::text`, type, compactJson);
  if (type.isArray) return text(c, `pg_catalog.to_json(${c})::text`, type, compactJson);
  // Money is written as the server's locale wants it; as a number it is exact and the same everywhere.
  if (type.name === 'money') return text(c, `${c}::numeric::text`, type);
  return text(c, `${c}::text`, type);
}

function integer(c: string, cast: string, fits: (value: bigint) => boolean): ColumnCodec {
  return {
    select: c,
    selectCut: () => c,
    read: (raw) => (raw === null ? null : BigInt(String(raw))),
    selectKey: c,
    readKey: (raw) => (raw === null ? { type: 'null' } : { type: 'integer', value: BigInt(String(raw)) }),
    digest: orNull(`'\\x01'::bytea || pg_catalog.int8send(${c}::int8)`),
    digestKey: `'\\x01'::bytea || pg_catalog.int8send(${c}::int8)`,
    bind: (part) => (part.type === 'integer' && fits(part.value) ? String(part.value) : null),
    parameter: (marker) => `${marker}::${cast}`,
  };
}

/** The shortest form that reads back as the same number; a 4-byte one is only equal to itself as such. */
function float(c: string, type: BaseType): ColumnCodec {
  return {
    select: c,
    selectCut: () => c,
    read: (raw) => (raw === null ? null : Number(raw)),
    selectKey: c,
    readKey: (raw) => (raw === null ? { type: 'null' } : { type: 'real', value: Number(raw) }),
    // By way of the text: a 4-byte 0.1 is 0.1 to us and another number to a cast.
    digest: orNull(`'\\x02'::bytea || pg_catalog.float8send(${c}::text::float8)`),
    digestKey: `'\\x02'::bytea || pg_catalog.float8send(${c}::text::float8)`,
    bind: (part) => (part.type === 'real' ? String(part.value) : null),
    parameter: (marker) => `${marker}::${type.sql}`,
  };
}

function bytes(c: string): ColumnCodec {
  const decode = (raw: RawValue) => Buffer.from(String(raw).slice(2), 'hex');
  return {
    select: c,
    selectCut: (length) => `pg_catalog.substring(${c}, 1, ${length})`,
    read: (raw) => (raw === null ? null : decode(raw)),
    selectKey: c,
    readKey: (raw) => (raw === null ? { type: 'null' } : { type: 'blob', bytes: decode(raw) }),
    digest: orNull(sized('\\x04', c)),
    digestKey: sized('\\x04', c),
    bind: (part) => (part.type === 'blob' ? `\\x${Buffer.from(part.bytes).toString('hex')}` : null),
    parameter: (marker) => `${marker}::pg_catalog.bytea`,
  };
}

/** Everything else is its text form, which reads back as the same value. */
function text(c: string, select: string, type: BaseType, tidy?: (text: string) => string): ColumnCodec {
  return {
    select,
    selectCut: (length) => `pg_catalog."left"(${select}, ${length})`,
    read: (raw) => (raw === null ? null : (tidy?.(String(raw)) ?? String(raw))),
    selectKey: `${c}::text`,
    readKey: (raw) => (raw === null ? { type: 'null' } : textPart(String(raw))),
    digest: tidy === undefined ? orNull(sized('\\x03', utf8Bytes(select))) : null,
    digestKey: sized('\\x03', utf8Bytes(`${c}::text`)),
    bind: (part) => bindText(part, type),
    parameter: (marker) => `${marker}::${type.sql}`,
  };
}

/** What is put together from NULL is NULL. Naming the value once less counts: it may be a time that has to be printed. */
const orNull = (digest: string): string => `coalesce(${digest}, '\\x00'::bytea)`;

/** A tag, the length in four bytes, and the bytes. */
const sized = (tag: string, bytes: string): string =>
  `'${tag}'::bytea || pg_catalog.int4send(pg_catalog.octet_length(${bytes})) || ${bytes}`;

const utf8Bytes = (text: string): string => `pg_catalog.convert_to(${text}, 'UTF8')`;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** PostgreSQL has no text that is not UTF-8 or holds NUL, so nothing is such a key. */
function bindText(part: KeyPart, type: BaseType): string | null {
  if (part.type !== 'text' || part.bytes.includes(0)) return null;
  try {
    const value = utf8.decode(part.bytes);
    return type.name === 'uuid' && !UUID.test(value) ? null : value;
  } catch {
    return null;
  }
}
