/**
 * What a server has open: at most one workspace. Workspaces come and go one at a time while the server's port and token
 * stay; opening one never takes away another before it is certain that it can be opened.
 */
import { resolve } from 'node:path';
import type { EngineOptions } from '../../engine.ts';
import { EXIT, PlumblineError, toErrorData } from '../../errors.ts';
import { homePaths, type HomePaths } from '../../home.ts';
import { createModels, type ModelRegistry } from '../../models.ts';
import { noWorkspace, type SetupContext } from '../../setup/context.ts';
import { realPath } from '../../setup/paths.ts';
import { homeError, makeHome, readRecent, rememberWorkspace } from '../../setup/recent.ts';
import { ensureTokenFile, renewTokenFile, tokenFile } from '../token.ts';
import { OpenWorkspace } from './open-workspace.ts';
import { RunNumbers, shuttingDown } from './runs.ts';

export interface HostOptions extends Pick<EngineOptions, 'workers' | 'builtinModel' | 'onNotice'> {
  /** Where recent and new workspaces are kept; see `home.ts`. */
  readonly home: string;
  /** Where relative paths start. */
  readonly startFolder: string;
  /** The one workspace that this server is for; null where workspaces come and go. */
  readonly pinned: string | null;
}

export class Host implements SetupContext {
  readonly home: HomePaths;
  readonly startFolder: string;
  readonly speeds = new Map<string, number>();
  readonly #options: HostOptions;
  readonly #numbers = new RunNumbers();
  readonly #stopping = new AbortController();
  #workspace: OpenWorkspace | null = null;
  #models: ModelRegistry | null = null;
  #url: string | null = null;
  /** Lets into this server; of a pinned one the workspace's does. */
  #token: string | null = null;
  /** Aborts when whoever came in with an earlier token has to leave. */
  #tokenRenewed = new AbortController();
  /** Workspaces are opened and closed one after another. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws PlumblineError those of opening the pinned workspace; `HOME_UNWRITABLE`. */
  constructor(options: HostOptions) {
    this.#options = options;
    this.home = homePaths(resolve(options.startFolder, options.home));
    this.startFolder = options.startFolder;
    if (options.pinned === null) this.#token = this.#homeToken();
    else this.#workspace = this.#openWorkspace(options.pinned);
  }

  #homeToken(): string {
    try {
      makeHome(this.home);
      return ensureTokenFile(this.home.token, () => {});
    } catch (error) {
      throw homeError(error, this.home);
    }
  }

  /** Opened when they are first asked for, and closed when a workspace brings its own. */
  get models(): ModelRegistry {
    return (this.#models ??= createModels({
      workerUrl: this.workers.embed,
      modelsFolder: this.home.models,
      builtinFolder: this.#options.builtinModel,
      baseFolder: this.startFolder,
      onDownload: () => {},
    }));
  }

  get workers() {
    return this.#options.workers;
  }

  get isPinned(): boolean {
    return this.#options.pinned !== null;
  }

  get workspace(): OpenWorkspace | null {
    return this.#workspace;
  }

  get engine() {
    return this.#workspace?.engine ?? null;
  }

  get downloads() {
    return this.#workspace?.downloads ?? null;
  }

  /** Aborts when the server shuts down, with `SHUTTING_DOWN`. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  get tokenRenewed(): AbortSignal {
    return this.#tokenRenewed.signal;
  }

  /** What the page gets, and whoever starts the server is told. */
  get token(): string {
    return this.#token ?? this.#workspace?.token ?? '';
  }

  /** Any of them lets in: the command line knows the workspace's. */
  get tokens(): string[] {
    return [this.#token, this.#workspace?.token].flatMap((token) => token ?? []);
  }

  /** @throws PlumblineError `NO_WORKSPACE`. */
  required(): OpenWorkspace {
    if (this.#workspace === null) throw noWorkspace();
    return this.#workspace;
  }

  /** From here on the server can be reached. */
  announce(url: string): void {
    this.#url = url;
    this.#workspace?.announce(url);
  }

  checkCanLeave(interrupt: boolean): void {
    if (this.isPinned) throw pinned(this.#options.pinned ?? '');
    const active = this.#workspace?.runs.active ?? 0;
    if (active > 0 && !interrupt) throw jobsRunning(active);
  }

  open(folder: string, interrupt: boolean): Promise<void> {
    return this.#inTurn(async () => {
      const root = realPath(folder);
      const former = this.#workspace;
      if (former !== null && realPath(former.engine.paths.root) === root) return this.#remember(former);
      this.checkCanLeave(interrupt);
      // Nothing can be started between this look and the switch: neither waits.
      const next = this.#openWorkspace(root);
      try {
        if (this.#url !== null) next.announce(this.#url);
      } catch (error) {
        await next.close(closedBecause('the workspace cannot be written'));
        throw error;
      }
      this.#workspace = next;
      await former?.close(closedBecause('another workspace was opened'));
      await this.#closeModels();
      this.#remember(next);
    });
  }

  close(interrupt: boolean): Promise<void> {
    return this.#inTurn(async () => {
      this.checkCanLeave(interrupt);
      const former = this.#workspace;
      this.#workspace = null;
      await former?.close(closedBecause('the workspace was closed'));
    });
  }

  renewToken(): string {
    const workspace = this.#workspace;
    if (this.#token !== null) this.#token = renewTokenFile(this.home.token);
    if (workspace !== null) workspace.token = renewTokenFile(tokenFile(workspace.engine.paths));
    this.#tokenRenewed.abort();
    this.#tokenRenewed = new AbortController();
    return this.token;
  }

  /** The workspace that was open last, where it is still there. */
  lastOpened(): string | null {
    return readRecent(this.home)[0]?.folder ?? null;
  }

  /** True where a job was interrupted, to be resumed. May be repeated. */
  async stop(): Promise<boolean> {
    this.#stopping.abort(shuttingDown());
    await this.#turn;
    const interrupted = await this.#workspace?.close(closedBecause('the server was shut down'));
    await this.#closeModels();
    return interrupted ?? false;
  }

  /** Makes it safe to end the process without {@link stop}. */
  async stopAtOnce(): Promise<void> {
    await this.engine?.stopAtOnce();
  }

  async #closeModels(): Promise<void> {
    const models = this.#models;
    this.#models = null;
    await models?.close();
  }

  #openWorkspace(folder: string): OpenWorkspace {
    const { workers, builtinModel, onNotice } = this.#options;
    return new OpenWorkspace({
      folder,
      workers,
      builtinModel,
      numbers: this.#numbers,
      ...(onNotice === undefined ? {} : { onNotice }),
    });
  }

  /** A list that cannot be written is no reason to keep a workspace shut. */
  #remember({ engine }: OpenWorkspace): void {
    if (this.isPinned) return;
    try {
      const { name } = engine.config.source;
      rememberWorkspace(this.home, { folder: engine.paths.root, name, lastOpenedAt: Date.now() });
    } catch (error) {
      this.#options.onNotice?.(
        `the list of recent workspaces stays as it was: ${toErrorData(error).message}`,
      );
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(() => {
      if (this.stopping.aborted) throw shuttingDown();
      return work();
    });
    this.#turn = done.catch(() => {});
    return done;
  }
}

const pinned = (folder: string): PlumblineError =>
  new PlumblineError('WORKSPACE_PINNED', `this server is for the workspace ${folder} alone`, {
    hint: 'Serve others with `plumbline serve -w <folder>`, or use `plumbline open`, which can change between them.',
  });

const jobsRunning = (count: number): PlumblineError =>
  new PlumblineError('JOBS_RUNNING', `${count === 1 ? 'a job is' : `${count} jobs are`} at work here`, {
    hint: 'Wait for the end, or ask for it to be interrupted: jobs are brought to a safe point and can be resumed.',
  });

const closedBecause = (message: string): PlumblineError =>
  new PlumblineError('INTERRUPTED', message, {
    hint: 'Interrupted jobs can be resumed: `plumbline jobs --state interrupted` lists them.',
    retryable: true,
    exitCode: EXIT.interrupted,
  });
