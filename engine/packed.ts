/**
 * Many short byte strings in one buffer: what crosses threads cheaply, where an array of buffers would be cloned one by
 * one. Entry i is `bytes[ends[i-1] .. ends[i])`.
 */
export interface Packed {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

export function pack(items: readonly Uint8Array[]): Packed {
  const ends = new Uint32Array(items.length);
  let size = 0;
  items.forEach((item, i) => {
    size += item.length;
    ends[i] = size;
  });
  const bytes = new Uint8Array(size);
  items.forEach((item, i) => bytes.set(item, (ends[i] ?? 0) - item.length));
  return { bytes, ends };
}

/** Entry `index`, as a view (a Buffer, so that SQLite binds it without a copy). */
export function unpackAt(packed: Packed, index: number): Buffer {
  const start = index === 0 ? 0 : (packed.ends[index - 1] ?? 0);
  const end = packed.ends[index];
  if (end === undefined) throw new RangeError(`no entry ${index} of ${packed.ends.length}`);
  return Buffer.from(packed.bytes.buffer, packed.bytes.byteOffset + start, end - start);
}

export function unpack(packed: Packed): Buffer[] {
  return Array.from(packed.ends, (_end, index) => unpackAt(packed, index));
}
