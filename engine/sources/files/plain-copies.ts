import {
  closeSync,
  createReadStream,
  createWriteStream,
  openSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { PlumblineError } from '../../errors.ts';
import { diskFull } from '../../file-errors.ts';
import type { DataFile } from './data-files.ts';
import { zstdFrames } from './zstd-frames.ts';

const PADDING_BYTES = 64 * 1024;

/**
 * Files as DuckDB is given them: plain, in UTF-8, under a name that is no pattern. DuckDB would unpack by itself, but takes a
 * compressed file that was cut off for a whole one with fewer rows; here every byte is accounted for.
 */
export class PlainCopies {
  readonly #folder: string;
  readonly #copies = new Map<string, string>();
  #made = 0;

  /** @param folder for the copies; its owner removes it */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The path to read in place of the file: its own, or that of a copy, which stays until {@link release}. */
  async pathOf(file: DataFile): Promise<string> {
    const id = `${file.hash}:${file.path}`;
    const known = this.#copies.get(id);
    if (known !== undefined) return known;
    const path = await this.#make(file);
    this.#copies.set(id, path);
    return path;
  }

  release(): void {
    for (const path of this.#copies.values())
      if (path.startsWith(this.#folder)) rmSync(path, { force: true });
    this.#copies.clear();
  }

  async #make({ path, format }: DataFile): Promise<string> {
    if (format === 'parquet') return this.#named(path);
    const packed = firstBytes(path);
    const unpacked = isGzip(packed) || isZstd(packed) ? await this.#unpack(path, packed) : path;
    const encoding = utf16(firstBytes(unpacked));
    if (encoding === null) return unpacked === path ? this.#named(path) : unpacked;
    const copy = this.#next();
    await this.#write(path, () =>
      pipeline(createReadStream(unpacked), toUtf8(encoding), createWriteStream(copy)),
    );
    if (unpacked !== path) rmSync(unpacked);
    return copy;
  }

  async #unpack(path: string, first: Buffer): Promise<string> {
    const copy = this.#next();
    if (isGzip(first)) {
      const gunzip = createGunzip();
      await this.#write(path, () => pipeline(createReadStream(path), gunzip, createWriteStream(copy)));
      if (!endsInZeros(path, gunzip.bytesWritten))
        throw damaged(path, 'something else follows its end', undefined);
      return copy;
    }
    writeFileSync(copy, '');
    for (const { start, end } of framesOf(path)) {
      const source = createReadStream(path, { start, end: end - 1 });
      await this.#write(path, () =>
        pipeline(source, createZstdDecompress(), createWriteStream(copy, { flags: 'a' })),
      );
    }
    return copy;
  }

  /** DuckDB takes `*`, `?` and brackets in names for patterns. */
  #named(path: string): string {
    if (!/[*?[\]{}]/.test(path)) return path;
    const alias = this.#next();
    symlinkSync(path, alias);
    return alias;
  }

  #next(): string {
    this.#made += 1;
    return join(this.#folder, `copy-${this.#made}`);
  }

  async #write(path: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOSPC' || code === 'EDQUOT') throw diskFull(this.#folder, error);
      throw damaged(path, (error as Error).message, error);
    }
  }
}

/** Node's decompressor stops at a zero behind a member without a word. Padding is fine, anything behind it is not. */
function endsInZeros(path: string, from: number): boolean {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(PADDING_BYTES);
    for (let at = from; ;) {
      const length = readSync(file, bytes, 0, PADDING_BYTES, at);
      if (length === 0) return true;
      if (bytes.subarray(0, length).some((byte) => byte !== 0)) return false;
      at += length;
    }
  } finally {
    closeSync(file);
  }
}

function framesOf(path: string) {
  const file = openSync(path, 'r');
  try {
    const frames = zstdFrames(file, statSync(path).size);
    if (frames !== null) return frames;
  } finally {
    closeSync(file);
  }
  throw damaged(path, 'it ends in the middle, or something else follows its end', undefined);
}

function firstBytes(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(4);
    return bytes.subarray(0, readSync(file, bytes, 0, 4, 0));
  } finally {
    closeSync(file);
  }
}

const isGzip = (first: Buffer): boolean => first[0] === 0x1f && first[1] === 0x8b;
const isZstd = (first: Buffer): boolean =>
  first.length === 4 && (first.readUInt32LE() === 0xfd2fb528 || first.readUInt32LE() >>> 4 === 0x184d2a5);

function utf16(first: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (first[0] === 0xff && first[1] === 0xfe) return 'utf-16le';
  return first[0] === 0xfe && first[1] === 0xff ? 'utf-16be' : null;
}

function toUtf8(encoding: 'utf-16le' | 'utf-16be'): Transform {
  const decoder = new TextDecoder(encoding, { fatal: true });
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) =>
      settle(done, () => decoder.decode(chunk, { stream: true })),
    flush: (done) => settle(done, () => decoder.decode()),
  });
}

function settle(done: (error: Error | null, text?: string) => void, decode: () => string): void {
  try {
    done(null, decode());
  } catch (error) {
    done(error as Error);
  }
}

function damaged(path: string, what: string, cause: unknown): PlumblineError {
  return new PlumblineError('SOURCE_CORRUPT', `${path} is damaged: ${what}`, {
    hint: 'It may have been copied or downloaded in part: fetch it anew. Nothing was changed.',
    cause,
    details: { path },
  });
}
