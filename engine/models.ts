/** The models of a workspace: resolved once, embedders opened on first use and closed together. */
import { availableParallelism } from 'node:os';
import type { Embedder, ModelInfo } from './embed/embedder.ts';
import type { DownloadProgress } from './embed/hub.ts';
import { defaultWorkers, openEmbedder } from './embed/pool-embedder.ts';
import { resolveModel } from './embed/resolve-model.ts';
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

  const info = (name: string): Promise<ModelInfo> =>
    remember(infos, name, () => resolve(options, name, closing.signal));

  const withSettings = (settings: EmbedderSettings): Models => {
    const workers = settings.workers ?? defaultWorkers(availableParallelism());
    const batchSize = settings.batchSize === undefined ? {} : { batchSize: settings.batchSize };
    return {
      info,
      embedder: (name) =>
        remember(embedders, JSON.stringify([name, workers, settings.batchSize]), async () =>
          openEmbedder({ model: await info(name), workerUrl: options.workerUrl, workers, ...batchSize }),
        ),
    };
  };

  return {
    ...withSettings({}),
    with: withSettings,
    async finish() {
      await Promise.allSettled([...embedders.values()].map(async (embedder) => (await embedder).finish()));
    },
    async close() {
      closing.abort();
      const open = [...embedders.values()];
      embedders.clear();
      for (const embedder of open) await embedder.then((it) => it.close()).catch(() => {});
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

function resolve(options: ModelsOptions, name: string, signal: AbortSignal): Promise<ModelInfo> {
  return resolveModel(name, {
    modelsFolder: options.modelsFolder,
    builtinFolder: options.builtinFolder,
    workerUrl: options.workerUrl,
    baseFolder: options.baseFolder,
    onProgress: options.onDownload,
    signal,
  });
}

/** One attempt shared by all who ask; a failed one is forgotten, so that asking again tries again. */
function remember<T>(cache: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const present = cache.get(key);
  if (present !== undefined) return present;
  const made = make();
  cache.set(key, made);
  made.catch(() => void cache.delete(key));
  return made;
}
