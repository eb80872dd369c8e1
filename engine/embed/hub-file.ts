/** One file from a model hub: continued where a broken download stopped, verified, and renamed only when whole. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFile, syncFolder } from '../durable-file.ts';
import { PlumblineError } from '../errors.ts';
import { fileError } from '../file-errors.ts';
import { networkReason, TransientError, type HubClient } from './hub-client.ts';

/** A file as the hub lists it. */
export interface HubFile {
  /** Inside the model, with slashes. */
  readonly path: string;
  readonly size: number;
  /** What its content must hash to: sha256 for large files, git's blob sha1 for the others. */
  readonly hash: { readonly algorithm: 'sha256' | 'git-sha1'; readonly hex: string };
}

export interface FileTask {
  readonly client: HubClient;
  /** `organisation/name`. */
  readonly id: string;
  readonly revision: string;
  readonly folder: string;
  readonly file: HubFile;
  /** Told the bytes of this file that have arrived. */
  readonly report: (bytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

/** Abort, and any error but `MODEL_CORRUPT`, leaves what has arrived in a `.partial` file. */
export async function downloadFile(task: FileTask): Promise<void> {
  await new FileDownload(task).run();
}

class FileDownload {
  readonly #task: FileTask;
  readonly #target: string;
  /**
   * Named after the content: a file that changed at the hub has another hash, hence another partial file, so that two
   * versions never mix. That is what `If-Range` is for, without trusting the ETags of whatever storage answers.
   */
  readonly #partial: string;
  #received = 0;

  constructor(task: FileTask) {
    this.#task = task;
    this.#target = join(task.folder, task.file.path);
    this.#partial = `${this.#target}.${task.file.hash.hex.slice(0, 16)}.partial`;
  }

  async run(): Promise<void> {
    const { client, file, folder, report, signal } = this.#task;
    if (await this.#verified(this.#target)) return report(file.size);
    await writing(folder, () => mkdir(dirname(this.#target), { recursive: true }));
    for (let tries = 1; ; tries++) {
      await client.persist(
        () => this.#fetchRest(),
        () => this.#received,
        signal,
      );
      if (await this.#verified(this.#partial)) break;
      await rm(this.#partial, { force: true });
      // Once more from the start: what was resumed may have been damaged earlier.
      if (tries === 2) throw this.#corrupt();
    }
    await writing(folder, async () => {
      syncFile(this.#partial);
      await rename(this.#partial, this.#target);
      syncFolder(dirname(this.#target));
    });
  }

  /** Appends what the partial file lacks; starts over where the server cannot continue it. */
  async #fetchRest(): Promise<void> {
    const { client, id, revision, folder, signal } = this.#task;
    const { path, size } = this.#task.file;
    const have = await sizeOf(this.#partial);
    if (have === size) return;
    const start = have === null || have > size ? 0 : have;
    const range = start > 0 ? { range: `bytes=${start}-` } : {};
    const url = `${client.endpoint}/${id}/resolve/${encodeURIComponent(revision)}/${encodePath(path)}`;
    // Not compressed: offsets count the file's own bytes.
    const response = await client.get(url, id, { 'accept-encoding': 'identity', ...range }, signal);
    const continues = continuesAt(response, start);
    const file = await writing(folder, () => open(this.#partial, continues ? 'a' : 'w'));
    try {
      if (!response.ok) throw new TransientError(`it answered ${response.status} for ${path}`);
      await this.#receive(response, file, continues ? start : 0);
    } finally {
      await file.close();
    }
  }

  async #receive(response: Response, file: FileHandle, start: number): Promise<void> {
    const { file: expected, folder, report, signal } = this.#task;
    this.#received = start;
    const body = response.body?.getReader();
    while (body !== undefined) {
      const part = await body.read().catch((error: unknown) => {
        signal?.throwIfAborted();
        throw new TransientError(networkReason(error));
      });
      if (part.done) break;
      this.#received += part.value.length;
      // More than announced: damaged, and not to fill the disk.
      if (this.#received > expected.size) return body.cancel();
      await writing(folder, () => file.writeFile(part.value));
      report(this.#received);
    }
    if (this.#received < expected.size) throw new TransientError('the connection ended early');
  }

  async #verified(path: string): Promise<boolean> {
    const { size, hash } = this.#task.file;
    if ((await sizeOf(path)) !== size) return false;
    const hasher = createHash(hash.algorithm === 'sha256' ? 'sha256' : 'sha1');
    if (hash.algorithm === 'git-sha1') hasher.update(`blob ${size}\0`);
    for await (const bytes of createReadStream(path, { signal: this.#task.signal }))
      hasher.update(bytes as Buffer);
    return hasher.digest('hex') === hash.hex;
  }

  #corrupt(): PlumblineError {
    const { id, file } = this.#task;
    return new PlumblineError('MODEL_CORRUPT', `${file.path} of ${id} arrived damaged twice`, {
      hint: 'The model may just have been replaced at the hub, or a proxy alters it; try again, or copy its folder.',
      retryable: true,
    });
  }
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** Whether a response goes on where we stopped; a server may ignore `Range` and send everything. */
function continuesAt(response: Response, start: number): boolean {
  return (
    response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${start}-`) === true
  );
}

/** Size of a file in bytes; null where there is none. */
export async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}

/** Runs a file operation; what a full or read-only disk says becomes one line with a remedy. */
async function writing<T>(folder: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw fileError(error, folder);
  }
}
