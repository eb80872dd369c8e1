/**
 * Reads the file format of hnswlib (0.8, `saveIndex` in hnswalg.h, little-endian, 64-bit) without handing it to the
 * library, which trusts every number in it and crashes the process on a damaged one. One streaming pass gives checksum,
 * size, header and the labels with their tombstones, so that nothing about the graph needs a second file.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { LabelSet } from './label-set.ts';
import type { GraphParameters } from './vectors.ts';

const HEADER_BYTES = 96;
const READ_BYTES = 1024 * 1024;
const LABEL_BYTES = 8;
const LINK_BYTES = 4;
/** Each level's list of links starts with its length; at level 0 the third byte's lowest bit is the tombstone. */
const TOMBSTONE_BYTE = 2;

/** What a file holds that was read to its end. */
export interface GraphFile {
  readonly bytes: number;
  readonly crc32: number;
  /** Live and dropped ones. */
  readonly elements: number;
  readonly dimensions: number;
  readonly parameters: GraphParameters;
  readonly live: LabelSet;
  readonly dropped: LabelSet;
}

/** The file is not a whole graph. `truncated` tells a file that ends early, as a full disk leaves it. */
export class GraphFileError extends Error {
  readonly truncated: boolean;

  constructor(message: string, truncated: boolean) {
    super(message);
    this.truncated = truncated;
  }
}

/** @throws {@link GraphFileError}, or the system's error where the file cannot be read. */
export function scanGraphFile(path: string): GraphFile {
  const descriptor = openSync(path, 'r');
  try {
    return scan(new Reader(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

function scan(reader: Reader): GraphFile {
  const header = parseHeader(reader.take(HEADER_BYTES));
  const least = HEADER_BYTES + header.elements * (header.elementBytes + LINK_BYTES);
  if (!(least <= reader.bytes)) {
    throw new GraphFileError(
      `it has ${reader.bytes} bytes where ${header.elements} vectors need ${least}`,
      true,
    );
  }
  const live = new LabelSet();
  const dropped = new LabelSet();
  for (let element = 0; element < header.elements; element += 1) {
    const bytes = reader.take(header.elementBytes);
    const label = Number(bytes.readBigUInt64LE(header.elementBytes - LABEL_BYTES));
    if (label >= 2 ** 32 || live.has(label) || dropped.has(label)) throw damaged(`label ${label} cannot be`);
    (((bytes[TOMBSTONE_BYTE] ?? 0) & 1) === 1 ? dropped : live).add(label);
  }
  for (let element = 0; element < header.elements; element += 1) {
    const upperBytes = reader.take(LINK_BYTES).readUInt32LE();
    if (upperBytes % header.levelBytes !== 0) throw damaged('a list of links has an odd size');
    reader.skip(upperBytes);
  }
  if (reader.position !== reader.bytes) throw damaged('something follows the last vector');
  const { elements, dimensions, parameters } = header;
  return { bytes: reader.bytes, crc32: reader.crc32, elements, dimensions, parameters, live, dropped };
}

interface Header {
  readonly elements: number;
  readonly elementBytes: number;
  /** Bytes of one level's links above level 0. */
  readonly levelBytes: number;
  readonly dimensions: number;
  readonly parameters: GraphParameters;
}

function parseHeader(bytes: Buffer): Header {
  const size = (at: number) => Number(bytes.readBigUInt64LE(at));
  const [capacity, elements, elementBytes] = [size(8), size(16), size(24)];
  const [labelOffset, dataOffset] = [size(32), size(40)];
  const [topLevel, entryPoint] = [bytes.readInt32LE(48), bytes.readInt32LE(52)];
  const [m, efConstruction] = [size(72), size(88)];
  const dimensions = (labelOffset - dataOffset) / 4;
  const fits =
    size(0) === 0 &&
    elements <= capacity &&
    size(56) === m &&
    size(64) === 2 * m &&
    dataOffset === 2 * m * LINK_BYTES + LINK_BYTES &&
    elementBytes === labelOffset + LABEL_BYTES &&
    Number.isInteger(dimensions) &&
    dimensions > 0 &&
    (elements === 0 || (topLevel >= 0 && entryPoint >= 0 && entryPoint < elements));
  if (!fits) throw damaged('its header contradicts itself');
  const levelBytes = m * LINK_BYTES + LINK_BYTES;
  return { elements, elementBytes, levelBytes, dimensions, parameters: { m, efConstruction } };
}

function damaged(problem: string): GraphFileError {
  return new GraphFileError(problem, false);
}

/** Hands out a file's bytes in order through one buffer, and sums them up. */
class Reader {
  readonly bytes: number;
  readonly #descriptor: number;
  #buffer: Buffer = Buffer.alloc(0);
  #at = 0;
  #read = 0;
  #crc32 = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.bytes = fstatSync(descriptor).size;
  }

  get position(): number {
    return this.#read - (this.#buffer.length - this.#at);
  }

  /** Of all bytes read so far: of the whole file once `position` is its end. */
  get crc32(): number {
    return this.#crc32;
  }

  /** The next `count` bytes, valid until the next call. */
  take(count: number): Buffer {
    if (this.#at + count > this.#buffer.length) this.#fill(count);
    this.#at += count;
    return this.#buffer.subarray(this.#at - count, this.#at);
  }

  skip(count: number): void {
    for (let rest = count; rest > 0; rest -= READ_BYTES) this.take(Math.min(rest, READ_BYTES));
  }

  #fill(count: number): void {
    const rest = this.#buffer.subarray(this.#at);
    const next = Buffer.allocUnsafe(rest.length + Math.max(READ_BYTES, count));
    rest.copy(next);
    let length = rest.length;
    while (length < count) {
      const read = readSync(this.#descriptor, next, length, next.length - length, null);
      if (read === 0) throw new GraphFileError(`it ends at byte ${this.#read}, too early`, true);
      this.#crc32 = crc32(next.subarray(length, length + read), this.#crc32);
      this.#read += read;
      length += read;
    }
    this.#buffer = next.subarray(0, length);
    this.#at = 0;
  }
}
