/** The desktop's log: lines with their time, in a file that is renamed when it is full, a few of which are kept. */
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const MAX_BYTES = 1024 * 1024;
const MAX_LINE_CHARS = 8192;
/** Beside the one that is written. */
const KEPT = 4;

export interface LogOptions {
  readonly maxBytes?: number;
  readonly kept?: number;
}

export class LogFile {
  readonly path: string;
  readonly #maxBytes: number;
  readonly #kept: number;
  #bytes: number;

  /** @param folder is made if it is not there. */
  constructor(folder: string, { maxBytes = MAX_BYTES, kept = KEPT }: LogOptions = {}) {
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, 'plumbline.log');
    this.#maxBytes = maxBytes;
    this.#kept = kept;
    this.#bytes = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Never throws: an app that works must not stop for its log, on a full disk for instance. */
  write(from: string, text: string): void {
    const time = new Date().toISOString();
    const lines = text.trimEnd().split(/\r?\n/);
    const block = lines.map((line) => `${time} ${from} ${line.slice(0, MAX_LINE_CHARS)}\n`).join('');
    try {
      if (this.#bytes > 0 && this.#bytes + Buffer.byteLength(block) > this.#maxBytes) this.#rotate();
      appendFileSync(this.path, block, { mode: 0o600 });
      this.#bytes += Buffer.byteLength(block);
    } catch {
      // See above.
    }
  }

  /** plumbline.log becomes plumbline.log.1, that one .2; the last one goes. */
  #rotate(): void {
    const name = (number: number): string => (number === 0 ? this.path : `${this.path}.${number}`);
    rmSync(name(this.#kept), { force: true });
    for (let number = this.#kept - 1; number >= 0; number -= 1) {
      if (statSync(name(number), { throwIfNoEntry: false }) !== undefined)
        renameSync(name(number), name(number + 1));
    }
    this.#bytes = 0;
  }
}
