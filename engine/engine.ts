/**
 * The engine of one workspace: catalog, source thread, vectors thread and models, opened as they are needed and closed
 * together. Doors open it and call operations by name; see `operations.ts`.
 */
import {
  createDataFolder,
  loadConfig,
  isInitialised,
  isLockFree,
  sourceConfig,
  takeWriteLock,
  workspacePaths,
} from './workspace.ts';
import type { WorkspacePaths, WriteLock } from './workspace.ts';
import {
  openCatalogForReading,
  openCatalogForWriting,
  type ReadableCatalog,
  type WritableCatalog,
} from './catalog/catalog.ts';
import type { Config } from './config.ts';
import type { ProgressEvent } from './contract.ts';
import { PlumblineError } from './errors.ts';
import { IndexSync, type VectorsThread } from './jobs/index-sync.ts';
import { WritingIndexSync } from './jobs/writing-index-sync.ts';
import type { JobContext, SourceThread } from './jobs/context.ts';
import type { SearchContext } from './jobs/search.ts';
import { createModels, type EmbedderSettings, type ModelRegistry } from './models.ts';
import type { SourceHost } from './sources/source-host.ts';
import { openThreads } from './threads.ts';
import type { VectorsHost } from './vectors/vectors-host.ts';

/** The worker files, passed in by whoever starts the engine. */
export interface WorkerUrls {
  readonly source: URL;
  readonly embed: URL;
  readonly vectors: URL;
}

export interface EngineOptions {
  /** The workspace folder. */
  readonly folder: string;
  readonly workers: WorkerUrls;
  /** The folder of the model that ships with Plumbline. */
  readonly builtinModel: string;
  /** `write` takes the workspace's lock. */
  readonly access: 'read' | 'write';
  readonly onProgress?: (event: ProgressEvent) => void;
  /** One line about something that went another way than usual: a download, a snapshot that had to be rebuilt. */
  readonly onNotice?: (line: string) => void;
}

export class Engine {
  readonly paths: WorkspacePaths;
  readonly config: Config;
  readonly models: ModelRegistry;
  readonly #options: EngineOptions;
  readonly #lock: WriteLock | null;
  /** A reader's is opened when it is asked for: `discover` needs none, and `doctor` is there for broken ones. */
  #catalog: ReadableCatalog | WritableCatalog | null = null;
  #source: Promise<SourceThread> | null = null;
  #sourceIdentity = '';
  #vectors: VectorsThread | null = null;
  #sync: IndexSync | null = null;

  /** @throws PlumblineError `WORKSPACE_NOT_FOUND`, `CONFIG_INVALID`; a writer's `WORKSPACE_LOCKED`, those of the catalog. */
  constructor(options: EngineOptions) {
    this.#options = options;
    this.paths = workspacePaths(options.folder);
    this.config = loadConfig(this.paths);
    this.#lock = options.access === 'write' ? lockWorkspace(this.paths) : null;
    try {
      if (this.#lock !== null) this.#catalog = openForWriting(this.paths);
    } catch (error) {
      this.#lock?.release();
      throw error;
    }
    this.models = createModels({
      workerUrl: options.workers.embed,
      modelsFolder: this.paths.models,
      builtinFolder: options.builtinModel,
      baseFolder: this.paths.root,
      onDownload: ({ model, file, receivedBytes, totalBytes }) =>
        options.onNotice?.(
          `downloading ${model}: ${file}, ${megabytes(receivedBytes)} of ${megabytes(totalBytes)} MB`,
        ),
    });
  }

  /** @throws PlumblineError `WORKSPACE_NOT_FOUND` where there is none yet, and those of opening it. */
  get catalog(): ReadableCatalog {
    if (this.#catalog === null) {
      checkInitialised(this.paths);
      this.#catalog = openCatalogForReading(this.paths.catalog);
    }
    return this.#catalog;
  }

  /** True when no process is running jobs here: what the catalog calls running is interrupted. */
  get nobodyWrites(): boolean {
    return this.#lock === null && isLockFree(this.paths);
  }

  /** The source thread with the source open, and the identity it had then. */
  async source(): Promise<{ thread: SourceThread; identity: string }> {
    this.#source ??= this.#openSource();
    const opening = this.#source;
    opening.catch(() => {
      if (this.#source === opening) this.#source = null;
    });
    const thread = await opening;
    // A file that was put in the source's place since is the one to read now; the connection still shows the old one.
    if ((await thread.call('identity')) !== this.#sourceIdentity) await this.#connect(thread);
    return { thread, identity: this.#sourceIdentity };
  }

  async #openSource(): Promise<SourceThread> {
    const thread = openThreads<SourceHost>({ url: this.#options.workers.source, count: 1, label: 'source' });
    try {
      await this.#connect(thread);
      return thread;
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  async #connect(thread: SourceThread): Promise<void> {
    this.#sourceIdentity = (await thread.call('open', sourceConfig(this.paths, this.config))).identity;
  }

  /** Everything a job works with. */
  async jobContext(settings: EmbedderSettings): Promise<JobContext & { readonly sourceIdentity: string }> {
    const catalog = this.writable();
    const { thread, identity } = await this.source();
    return {
      catalog,
      source: thread,
      models: this.models.with(settings),
      follower: this.#writingSync(catalog),
      vectors: this.#vectorsThread(),
      emit: (event) => this.#options.onProgress?.(event),
      notice: (line) => this.#options.onNotice?.(line),
      dataFolder: this.paths.data,
      retention: this.config.retention,
      sourceIdentity: identity,
    };
  }

  searchContext(): SearchContext {
    const sync = this.#lock === null ? this.#readingSync() : this.#writingSync(this.writable());
    return {
      catalog: this.catalog,
      // A query is one short text: one thread is enough, and starts faster than several.
      models: this.models.with({ workers: 1 }),
      vectors: this.#vectorsThread(),
      sync,
    };
  }

  /** @throws PlumblineError `READ_ONLY` where the engine was opened for reading. */
  writable(): WritableCatalog {
    if (this.#lock !== null) return this.#catalog as WritableCatalog;
    throw new PlumblineError('READ_ONLY', 'this engine was opened for reading');
  }

  #readingSync(): IndexSync {
    this.#sync ??= new IndexSync(this.catalog, this.#vectorsThread(), this.paths.vectors, this.#notice);
    return this.#sync;
  }

  /** One for searches and jobs alike: a second one would empty the graph under the first one's searches. */
  #writingSync(catalog: WritableCatalog): WritingIndexSync {
    if (this.#sync instanceof WritingIndexSync) return this.#sync;
    const sync = new WritingIndexSync(
      catalog,
      this.#vectorsThread(),
      this.paths.vectors,
      this.#notice,
      this.config.compaction,
    );
    this.#sync = sync;
    return sync;
  }

  #vectorsThread(): VectorsThread {
    this.#vectors ??= openThreads<VectorsHost>({
      url: this.#options.workers.vectors,
      count: 1,
      finishCalls: true,
      label: 'vector index',
    });
    return this.#vectors;
  }

  readonly #notice = (line: string): void => this.#options.onNotice?.(line);

  /** Makes it safe to end the process without {@link close}: what is not committed is lost, nothing else. */
  async stopAtOnce(): Promise<void> {
    await this.#vectors?.close();
  }

  /** Ends the threads, closes the catalog and releases the lock. May be repeated. */
  async close(): Promise<void> {
    await this.models.close();
    const source = await this.#source?.catch(() => null);
    await source?.call('close').catch(() => {});
    await source?.close();
    if (this.#sync instanceof WritingIndexSync) await this.#sync.stop();
    await this.#vectors?.close();
    this.#catalog?.close();
    this.#lock?.release();
  }
}

/** A workspace that came from version control has a configuration and nothing else yet. */
function lockWorkspace(paths: WorkspacePaths): WriteLock {
  createDataFolder(paths);
  return takeWriteLock(paths);
}

function openForWriting(paths: WorkspacePaths): WritableCatalog {
  const catalog = openCatalogForWriting(paths.catalog);
  // Only we hold the lock, so whatever is said to be running died with its process.
  catalog.transaction(() => catalog.jobs.interruptRunning());
  return catalog;
}

function checkInitialised(paths: WorkspacePaths): void {
  if (isInitialised(paths)) return;
  throw new PlumblineError('WORKSPACE_NOT_FOUND', `${paths.root} has a plumbline.yaml but no catalog yet`, {
    hint: 'Run `plumbline index` there: it makes the catalog and fills it.',
  });
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
