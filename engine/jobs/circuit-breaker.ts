/**
 * Stops a job whose model fails on everything, instead of making ten thousand dead letters: after a run of failures with
 * the same code and no success in between, the cause is the model, not the texts. Pure.
 */
import { EXIT, PlumblineError } from '../errors.ts';

/** Failures in a row, all with one code, that open the breaker. */
const FAILURES_IN_A_ROW = 100;

export class CircuitBreaker {
  #inARow = 0;
  #code = '';
  #message = '';

  succeeded(): void {
    this.#inARow = 0;
  }

  failed(failure: { readonly stage: string; readonly code: string; readonly message: string }): void {
    // A row that cannot be read or rendered says nothing about the model.
    if (failure.stage !== 'embed' && failure.stage !== 'split') return;
    this.#inARow = failure.code === this.#code ? this.#inARow + 1 : 1;
    this.#code = failure.code;
    this.#message = failure.message;
  }

  /** @throws PlumblineError `MODEL_FAILING`: the job is interrupted and can be resumed. */
  check(entityType: string): void {
    if (this.#inARow < FAILURES_IN_A_ROW) return;
    throw new PlumblineError(
      'MODEL_FAILING',
      `${entityType}: the model failed on ${this.#inARow} texts in a row (${this.#code}: ${this.#message})`,
      {
        hint: 'Look at `plumbline dead-letters` and the model; then `plumbline resume` goes on, and `plumbline retry` repeats the failed ones.',
        retryable: true,
        exitCode: EXIT.interrupted,
      },
    );
  }
}
