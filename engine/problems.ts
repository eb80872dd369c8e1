/** Failures of running jobs as they are told: those of a moment that are alike as one, so that thousands cost a few events. */
import type { ProblemEvent } from './contract.ts';

/** One failure. */
export type Problem = Omit<ProblemEvent, 'count' | 'at'>;

/** Alike failures within this time are told together. */
const TOGETHER_MS = 500;
/** Kinds of failures collected at once; one more, and they are told. */
const MAX_KINDS = 8;

export class ProblemTeller {
  readonly #tell: (event: ProblemEvent) => void;
  readonly #collected = new Map<string, ProblemEvent>();
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (event: ProblemEvent) => void) {
    this.#tell = tell;
  }

  /** The first is told at once, and what follows closely after a moment, each kind with its count and its latest failure. */
  note(problem: Problem): void {
    const isQuiet = this.#timer === undefined;
    const { jobId, kind, code } = problem;
    const name = JSON.stringify([jobId, kind, code]);
    const known = this.#collected.get(name);
    if (known === undefined && this.#collected.size >= MAX_KINDS) this.#tellAll();
    this.#collected.set(name, { ...problem, count: (known?.count ?? 0) + 1, at: Date.now() });
    if (!isQuiet) return;
    this.#tellAll();
    this.#wait();
  }

  /** Tells what is collected, and no more. May be repeated. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#tellAll();
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#collected.size === 0) return;
      this.#tellAll();
      this.#wait();
    }, TOGETHER_MS).unref();
  }

  #tellAll(): void {
    for (const event of this.#collected.values()) this.#tell(event);
    this.#collected.clear();
  }
}
