/** From a model's name in the configuration to a folder on this machine and everything that is known about it. */
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { PlumblineError } from '../errors.ts';
import { modelFingerprint } from '../recipe.ts';
import type { WorkerModel } from './embed-host.ts';
import type { ModelInfo } from './embedder.ts';
import type { HubOptions } from './hub-client.ts';
import { downloadModel, isDownloaded, type DownloadProgress } from './hub.ts';
import { hashModelFolder, readModelFolder } from './model-folder.ts';
import { probeModel } from './probe.ts';

/** The name of the model that ships with the product. */
export const BUILTIN_MODEL = 'builtin';

export interface ResolveOptions {
  /**
   * Where models from the hub are kept, one folder each (`<organisation>/<name>`, with `@<revision>` if one is named),
   * and what was found out about others (`.probes`).
   */
  readonly modelsFolder: string;
  /** The folder of the built-in model. */
  readonly builtinFolder: string;
  /** The worker file that serves `createEmbedHost`; the model is tried out in a thread of its own. */
  readonly workerUrl: URL;
  /** What relative paths are relative to. Default: the current folder. */
  readonly baseFolder?: string;
  readonly hub?: HubOptions;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Finds a model: `builtin`; a folder (starts with `./`, `../`, `/` or `~`, or exists); or `organisation/name`, with an
 * optional `@revision`, which is downloaded on first use and never looked up on the network again.
 *
 * Abort leaves a download to be continued.
 * @throws PlumblineError `MODEL_NOT_FOUND`, `MODEL_INCOMPLETE`, `MODEL_INVALID`, `MODEL_UNSUPPORTED`, and those of
 * {@link downloadModel}.
 */
export async function resolveModel(reference: string, options: ResolveOptions): Promise<ModelInfo> {
  const folder = await fetchModel(reference, options);
  const { graph, needsDense, ...settings } = await readModelFolder(folder, reference);
  const filesHash = await hashModelFolder(folder, graph.path, options.signal);
  const files: WorkerModel = { folder, graph: graph.path, dtype: graph.dtype, ...settings };
  const { dimensions, sentenceEmbedding } = await probeModel(files, filesHash, {
    workerUrl: options.workerUrl,
    cacheFolder: join(options.modelsFolder, '.probes'),
  });
  if (needsDense && !sentenceEmbedding) throw lacksDense(folder, graph.path);
  const { queryPrefix, documentPrefix, maxTokens } = settings;
  const pooling = sentenceEmbedding ? 'none' : settings.pooling;
  const identity = {
    filesHash,
    dtype: graph.dtype,
    pooling,
    queryPrefix,
    documentPrefix,
    maxTokens,
  } as const;
  const fingerprint = modelFingerprint(identity);
  return { name: reference, ...identity, fingerprint, dimensions, folder, graph: graph.path };
}

export interface ModelPlace {
  readonly kind: 'builtin' | 'folder' | 'hub';
  /** Absolute: where its files are, or will be. */
  readonly folder: string;
  readonly isHere: boolean;
  /** Of a model from the hub. */
  readonly hub: { readonly id: string; readonly revision: string } | null;
}

/**
 * Where a model is, or will be; the network is not asked.
 * @throws PlumblineError `MODEL_NOT_FOUND` for a folder that is not there, and for what is no name.
 */
export async function placeOfModel(reference: string, options: ResolveOptions): Promise<ModelPlace> {
  if (reference === BUILTIN_MODEL)
    return { kind: 'builtin', folder: resolve(options.builtinFolder), isHere: true, hub: null };
  const path = asPath(reference, options.baseFolder ?? process.cwd());
  if (await isFolder(path)) return { kind: 'folder', folder: path, isHere: true, hub: null };
  if (looksLikePath(reference)) throw noFolder(reference, path);
  const hubName = parseHubName(reference);
  if (hubName === null) throw notAName(reference);
  const { id, revision, folderName } = hubName;
  const folder = resolve(options.modelsFolder, folderName);
  return { kind: 'hub', folder, isHere: await isDownloaded(folder), hub: { id, revision } };
}

/** The folder of a model, absolute; downloaded if need be. Throws as {@link placeOfModel} and {@link downloadModel}. */
export async function fetchModel(reference: string, options: ResolveOptions): Promise<string> {
  const { folder, isHere, hub } = await placeOfModel(reference, options);
  if (hub !== null && !isHere) {
    const { hub: client, onProgress, signal } = options;
    await downloadModel({ ...hub, folder, hub: client, onProgress, signal });
  }
  return folder;
}

function looksLikePath(reference: string): boolean {
  return /^(\.{1,2}([\\/]|$)|~|[\\/])/.test(reference) || isAbsolute(reference);
}

function asPath(reference: string, baseFolder: string): string {
  if (reference === '~' || /^~[\\/]/.test(reference)) return join(homedir(), reference.slice(1));
  return resolve(baseFolder, reference);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The parts of `organisation/name@revision`. No part may be a way out of the models folder. */
function parseHubName(reference: string): { id: string; revision: string; folderName: string } | null {
  const match = /^([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?$/.exec(reference);
  const id = match?.[1];
  if (id === undefined || reference.split(/[/@]/).some((part) => /^\.*$/.test(part))) return null;
  const revision = match?.[2];
  if (revision === undefined) return { id, revision: 'main', folderName: id };
  return { id, revision, folderName: `${id}@${revision.replaceAll('/', '-')}` };
}

const NAMES_HINT =
  'Use "builtin", a folder ("./models/mine") or the name of a model with ONNX files on the hub ' +
  '("Xenova/all-MiniLM-L6-v2").';

function noFolder(reference: string, path: string): PlumblineError {
  const where = reference === path ? '' : ` (${path})`;
  return new PlumblineError('MODEL_NOT_FOUND', `there is no model folder ${reference}${where}`, {
    hint: NAMES_HINT,
  });
}

function notAName(reference: string): PlumblineError {
  return new PlumblineError('MODEL_NOT_FOUND', `"${reference}" is neither a folder nor the name of a model`, {
    hint: NAMES_HINT,
  });
}

function lacksDense(folder: string, graph: string): PlumblineError {
  const message = `the model in ${folder} ends in a dense layer that ${graph} does not contain`;
  return new PlumblineError('MODEL_UNSUPPORTED', message, {
    hint: 'Its vectors would be wrong. Use an export with the output "sentence_embedding", or another model.',
  });
}
