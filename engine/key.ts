/**
 * Entity keys: typed values, their byte form (what the catalog stores and compares) and their external form
 * (what people and JSON see). Two keys are the same key exactly when their byte forms are equal: `7` and `'7'`,
 * `'a'` and `'a '`, `'A'` and `'a'` are all different keys, whatever a collation says.
 */

/** One key column's value, with its storage class. Text is kept as bytes, so that invalid UTF-8 and NUL survive. */
export type KeyPart =
  | { readonly type: 'null' }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'real'; readonly value: number }
  | { readonly type: 'text'; readonly bytes: Uint8Array }
  | { readonly type: 'blob'; readonly bytes: Uint8Array };

/** The values of all key columns, in key order. */
export type Key = readonly KeyPart[];

/** A key's byte form; see {@link encodeKey}. */
export type EncodedKey = Uint8Array;

/** A typed key value as JSON: integers as (bare, full) numbers, text as strings, the rest as tagged objects. */
export type KeyJson = null | bigint | number | string | { blob: string } | { text: string };

/** `unsigned`: an integer beyond 63 bits, which some servers have. */
const TAG = { null: 0, integer: 1, real: 2, text: 3, blob: 4, unsigned: 5 } as const;
const MAX_INTEGER = 2n ** 63n - 1n;
const isUnsigned = (part: KeyPart): boolean => part.type === 'integer' && part.value > MAX_INTEGER;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8Lossy = new TextDecoder('utf-8', { ignoreBOM: true });
const utf8Encoder = new TextEncoder();

export const textPart = (text: string): KeyPart => ({ type: 'text', bytes: utf8Encoder.encode(text) });
export const integerPart = (value: bigint | number): KeyPart => ({ type: 'integer', value: BigInt(value) });
export const blobPart = (bytes: Uint8Array): KeyPart => ({ type: 'blob', bytes });

/** True when some key column is NULL: such a row cannot be addressed and becomes a dead letter (`NULL_KEY`). */
export const hasNull = (key: Key): boolean => key.some((part) => part.type === 'null');

/**
 * Byte form: per part one tag byte; then nothing (null), 8 bytes big-endian (integer as two's complement or, beyond
 * 63 bits and under a tag of its own, unsigned; real as IEEE 754), or a 4-byte big-endian length and the bytes (text, blob). Injective, so equality of bytes is equality
 * of keys; the order of the byte form means nothing.
 */
export function encodeKey(key: Key): EncodedKey {
  let size = 0;
  for (const part of key) size += encodedPartSize(part);
  const out = Buffer.allocUnsafe(size);
  let at = 0;
  for (const part of key) {
    at = out.writeUInt8(isUnsigned(part) ? TAG.unsigned : TAG[part.type], at);
    switch (part.type) {
      case 'null':
        break;
      case 'integer':
        at = out.writeBigInt64BE(BigInt.asIntN(64, part.value), at);
        break;
      case 'real':
        at = out.writeDoubleBE(part.value, at);
        break;
      case 'text':
      case 'blob':
        at = out.writeUInt32BE(part.bytes.length, at);
        out.set(part.bytes, at);
        at += part.bytes.length;
        break;
      default:
        part satisfies never;
    }
  }
  return out;
}

function encodedPartSize(part: KeyPart): number {
  if (part.type === 'null') return 1;
  if (part.type === 'integer' || part.type === 'real') return 9;
  return 5 + part.bytes.length;
}

/** The inverse of {@link encodeKey}. The parts' bytes are copies. @throws RangeError on bytes it did not write. */
export function decodeKey(encoded: EncodedKey): Key {
  const view = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  const parts: KeyPart[] = [];
  let at = 0;
  while (at < view.length) {
    const tag = view.readUInt8(at++);
    if (tag === TAG.null) {
      parts.push({ type: 'null' });
    } else if (tag === TAG.integer) {
      parts.push({ type: 'integer', value: view.readBigInt64BE(at) });
      at += 8;
    } else if (tag === TAG.unsigned) {
      parts.push({ type: 'integer', value: view.readBigUInt64BE(at) });
      at += 8;
    } else if (tag === TAG.real) {
      parts.push({ type: 'real', value: view.readDoubleBE(at) });
      at += 8;
    } else if (tag === TAG.text || tag === TAG.blob) {
      const length = view.readUInt32BE(at);
      at += 4;
      if (at + length > view.length) throw new RangeError('key bytes end too early');
      const bytes = Uint8Array.prototype.slice.call(view, at, at + length);
      parts.push(tag === TAG.text ? { type: 'text', bytes } : { type: 'blob', bytes });
      at += length;
    } else {
      throw new RangeError(`unknown key tag ${tag}`);
    }
  }
  return parts;
}

/** The key's typed values for JSON (`keyValues` in items and hits). Loses nothing: text that is not UTF-8 is tagged and in hex. */
export function keyToJson(key: Key): KeyJson[] {
  return key.map((part) => {
    switch (part.type) {
      case 'null':
        return null;
      case 'integer':
        return part.value;
      case 'real':
        return part.value;
      case 'text':
        return decodeUtf8(part.bytes) ?? { text: toHex(part.bytes) };
      case 'blob':
        return { blob: toHex(part.bytes) };
      default:
        return part satisfies never;
    }
  });
}

/**
 * The key's external form, one string: a single column as it is (integers in decimal, blobs in hex), a composite key
 * as a JSON array without spaces with integers as bare numbers in full, e.g. `["a ",7]`. Text that is not valid UTF-8
 * shows U+FFFD here; `keyValues` carries its bytes.
 */
export function formatKey(key: Key): string {
  const [only] = key;
  if (key.length === 1 && only !== undefined) return formatPart(only);
  return `[${key.map(formatJsonPart).join(',')}]`;
}

function formatPart(part: KeyPart): string {
  switch (part.type) {
    case 'null':
      return 'null';
    case 'integer':
      return part.value.toString();
    case 'real':
      return formatReal(part.value);
    case 'text':
      return utf8Lossy.decode(part.bytes);
    case 'blob':
      return toHex(part.bytes);
    default:
      return part satisfies never;
  }
}

function formatJsonPart(part: KeyPart): string {
  const plain = formatPart(part);
  return part.type === 'text' || part.type === 'blob' ? JSON.stringify(plain) : plain;
}

/** A real that is a whole number keeps its `.0`, so that it never reads like an integer key. */
function formatReal(value: number): string {
  return Number.isInteger(value) && !/e/i.test(String(value)) ? `${value}.0` : String(value);
}

/**
 * What a person may mean by an external key form: all typed keys that {@link formatKey} would print this way. The
 * caller looks each up; usually exactly one exists. Empty when the form cannot be a key of `columns` columns.
 */
export function parseKeyCandidates(form: string, columns: number): Key[] {
  if (columns === 1) return partCandidates(form).map((part) => [part]);
  const elements = splitJsonArray(form);
  if (elements === null || elements.length !== columns) return [];
  let keys: KeyPart[][] = [[]];
  for (const element of elements) {
    const candidates = jsonPartCandidates(element);
    keys = keys.flatMap((key) => candidates.map((part) => [...key, part]));
    if (keys.length > 64) keys.length = 64;
  }
  return keys;
}

/**
 * True for the forms of keys with NULL, with text that is not UTF-8, or with a number that JSON has not, which
 * {@link parseKeyCandidates} cannot read back: what prints this way has to be looked for. True for some others, too.
 */
export const mayBeLossyForm = (form: string): boolean => /null|\ufffd|Infinity|NaN/.test(form);

const isKeyInteger = (value: bigint): boolean =>
  BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value;

function partCandidates(form: string): KeyPart[] {
  const candidates: KeyPart[] = [];
  if (/^(0|-?[1-9]\d{0,19})$/.test(form)) {
    const value = BigInt(form);
    if (isKeyInteger(value)) candidates.push({ type: 'integer', value });
  } else if (/^(-?\d+(\.\d+)?(e[+-]?\d+)?|NaN|-?Infinity)$/i.test(form)) {
    candidates.push({ type: 'real', value: Number(form) });
  }
  candidates.push(textPart(form));
  if (/^([0-9a-f]{2})*$/i.test(form)) candidates.push(blobPart(Buffer.from(form, 'hex')));
  return candidates;
}

function jsonPartCandidates(element: unknown): KeyPart[] {
  if (typeof element === 'bigint') return isKeyInteger(element) ? [{ type: 'integer', value: element }] : [];
  if (typeof element === 'number') return [{ type: 'real', value: element }];
  if (typeof element === 'string') {
    const hex = /^([0-9a-f]{2})*$/i.test(element);
    return hex ? [textPart(element), blobPart(Buffer.from(element, 'hex'))] : [textPart(element)];
  }
  return [];
}

function splitJsonArray(form: string): unknown[] | null {
  try {
    const parsed: unknown = JSON.parse(form, keepIntegers);
    return Array.isArray(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

/** `JSON.parse` reviver that keeps integers of any size exact, as bigints. */
function keepIntegers(_name: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined && /^-?\d+$/.test(context.source)
    ? BigInt(context.source)
    : value;
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
