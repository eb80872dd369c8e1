/** Downloads of models that go on while requests come and go, and what became of them. */
import { toErrorData, type ErrorData } from '../errors.ts';
import type { ModelRegistry } from '../models.ts';

interface Attempt {
  readonly stop: AbortController;
  /** Whatever became of it. */
  readonly ended: Promise<void>;
}

export class Downloads {
  readonly #models: ModelRegistry;
  /** The newest of each model, until it has ended. */
  readonly #attempts = new Map<string, Attempt>();
  readonly #failed = new Map<string, ErrorData>();

  constructor(models: ModelRegistry) {
    this.#models = models;
  }

  isActive(name: string): boolean {
    return this.#attempts.get(name)?.stop.signal.aborted === false;
  }

  /** Why the last download failed; null where none did, or another one was begun since. */
  failureOf(name: string): ErrorData | null {
    return this.#failed.get(name) ?? null;
  }

  /** Does nothing where it is under way already. One that was cancelled first lets go of its files. */
  start(name: string): void {
    if (this.isActive(name)) return;
    const stop = new AbortController();
    const former = this.#attempts.get(name)?.ended ?? Promise.resolve();
    this.#failed.delete(name);
    this.#attempts.set(name, { stop, ended: former.then(() => this.#run(name, stop)) });
  }

  /** What has arrived stays, and the next download goes on from there. */
  cancel(name: string): void {
    this.#attempts.get(name)?.stop.abort();
  }

  async #run(name: string, stop: AbortController): Promise<void> {
    try {
      if (!stop.signal.aborted) await this.#models.download(name, stop.signal);
    } catch (error) {
      if (!stop.signal.aborted) this.#failed.set(name, toErrorData(error));
    } finally {
      if (this.#attempts.get(name)?.stop === stop) this.#attempts.delete(name);
    }
  }
}
