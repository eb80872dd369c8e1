/**
 * Stops a job whose model fails on everything, or on much of it, instead of making ten thousand dead letters: then the
 * cause is the model or what runs it, not the texts. Pure.
 *
 * There is none for reading: a source that is down ends the job by itself, with its error. A row that is read and cannot
 * be rendered is data, and ten thousand such rows (a column of blobs, say) are ten thousand facts about the data, each with
 * its key; the next run meets them again, however often a breaker opens.
 */
import { EXIT, PlumblineError } from '../errors.ts';

/** Failures in a row, all with one code, that open the breaker. */
const FAILURES_IN_A_ROW = 100;
/** Attempts that are looked back upon, and how many of them may not fail by the model's fault. */
const RECENT = 400;
const RECENT_FAILURES = RECENT / 2;

/** What is said of a text and not of the model: may be said of every other one without anything being broken. */
const FAULTS_OF_TEXTS = new Set(['TEXT_TOO_LONG', 'TEXT_WITHOUT_TOKENS', 'TOKENIZER_FAILED']);

export class CircuitBreaker {
  #inARow = 0;
  #code = '';
  #message = '';
  /** The last attempts, 1 for each that failed by the model's fault; a ring. */
  readonly #recent = new Uint8Array(RECENT);
  #attempts = 0;
  #recentFailures = 0;

  succeeded(): void {
    this.#inARow = 0;
    this.#note(0);
  }

  /** Of entities that did not fail before: what fails again says nothing new. */
  failed(failure: { readonly stage: string; readonly code: string; readonly message: string }): void {
    // A row that cannot be read or rendered says nothing about the model.
    if (failure.stage !== 'embed' && failure.stage !== 'split') return;
    this.#inARow = failure.code === this.#code ? this.#inARow + 1 : 1;
    this.#code = failure.code;
    this.#message = failure.message;
    this.#note(FAULTS_OF_TEXTS.has(failure.code) ? 0 : 1);
  }

  /** @throws PlumblineError `MODEL_FAILING`: the job is interrupted and can be resumed. */
  check(entityType: string): void {
    if (this.#inARow >= FAILURES_IN_A_ROW)
      throw this.#failing(`${entityType}: the model failed on ${this.#inARow} texts in a row`);
    if (this.#attempts >= RECENT && this.#recentFailures >= RECENT_FAILURES)
      throw this.#failing(
        `${entityType}: the model failed on ${this.#recentFailures} of the last ${RECENT} texts`,
      );
  }

  #note(failed: 0 | 1): void {
    const place = this.#attempts % RECENT;
    this.#recentFailures += failed - (this.#recent[place] ?? 0);
    this.#recent[place] = failed;
    this.#attempts += 1;
  }

  #failing(what: string): PlumblineError {
    return new PlumblineError('MODEL_FAILING', `${what} (${this.#code}: ${this.#message})`, {
      hint: 'Look at `plumbline dead-letters` and the model; then `plumbline resume` goes on and tries the failed ones again.',
      retryable: true,
      exitCode: EXIT.interrupted,
    });
  }
}
