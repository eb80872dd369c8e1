/** Downloads of models that go on while requests come and go, and what became of them. */
import { toErrorData, type ErrorData } from '../errors.ts';
import type { ModelRegistry } from '../models.ts';

export class Downloads {
  readonly #models: ModelRegistry;
  readonly #active = new Map<string, AbortController>();
  readonly #failed = new Map<string, ErrorData>();

  constructor(models: ModelRegistry) {
    this.#models = models;
  }

  isActive(name: string): boolean {
    return this.#active.has(name);
  }

  /** Why the last download failed; null where none did, or another one was begun since. */
  failureOf(name: string): ErrorData | null {
    return this.#failed.get(name) ?? null;
  }

  /** Does nothing where it is under way already. */
  start(name: string): void {
    if (this.#active.has(name)) return;
    const stop = new AbortController();
    this.#active.set(name, stop);
    this.#failed.delete(name);
    void this.#models
      .download(name, stop.signal)
      .catch((error: unknown) => {
        if (!stop.signal.aborted) this.#failed.set(name, toErrorData(error));
      })
      .finally(() => {
        if (this.#active.get(name) === stop) this.#active.delete(name);
      });
  }

  /** What has arrived stays, and the next download goes on from there. */
  cancel(name: string): void {
    this.#active.get(name)?.abort();
    this.#active.delete(name);
  }
}
