/** A workspace while a server has it open: its engine with the write lock, its starts, its events. */
import { setTimeout as wait } from 'node:timers/promises';
import { Engine, type EngineOptions } from '../../engine.ts';
import type { PlumblineError } from '../../errors.ts';
import { Downloads } from '../../setup/downloads.ts';
import { removeEndpoint, writeEndpoint } from '../endpoint.ts';
import { ensureToken } from '../token.ts';
import { EventLog } from './event-log.ts';
import { Runs, type RunNumbers } from './runs.ts';

/** What reads under way get to end before the catalog is closed under them. */
const GRACE_MS = 2000;

export interface WorkspaceOptions extends Omit<EngineOptions, 'access' | 'onProgress' | 'onProblem'> {
  /** Shared by all workspaces of a server: a start of one must not be taken for that of another. */
  readonly numbers: RunNumbers;
}

export class OpenWorkspace {
  readonly engine: Engine;
  readonly events = new EventLog();
  readonly runs: Runs;
  readonly downloads: Downloads;
  /** What lets the command line in. */
  token: string;
  readonly #closing = new AbortController();
  readonly #uses = new Set<Promise<unknown>>();
  #closed: Promise<boolean> | null = null;

  /** @throws PlumblineError those of opening the engine for writing. */
  constructor(options: WorkspaceOptions) {
    // Assigned before any job can tell of itself.
    let runs: Runs | null = null;
    this.engine = new Engine({
      ...options,
      access: 'write',
      onProgress: (event) => this.events.progress(event, runs?.runOf(event.job.id) ?? null),
      onProblem: (event) => this.events.problem(event),
      onNotice: (line) => {
        this.events.notice(line);
        options.onNotice?.(line);
      },
    });
    runs = new Runs(this.engine, options.numbers);
    this.runs = runs;
    this.downloads = new Downloads(this.engine.models);
    try {
      this.token = ensureToken(this.engine.paths);
    } catch (error) {
      void this.engine.close();
      throw error;
    }
  }

  /** Aborts when the workspace is being closed. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Leaves the address for the command line. */
  announce(url: string): void {
    writeEndpoint(this.engine.paths, { url, pid: process.pid });
  }

  /**
   * Does something with the engine, which stays open meanwhile, as far as a person can wait for it.
   * @throws PlumblineError why it is being closed, where it is.
   */
  async use<T>(work: () => Promise<T> | T): Promise<T> {
    this.closing.throwIfAborted();
    const using = Promise.resolve().then(work);
    const settled = using.then(
      () => {},
      () => {},
    );
    this.#uses.add(settled);
    void settled.then(() => this.#uses.delete(settled));
    return using;
  }

  /**
   * Takes nothing new, brings jobs to a safe point and closes everything; true where a job was interrupted, to be resumed.
   * May be repeated.
   * @param why what interrupted jobs have as their reason.
   */
  close(why: PlumblineError): Promise<boolean> {
    return (this.#closed ??= this.#close(why));
  }

  /** An address that stays behind counts for nothing (see `findServer`), and is no reason to keep the workspace open. */
  #withdraw(): void {
    try {
      removeEndpoint(this.engine.paths);
    } catch {
      // The disk may have become read-only, or have gone.
    }
  }

  async #close(why: PlumblineError): Promise<boolean> {
    this.#withdraw();
    this.#closing.abort(why);
    const interrupted = await this.runs.close(why);
    this.events.close();
    const timer = new AbortController();
    const grace = wait(GRACE_MS, undefined, { signal: timer.signal }).catch(() => {});
    await Promise.race([Promise.all(this.#uses), grace]);
    timer.abort();
    await this.engine.close();
    return interrupted;
  }
}
