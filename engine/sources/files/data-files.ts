import { createHash } from 'node:crypto';
import { accessSync, constants, createReadStream, globSync, statSync, type BigIntStats } from 'node:fs';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PlumblineError } from '../../errors.ts';
import { isSettled, stampOf } from '../file-stamp.ts';
import { dataFormat, isGlob, type DataFormat } from './data-format.ts';

/** One file as it was when it was looked at. */
export interface DataFile {
  readonly path: string;
  readonly format: DataFormat;
  /** Changes with the content, and only with it. */
  readonly hash: string;
}

/** Content whose hash is known, and what the file system said of it then. */
interface Known {
  readonly stamp: string;
  readonly hash: string;
  /** False where the stamp may hide a change: written to just before it was read. */
  readonly settled: boolean;
}

const MAX_ATTEMPTS = 3;

/**
 * The files that a path or glob stands for. A file is read again only where size, times or inode moved (or are too fresh to
 * be trusted), and has changed only where its hash did: copying it to and fro changes nothing.
 */
export class DataFiles {
  readonly #pattern: string;
  #known = new Map<string, Known>();

  /** @param pattern absolute */
  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  /**
   * The files now, by path.
   * @throws PlumblineError `SOURCE_NOT_FOUND` where there is none, `SOURCE_UNREADABLE`, `SOURCE_EMPTY`, `SOURCE_BUSY`,
   * `SOURCE_KIND_UNKNOWN` for one that is no data
   */
  async list(): Promise<DataFile[]> {
    const known = new Map<string, Known>();
    const files: DataFile[] = [];
    for (const path of this.#paths()) {
      const format = dataFormat(path);
      if (format === null) throw notData(path);
      const current = await this.#look(path);
      known.set(path, current);
      files.push({ path, format, hash: current.hash });
    }
    this.#known = known;
    return files;
  }

  #paths(): string[] {
    if (!isGlob(this.#pattern) || stat(this.#pattern) !== undefined) return [this.#pattern];
    const paths = matchesOf(this.#pattern).filter((path) => stat(path)?.isDirectory() !== true);
    if (paths.length > 0) return paths.sort();
    throw new PlumblineError('SOURCE_NOT_FOUND', `no file matches ${this.#pattern}`, {
      hint: 'Check the pattern, and put it in quotes so that the shell does not replace it.',
      details: { path: this.#pattern },
    });
  }

  async #look(path: string): Promise<Known> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const readAt = Date.now();
      const before = regularFile(path);
      const stamp = stampOf(before);
      const known = this.#known.get(path);
      if (known?.stamp === stamp && known.settled) return known;
      const hash = await hashFile(path);
      if (stampOf(regularFile(path)) === stamp) return { stamp, hash, settled: isSettled(before, readAt) };
    }
    throw writtenTo(path);
  }
}

/** Folders before the first one with `*` or `?` are names as they stand, whatever brackets they have. */
function matchesOf(pattern: string): string[] {
  const parts = pattern.split(sep);
  const literal = parts.findIndex(isGlob);
  const cwd = parts.slice(0, literal).join(sep) || sep;
  // It is asked about each folder that is looked into. One that may not be listed would be passed over without a word.
  const exclude = (path: string): boolean => {
    checkFolder(join(cwd, path));
    return false;
  };
  return globSync(parts.slice(literal).join(sep), { cwd, exclude }).map((path) => join(cwd, path));
}

function checkFolder(path: string): void {
  if (stat(path)?.isDirectory() !== true) return;
  try {
    accessSync(path, constants.R_OK | constants.X_OK);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** A file that another program is writing to just now. */
export const writtenTo = (path: string): PlumblineError =>
  new PlumblineError('SOURCE_BUSY', `${path} is being written to while it is read`, {
    hint: 'Try again when the program that writes it is done.',
    retryable: true,
    details: { path },
  });

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw unreadable(path, error);
  }
  return hash.digest('hex');
}

function regularFile(path: string): BigIntStats {
  const found = stat(path);
  if (found === undefined) {
    throw new PlumblineError('SOURCE_NOT_FOUND', `there is no file ${path}`, {
      hint: 'Check the path of the source; the file may have been moved or its disk is not connected.',
      details: { path },
    });
  }
  if (!found.isFile()) {
    throw new PlumblineError('SOURCE_UNREADABLE', `${path} is not a regular file`, {
      hint: 'Give the path of a data file, or a glob that matches some, for example "data/*.csv".',
      details: { path },
    });
  }
  if (found.size > 0n) return found;
  throw new PlumblineError('SOURCE_EMPTY', `${path} is empty: it has no columns, and may have been cut off`, {
    hint: 'Restore it. A CSV file without rows has its header, a JSON file an empty array.',
    details: { path },
  });
}

function stat(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): PlumblineError {
  return new PlumblineError('SOURCE_UNREADABLE', `${path} cannot be read: ${(cause as Error).message}`, {
    hint: 'Give this user read permission for the file and its folder, and check that its disk is connected.',
    cause,
    details: { path },
  });
}

function notData(path: string): PlumblineError {
  return new PlumblineError('SOURCE_KIND_UNKNOWN', `${path} is not known as a data file`, {
    hint: 'Known are .csv, .tsv, .json, .jsonl, .ndjson and .parquet, the former also with .gz or .zst behind. A glob may be narrower, for example "data/*.csv".',
    details: { path },
  });
}
