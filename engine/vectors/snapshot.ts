/**
 * Snapshots on disk: one graph file under a name of its own, and the manifest that makes it count. Reading never
 * writes, so that readers without the workspace's lock may open while the writer goes on.
 */
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { syncFile, syncFolder, TEMPORARY_SUFFIX } from '../durable-file.ts';
import { PlumblineError } from '../errors.ts';
import { diskFull, fileError } from '../file-errors.ts';
import { type GraphFile, GraphFileError, scanGraphFile } from './graph-file.ts';
import { HnswGraph } from './hnsw-graph.ts';
import {
  foreignPart,
  type Manifest,
  MANIFEST_NAME,
  manifestOf,
  readManifest,
  writeManifest,
} from './manifest.ts';
import type { GenerationSpec, LogPosition, OpenResult } from './vectors.ts';

/** Names this module gives; nothing else in the folder is ever deleted. */
const OWN_FILE = new RegExp(`^(\\d+-\\d+(-[0-9a-f]+)?\\.hnsw|${MANIFEST_NAME}\\..*\\${TEMPORARY_SUFFIX})$`);

/** A writer would have to switch as often as this within one read for a reader to give up. */
const READ_ATTEMPTS = 20;

export interface LoadedSnapshot {
  /** Null where there is none that can be trusted. */
  readonly graph: HnswGraph | null;
  readonly found: OpenResult;
}

/**
 * Loads the snapshot that the manifest names, if it is whole and of this generation. A file that is gone is looked for
 * again as long as the manifest changes: a writer has switched to another one meanwhile.
 */
export function loadSnapshot(spec: GenerationSpec): LoadedSnapshot {
  let missing: string | null = null;
  for (let attempt = 0; attempt < READ_ATTEMPTS; attempt += 1) {
    let manifest: Manifest | null;
    try {
      manifest = readManifest(spec.folder);
    } catch (error) {
      return discard(
        'MANIFEST_DAMAGED',
        `the manifest of the vector index cannot be read: ${firstLine(error)}`,
      );
    }
    if (manifest === null) return { graph: null, found: { position: null, discarded: null } };
    if (manifest.file === missing) break;
    const loaded = loadNamed(spec, manifest);
    if (loaded !== 'missing') return loaded;
    missing = manifest.file;
  }
  return discard('SNAPSHOT_MISSING', `the snapshot ${missing} of the vector index is gone`);
}

function loadNamed(spec: GenerationSpec, manifest: Manifest): LoadedSnapshot | 'missing' {
  const foreign = foreignPart(manifest, spec);
  if (foreign !== null)
    return discard('SNAPSHOT_FOREIGN', `the snapshot is of another index: its ${foreign}`);
  const path = join(spec.folder, manifest.file);
  try {
    const file = scanGraphFile(path);
    const difference = differenceOf(file, manifest);
    if (difference !== null)
      return discard('SNAPSHOT_DAMAGED', `the snapshot ${manifest.file} is damaged: ${difference}`);
    // The library cannot be given an empty file: it would take it for one of no capacity.
    const graph = file.elements === 0 ? HnswGraph.create(spec) : HnswGraph.load(path, spec.dimensions, file);
    const { sequence, nonce } = manifest;
    return { graph, found: { position: { sequence, nonce }, discarded: null } };
  } catch (error) {
    // The library opens the file again by name, twice, and says in words of its own that it could not.
    if (!existsSync(path)) return 'missing';
    return discard('SNAPSHOT_DAMAGED', `the snapshot ${manifest.file} cannot be read: ${firstLine(error)}`);
  }
}

/** In which respect a file is not the one that the manifest was written for. */
function differenceOf(file: GraphFile, manifest: Manifest): string | null {
  const pairs = [
    ['size', file.bytes, manifest.bytes],
    ['checksum', file.crc32, manifest.crc32],
    ['dimensions', file.dimensions, manifest.dimensions],
    ['m', file.parameters.m, manifest.parameters.m],
    ['efConstruction', file.parameters.efConstruction, manifest.parameters.efConstruction],
    ['number of live vectors', file.live.size, manifest.live],
    ['number of tombstones', file.dropped.size, manifest.tombstones],
  ] as const;
  const other = pairs.find(([, found, wanted]) => found !== wanted);
  return other === undefined ? null : `its ${other[0]} is ${other[1]}, not ${other[2]}`;
}

function discard(code: string, message: string): LoadedSnapshot {
  return { graph: null, found: { position: null, discarded: { code, message } } };
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] ?? '';
}

/**
 * Writes the graph beside the present snapshot and switches to it. Where that fails, the present one still counts and
 * nothing is left behind.
 * @throws `DISK_FULL` (resumable), `WORKSPACE_UNWRITABLE`.
 */
export function writeSnapshot(spec: GenerationSpec, graph: HnswGraph, position: LogPosition): number {
  let name: string | null = null;
  try {
    makeFolder(spec.folder);
    name = reserveName(spec, position);
    const file = saveGraph(graph, join(spec.folder, name));
    syncFolder(spec.folder);
    writeManifest(spec.folder, {
      ...manifestOf(spec),
      sequence: position.sequence,
      nonce: position.nonce,
      live: file.live.size,
      tombstones: file.dropped.size,
      file: name,
      bytes: file.bytes,
      crc32: file.crc32,
    });
    removeOthers(spec.folder, name);
    return file.bytes;
  } catch (error) {
    if (name !== null) removeUnlessNamed(spec.folder, name);
    throw error instanceof PlumblineError ? error : fileError(error, spec.folder);
  }
}

function makeFolder(folder: string): void {
  const firstMade = mkdirSync(folder, { recursive: true });
  if (firstMade !== undefined) syncFolder(dirname(firstMade));
}

/**
 * Takes a file name that nobody uses, by making the file: the library itself would overwrite, and would not tell where
 * it cannot write. A snapshot of the same sequence is there already when a damaged one is being replaced.
 */
function reserveName(spec: GenerationSpec, position: LogPosition): string {
  const stem = `${spec.generationId}-${position.sequence}`;
  const isTaken = existsSync(join(spec.folder, `${stem}.hnsw`));
  const name = isTaken ? `${stem}-${randomBytes(4).toString('hex')}.hnsw` : `${stem}.hnsw`;
  closeSync(openSync(join(spec.folder, name), 'wx'));
  return name;
}

/** Read back, because the library reports success however little of its file reached the disk. */
function saveGraph(graph: HnswGraph, path: string): GraphFile {
  graph.save(path);
  syncFile(path);
  try {
    const file = scanGraphFile(path);
    if (file.live.size === graph.live.size && file.dropped.size === graph.dropped.size) return file;
    throw new GraphFileError(`it holds ${file.elements} vectors, not all`, false);
  } catch (error) {
    if (!(error instanceof GraphFileError)) throw error;
    if (error.truncated) throw diskFull(path, error);
    throw new PlumblineError(
      'SNAPSHOT_UNSOUND',
      `the snapshot just written to ${path} is unsound: ${error.message}`,
      {
        hint: 'Check the disk; if it is healthy, please report this.',
        cause: error,
      },
    );
  }
}

/** After a failed flush of the folder the manifest may have been switched already; then the file must stay. */
function removeUnlessNamed(folder: string, name: string): void {
  let named: string | undefined;
  try {
    named = readManifest(folder)?.file;
  } catch {
    named = undefined; // an unreadable manifest names nothing
  }
  if (named !== name) rmSync(join(folder, name), { force: true });
}

/** The replaced snapshot and what crashes have left. */
function removeOthers(folder: string, kept: string): void {
  for (const name of readdirSync(folder)) {
    if (name === kept || !OWN_FILE.test(name)) continue;
    try {
      rmSync(join(folder, name), { force: true });
    } catch {
      // A reader on Windows holds it open. The new snapshot counts all the same, and the next one tries again.
    }
  }
}
