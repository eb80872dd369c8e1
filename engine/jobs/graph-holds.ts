/**
 * Which generations' graphs must stay in memory: those that searches come back to, and those that somebody works with at
 * this moment. Counts only; what is to be closed, {@link IndexSync} closes.
 */
export class GraphHolds {
  /** Work under way per generation. */
  readonly #pins = new Map<number, number>();
  /** Kept for the next search. */
  readonly #kept = new Set<number>();
  /** To be closed when the last work with it ends. */
  readonly #leaving = new Set<number>();

  keep(generationId: number): void {
    this.#leaving.delete(generationId);
    this.#kept.add(generationId);
  }

  /** It may go when nobody works with it any more. */
  letGo(generationId: number): void {
    this.#kept.delete(generationId);
    this.#leaving.add(generationId);
  }

  pin(generationId: number): void {
    this.#pins.set(generationId, (this.#pins.get(generationId) ?? 0) + 1);
  }

  /** Ends one piece of work; true when it was the last one with a graph that is to go. */
  unpin(generationId: number): boolean {
    const left = (this.#pins.get(generationId) ?? 1) - 1;
    if (left > 0) this.#pins.set(generationId, left);
    else this.#pins.delete(generationId);
    return this.mayClose(generationId);
  }

  /** True when it was let go and nobody works with it. */
  mayClose(generationId: number): boolean {
    return this.#leaving.has(generationId) && !this.#pins.has(generationId);
  }

  /** It was closed. */
  closed(generationId: number): void {
    this.#leaving.delete(generationId);
  }

  get kept(): ReadonlySet<number> {
    return this.#kept;
  }
}
