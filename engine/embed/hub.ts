/**
 * Models from a Hugging Face hub: only the needed files, each continued where a broken download stopped, verified
 * against the hub's own hashes, and in place under its name only when whole.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileDurably } from '../durable-file.ts';
import { PlumblineError } from '../errors.ts';
import { fileError } from '../file-errors.ts';
import { HubClient, TransientError, type HubOptions } from './hub-client.ts';
import { downloadFile, sizeOf, type HubFile } from './hub-file.ts';
import { listModelFolder, missingFiles, neededFiles } from './model-folder.ts';

/** How far a download is, over all files. */
export interface DownloadProgress {
  readonly model: string;
  /** The file under way. */
  readonly file: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

export interface Download {
  /** `organisation/name`. */
  readonly id: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** Where the files go. */
  readonly folder: string;
  readonly hub?: HubOptions | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Written when the last file is in place: what the folder must hold. */
const MARKER = '.plumbline-model.json';

/**
 * True where `folder` holds a whole model, be it downloaded or copied there by hand. Sizes are compared, contents were
 * verified when they arrived.
 */
export async function isDownloaded(folder: string): Promise<boolean> {
  const marker = await readFile(join(folder, MARKER), 'utf8').catch(() => null);
  // The graph is downloaded last, so that an unfinished download is never taken for a copied folder.
  if (marker === null) return missingFiles(await listModelFolder(folder)).length === 0;
  const { files } = JSON.parse(marker) as { files: HubFile[] };
  const sizes = await Promise.all(files.map((file) => sizeOf(join(folder, file.path))));
  return sizes.every((size, i) => size === files[i]?.size);
}

/**
 * Downloads a model. Abort leaves what has arrived, to be continued by the next call.
 * @throws PlumblineError `MODEL_NOT_FOUND`, `MODEL_ACCESS_DENIED`, `MODEL_OFFLINE`, `MODEL_INCOMPLETE` (the hub has no
 * ONNX graph of it), `MODEL_CORRUPT`, and those of the file system (`DISK_FULL`, `WORKSPACE_UNWRITABLE`).
 */
export async function downloadModel(download: Download): Promise<void> {
  const { id, revision, folder, onProgress, signal } = download;
  const client = new HubClient(download.hub);
  const files = await listFiles(client, download);
  const totalBytes = files.reduce((sum, file) => sum + file.size, 0);
  let doneBytes = 0;
  for (const file of files) {
    const report = (bytes: number): void =>
      onProgress?.({ model: id, file: file.path, receivedBytes: doneBytes + bytes, totalBytes });
    await downloadFile({ client, id, revision, folder, file, report, signal });
    doneBytes += file.size;
  }
  signal?.throwIfAborted();
  const marker = JSON.stringify({ id, revision, files }, null, 2);
  try {
    writeFileDurably(join(folder, MARKER), marker);
  } catch (error) {
    throw fileError(error, folder);
  }
}

const HubListing = z.array(
  z.object({
    type: z.string(),
    path: z.string(),
    oid: z.string(),
    size: z.number(),
    lfs: z.object({ oid: z.string(), size: z.number() }).optional(),
  }),
);

/** The needed files of a revision, the graph last. */
async function listFiles(client: HubClient, { id, revision, signal }: Download): Promise<HubFile[]> {
  const listing: z.infer<typeof HubListing> = [];
  let next: string | null =
    `${client.endpoint}/api/models/${id}/tree/${encodeURIComponent(revision)}?recursive=true`;
  while (next !== null) {
    const url: string = next;
    const page = await client.persist(
      () => getJson(client, url, id, signal),
      () => 0,
      signal,
    );
    listing.push(...page.entries);
    next = page.next;
  }
  const files = listing.filter((entry) => entry.type === 'file');
  const needed = neededFiles(files.map((file) => file.path));
  const missing = missingFiles(needed);
  if (missing.length > 0) throw notConverted(id, client.endpoint, missing);
  return files
    .filter((file) => needed.includes(file.path))
    .map(toHubFile)
    .sort((a, b) => Number(a.path.endsWith('.onnx')) - Number(b.path.endsWith('.onnx')));
}

async function getJson(
  client: HubClient,
  url: string,
  id: string,
  signal: AbortSignal | undefined,
): Promise<{ entries: z.infer<typeof HubListing>; next: string | null }> {
  const response = await client.get(url, id, {}, signal);
  const parsed = HubListing.safeParse(await response.json().catch(() => null));
  // A captive portal or a proxy answers 200 with a page of its own.
  if (!parsed.success) throw new TransientError(`it answered ${response.status} without a list of files`);
  const link = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('link') ?? '');
  return { entries: parsed.data, next: link?.[1] === undefined ? null : new URL(link[1], url).href };
}

function toHubFile({ path, size, oid, lfs }: z.infer<typeof HubListing>[number]): HubFile {
  if (lfs === undefined) return { path, size, hash: { algorithm: 'git-sha1', hex: oid } };
  return { path, size: lfs.size, hash: { algorithm: 'sha256', hex: lfs.oid } };
}

function notConverted(id: string, endpoint: string, missing: readonly string[]): PlumblineError {
  return new PlumblineError(
    'MODEL_INCOMPLETE',
    `the model ${id} at ${endpoint} lacks ${missing.join(', ')}`,
    {
      hint: 'Choose a model with ONNX files, for instance one of "Xenova/" or "onnx-community/".',
      details: { missing },
    },
  );
}
