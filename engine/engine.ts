/**
 * The engine of one workspace: catalog, source thread, vectors thread and models, opened as they are needed and closed
 * together. Doors open it and call operations by name; see `operations.ts`.
 */
import { statSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
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
import type { ProblemEvent, ProgressEvent } from './contract.ts';
import { JobControl, type StopRequest } from './control.ts';
import { EXIT, hasCode, PlumblineError } from './errors.ts';
import { IndexSync, type VectorsThread } from './jobs/index-sync.ts';
import { WritingIndexSync } from './jobs/writing-index-sync.ts';
import type { JobContext, Models, SourceThread } from './jobs/context.ts';
import { stoppableModels } from './jobs/stoppable.ts';
import { stopIdleJob } from './jobs/stop-job.ts';
import type { SearchContext } from './jobs/search.ts';
import { ProblemTeller } from './problems.ts';
import { createModels, type EmbedderSettings, type ModelRegistry } from './models.ts';
import {
  clearRequests,
  placeRequest,
  readRequests,
  removeRequest,
  removeRequestsOf,
  type Request,
} from './requests.ts';
import { SourceConnection } from './source-connection.ts';
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
  /** Failures of jobs as they happen, a few a second at most. */
  readonly onProblem?: (event: ProblemEvent) => void;
  /** One line about something that went another way than usual: a download, a snapshot that had to be rebuilt. */
  readonly onNotice?: (line: string) => void;
}

/** Longest wait for native calls under way when a person wants the process to end. */
const STOP_MS = 5000;
/** How often a writer looks for requests of other processes: a listing of a folder that is empty as a rule. */
const REQUESTS_MS = 200;

export class Engine {
  readonly paths: WorkspacePaths;
  #config: Config;
  /** Of the configuration's file, as it was read. */
  #configStamp: string;
  readonly models: ModelRegistry;
  readonly #options: EngineOptions;
  readonly #lock: WriteLock | null;
  /** A reader's is opened when it is asked for: `discover` needs none, and `doctor` is there for broken ones. */
  #catalog: ReadableCatalog | WritableCatalog | null = null;
  readonly #source: SourceConnection;
  #vectors: VectorsThread | null = null;
  #sync: IndexSync | null = null;
  /** Of the jobs that run here, one after another. */
  readonly #control: JobControl;
  readonly #problems: ProblemTeller;
  #requestTimer: NodeJS.Timeout | undefined;
  /** Who wants to hear of the jobs that are begun on behalf of a signal. */
  readonly #watchers = new WeakMap<AbortSignal, (jobId: number) => void>();

  /** @throws PlumblineError `WORKSPACE_NOT_FOUND`, `CONFIG_INVALID`; a writer's `WORKSPACE_LOCKED`, those of the catalog. */
  constructor(options: EngineOptions) {
    this.#options = options;
    this.paths = workspacePaths(options.folder);
    this.#configStamp = fileStamp(this.paths.config);
    this.#config = loadConfig(this.paths);
    this.#lock = options.access === 'write' ? lockWorkspace(this.paths) : null;
    try {
      if (this.#lock !== null) this.#catalog = openForWriting(this.paths);
      if (this.#lock !== null) clearRequests(this.paths.requests);
    } catch (error) {
      this.#lock?.release();
      throw error;
    }
    this.#problems = new ProblemTeller((event) => options.onProblem?.(event));
    this.#control = new JobControl(
      (jobId) => removeRequestsOf(this.paths.requests, jobId),
      (jobId, signal) => this.#watchers.get(signal)?.(jobId),
    );
    if (this.#lock !== null)
      this.#requestTimer = setInterval(() => this.#answerRequests(), REQUESTS_MS).unref();
    this.#source = new SourceConnection(options.workers.source, () => sourceConfig(this.paths, this.#config));
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

  get config(): Config {
    return this.#config;
  }

  /** True where somebody has changed `plumbline.yaml` since it was read. */
  get isConfigStale(): boolean {
    return fileStamp(this.paths.config) !== this.#configStamp;
  }

  /**
   * Reads `plumbline.yaml` anew. Only while no job is under way: a job's entity type would be opened with another template
   * under its hands.
   * @throws PlumblineError `WORKSPACE_NOT_FOUND`, `CONFIG_INVALID`; then the former configuration stays.
   */
  reloadConfig(): void {
    const stamp = fileStamp(this.paths.config);
    const config = loadConfig(this.paths);
    const isOtherSource = JSON.stringify(config.source) !== JSON.stringify(this.#config.source);
    if (isOtherSource) this.#source.spoil();
    this.#config = config;
    this.#configStamp = stamp;
  }

  /** Tells of each job that an operation called with this signal begins or takes up again, as soon as it is in the catalog. */
  watchJobs(signal: AbortSignal, listener: (jobId: number) => void): void {
    this.#watchers.set(signal, listener);
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
  source(): Promise<{ thread: SourceThread; identity: string }> {
    return this.#source.use();
  }

  /**
   * Everything a job works with. Abort ends waiting for models, which are resolved before there is a job to stop.
   * @param needed models that will surely be used: they load while the source opens.
   */
  async jobContext(
    settings: EmbedderSettings,
    signal?: AbortSignal,
    needed: readonly string[] = [],
  ): Promise<JobContext & { readonly sourceIdentity: string }> {
    const context = this.catalogJobContext(settings, signal);
    for (const model of new Set(needed)) void this.#loadAhead(context.models, model);
    const { thread, identity } = await this.source();
    return { ...context, source: thread, sourceIdentity: identity };
  }

  /** Only what is on this machine: nothing is downloaded for a source that may not open. Failures show where it is used. */
  async #loadAhead(models: Models, name: string): Promise<void> {
    try {
      if ((await this.models.place(name)).isHere) await models.embedder(name);
    } catch {
      // Whoever uses it asks again.
    }
  }

  /** For jobs that work on the catalog alone: the source may be gone. */
  catalogJobContext(settings: EmbedderSettings, signal?: AbortSignal): JobContext {
    const catalog = this.writable();
    const models = this.models.with({ ...settings, workers: settings.workers ?? this.config.workers });
    return {
      catalog,
      source: NO_SOURCE,
      models: signal === undefined ? models : stoppableModels(models, signal),
      follower: this.#writingSync(catalog),
      vectors: this.#vectorsThread(),
      emit: (event) => this.#options.onProgress?.(event),
      problem: (problem) => this.#problems.note(problem),
      notice: (line) => this.#options.onNotice?.(line),
      dataFolder: this.paths.data,
      retention: this.config.retention,
      control: this.#control,
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

  /** True while a job waits for its turn or runs in this process. */
  isHeld(jobId: number): boolean {
    return this.#control.holds(jobId);
  }

  /**
   * Asks whoever may to stop a job: the process that runs it, through its signal or a request that it looks for; where
   * nobody does, the state is set at once, by this process, with the lock held for just that.
   * @throws PlumblineError `NOT_RUNNING`, `WORKSPACE_UNWRITABLE`, and those of opening the catalog.
   */
  askToStop(jobId: number, request: StopRequest): void {
    if (this.#lock !== null) return this.#stop({ jobId, request });
    if (!isLockFree(this.paths)) return placeRequest(this.paths.requests, { jobId, request });
    try {
      withLock(this.paths, (catalog) => stopIdleJob(catalog, jobId, request));
    } catch (error) {
      // Somebody was faster; the next look finds the lock held.
      if (!hasCode(error, 'WORKSPACE_LOCKED')) throw error;
    }
  }

  /** Takes back what was asked about a job, if it still lies there. */
  withdraw(jobId: number): void {
    removeRequestsOf(this.paths.requests, jobId);
  }

  #stop({ jobId, request }: Request): void {
    const changes = this.catalog.jobs.get(jobId)?.kind !== 'validate';
    if (!this.#control.stop(jobId, request, changes)) stopIdleJob(this.writable(), jobId, request);
  }

  /** What other processes have asked. A held job's request stays until the job has stopped. */
  #answerRequests(): void {
    for (const request of readRequests(this.paths.requests)) {
      try {
        this.#stop(request);
        if (!this.#control.holds(request.jobId)) removeRequest(this.paths.requests, request);
      } catch {
        // Over already, or not noted for now (a full disk): who asked looks at the catalog and tells the person.
        removeRequest(this.paths.requests, request);
      }
    }
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
    const finished = Promise.allSettled([
      this.#vectors?.close(),
      this.#source.finish(),
      this.models.finish(),
    ]);
    // A long statement or a large batch is no reason to keep a person waiting who has asked twice.
    await Promise.race([finished, wait(STOP_MS)]);
  }

  /** Ends the threads, closes the catalog and releases the lock. May be repeated. */
  async close(): Promise<void> {
    clearInterval(this.#requestTimer);
    this.#problems.close();
    await this.models.close();
    await this.#source.close();
    if (this.#sync instanceof WritingIndexSync) await this.#sync.stop();
    await this.#vectors?.close();
    this.#catalog?.close();
    this.#lock?.release();
  }
}

/** In the place of a source that was not opened. */
const NO_SOURCE: SourceThread = {
  pending: 0,
  finish: () => Promise.resolve(),
  call: () =>
    Promise.reject(
      new PlumblineError('SOURCE_NOT_OPEN', 'a job that reads no source asked for it', {
        exitCode: EXIT.unexpected,
      }),
    ),
  close: () => Promise.resolve(),
};

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

/** Holds the lock for as long as `work` takes. */
function withLock(paths: WorkspacePaths, work: (catalog: WritableCatalog) => void): void {
  const lock = lockWorkspace(paths);
  try {
    const catalog = openForWriting(paths);
    try {
      work(catalog);
    } finally {
      catalog.close();
    }
  } finally {
    lock.release();
  }
}

/** Differs when a file was changed or replaced; empty for one that is not there. */
function fileStamp(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
}

function checkInitialised(paths: WorkspacePaths): void {
  if (isInitialised(paths)) return;
  throw new PlumblineError('WORKSPACE_NOT_FOUND', `${paths.root} has a plumbline.yaml but no catalog yet`, {
    hint: 'Run `plumbline index` there: it makes the catalog and fills it.',
  });
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
