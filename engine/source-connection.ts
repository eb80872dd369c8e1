/** The engine's one connection to its source: a thread that is opened on first use, and opened anew after what spoils it. */
import { hasCode } from './errors.ts';
import type { SourceThread } from './jobs/context.ts';
import type { SourceConfig } from './source-config.ts';
import type { SourceHost } from './sources/source-host.ts';
import { openThreads } from './threads.ts';

export class SourceConnection {
  readonly #workerUrl: URL;
  readonly #config: () => SourceConfig;
  #thread: Promise<SourceThread> | null = null;
  #identity = '';
  /** The connection has met a file that was no sound database, or leads elsewhere now; it must be opened anew. */
  #isSpoiled = false;

  /** `config` is asked each time the source is opened: it may have changed since. */
  constructor(workerUrl: URL, config: () => SourceConfig) {
    this.#workerUrl = workerUrl;
    this.#config = config;
  }

  /** The thread with the source open, and the identity that it had then. */
  async use(): Promise<{ thread: SourceThread; identity: string }> {
    this.#thread ??= this.#open();
    const opening = this.#thread;
    opening.catch(() => {
      if (this.#thread === opening) this.#thread = null;
    });
    const thread = await opening;
    try {
      // A file that was put in the source's place since is the one to read now; the connection still shows the old one.
      const identity = await thread.call('identity');
      if (identity !== this.#identity || this.#isSpoiled) await this.#connect(thread);
    } catch (error) {
      // Somebody else may have found it lost first, and closed it.
      if (!isThreadLost(error) && this.#thread === opening) throw error;
      if (this.#thread === opening) this.#thread = null;
      await thread.close();
      return this.use();
    }
    return { thread, identity: this.#identity };
  }

  /** The next use opens the source anew. */
  spoil(): void {
    this.#isSpoiled = true;
  }

  /** Lets what is under way end, and nothing more. */
  async finish(): Promise<void> {
    await this.#thread?.then((thread) => thread.finish());
  }

  /** May be repeated. */
  async close(): Promise<void> {
    const thread = await this.#thread?.catch(() => null);
    await thread?.call('close').catch(() => {});
    await thread?.close();
  }

  async #open(): Promise<SourceThread> {
    const thread = this.#watched(
      openThreads<SourceHost>({ url: this.#workerUrl, count: 1, label: 'source' }),
    );
    try {
      await this.#connect(thread);
      return thread;
    } catch (error) {
      await thread.close();
      throw error;
    }
  }

  /** Notes what a connection does not recover from by itself, even where the file has been restored since. */
  #watched(thread: SourceThread): SourceThread {
    const run = thread.call as (name: string, ...args: unknown[]) => Promise<unknown>;
    const call = async (name: string, ...args: unknown[]): Promise<unknown> => {
      try {
        return await run(name, ...args);
      } catch (error) {
        if (isSpoiling(error)) this.#isSpoiled = true;
        throw error;
      }
    };
    return {
      get pending() {
        return thread.pending;
      },
      call: call as SourceThread['call'],
      finish: () => thread.finish(),
      close: () => thread.close(),
    };
  }

  async #connect(thread: SourceThread): Promise<void> {
    this.#isSpoiled = false;
    this.#identity = (await thread.call('open', this.#config())).identity;
  }
}

const isSpoiling = (error: unknown): boolean =>
  hasCode(error, 'SOURCE_CORRUPT', 'SOURCE_NOT_A_DATABASE', 'SOURCE_UNREADABLE');

/** A pool starts a new thread in the place of one that died, and that one knows of no source. */
const isThreadLost = (error: unknown): boolean => hasCode(error, 'THREAD_DIED', 'SOURCE_NOT_OPEN');
