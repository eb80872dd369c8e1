/** The models of a workspace: resolved once, embedders opened on first use and closed together. */
import { availableParallelism } from 'node:os';
import { orAbort } from './abort.ts';
import type { Embedder, ModelInfo } from './embed/embedder.ts';
import type { DownloadProgress } from './embed/hub.ts';
import { defaultWorkers, openEmbedder } from './embed/pool-embedder.ts';
import {
  fetchModel,
  placeOfModel,
  resolveModel,
  type ModelPlace,
  type ResolveOptions,
} from './embed/resolve-model.ts';
import type { Models } from './jobs/context.ts';

export interface ModelsOptions {
  readonly workerUrl: URL;
  readonly modelsFolder: string;
  readonly builtinFolder: string;
  /** Relative model folders start here. */
  readonly baseFolder: string;
  readonly onDownload: (progress: DownloadProgress) => void;
}

/** How embedders are opened; undefined means the default for this machine. */
export interface EmbedderSettings {
  readonly workers?: number | undefined;
  readonly batchSize?: number | undefined;
}

export interface ModelRegistry extends Models {
  /**
   * Where a model is, or will be, and whether it is there.
   * @throws PlumblineError `MODEL_NOT_FOUND` for what is no model's name.
   */
  place(name: string): Promise<ModelPlace>;
  /** Brings a model here, to be used later; joins whoever is at it already. Abort leaves what has arrived. */
  download(name: string, signal: AbortSignal): Promise<void>;
  /** How far downloads are, by the model's id on the hub. */
  readonly downloads: ReadonlyMap<string, DownloadProgress>;
  /** Looks for a model anew the next time: its files have gone or changed. */
  forget(name: string): void;
  /** The same models with other settings for their embedders. */
  with(settings: EmbedderSettings): Models;
  /** Lets every embedder finish what it is at, and nothing more. */
  finish(): Promise<void>;
  /** Ends every embedder and every download, which goes on from there the next time. May be repeated. */
  close(): Promise<void>;
}

export function createModels(options: ModelsOptions): ModelRegistry {
  keepRuntimeQuiet();
  const closing = new AbortController();
  const infos = new Map<string, Promise<ModelInfo>>();
  const embedders = new Map<string, Promise<Embedder>>();
  const open = new Set<Embedder>();
  const fetching = new Map<string, Promise<void>>();
  const downloads = new Map<string, DownloadProgress>();
  const resolveOptions: ResolveOptions = {
    modelsFolder: options.modelsFolder,
    builtinFolder: options.builtinFolder,
    workerUrl: options.workerUrl,
    baseFolder: options.baseFolder,
    signal: closing.signal,
    onProgress(progress) {
      downloads.set(progress.model, progress);
      options.onDownload(progress);
    },
  };

  const info = (name: string): Promise<ModelInfo> =>
    remember(infos, name, async () => {
      // Two downloads would write the same files.
      await fetching.get(name)?.catch(() => {});
      return resolveModel(name, resolveOptions).finally(() => downloads.delete(hubId(name)));
    });

  async function download(name: string, signal: AbortSignal): Promise<void> {
    const known = infos.get(name);
    if (known !== undefined) return void (await orAbort(known, signal));
    const both = AbortSignal.any([closing.signal, signal]);
    return remember(fetching, name, async () => {
      await fetchModel(name, { ...resolveOptions, signal: both });
    }).finally(() => {
      fetching.delete(name);
      downloads.delete(hubId(name));
    });
  }

  const withSettings = (settings: EmbedderSettings): Models => {
    const workers = settings.workers ?? defaultWorkers(availableParallelism());
    const batchSize = settings.batchSize === undefined ? {} : { batchSize: settings.batchSize };
    const asked = new Set<Embedder>();
    return {
      info,
      async embedder(name) {
        const key = JSON.stringify([name, workers, settings.batchSize]);
        const embedder = await remember(embedders, key, async () => {
          const made = await openEmbedder({
            model: await info(name),
            workerUrl: options.workerUrl,
            workers,
            ...batchSize,
          });
          open.add(made);
          return made;
        });
        asked.add(embedder);
        return embedder;
      },
      threads: () => threadsOf(asked),
    };
  };

  return {
    ...withSettings({}),
    with: withSettings,
    place: (name) => placeOfModel(name, resolveOptions),
    download,
    downloads,
    forget(name) {
      infos.delete(name);
    },
    threads: () => threadsOf(open),
    async finish() {
      await Promise.allSettled([...embedders.values()].map(async (embedder) => (await embedder).finish()));
    },
    async close() {
      closing.abort();
      const opened = [...embedders.values()];
      embedders.clear();
      open.clear();
      for (const embedder of opened) await embedder.then((it) => it.close()).catch(() => {});
    },
  };
}

/**
 * ONNX Runtime's binaries (1.29 and later) report their use to Microsoft unless this is set when they start. Nothing may
 * leave the machine that a person did not ask for; who wants the reports sets the variable to 0.
 */
function keepRuntimeQuiet(): void {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
}

const threadsOf = (embedders: Iterable<Embedder>): number =>
  [...embedders].reduce((sum, { workers }) => sum + workers, 0);

/** Without its revision, as downloads tell of it. */
const hubId = (name: string): string => name.split('@')[0] ?? name;

/** One attempt shared by all who ask; a failed one is forgotten, so that asking again tries again. */
function remember<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const present = cache.get(key);
  if (present !== undefined) return present;
  const made = make();
  cache.set(key, made);
  made.catch(() => void cache.delete(key));
  return made;
}
