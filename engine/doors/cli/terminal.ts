/** What the command line writes to: results to standard output, everything about them to standard error. */
import { styleText } from 'node:util';
import type { ProgressEvent } from '../../contract.ts';
import { RateMeter } from '../../rate.ts';
import { formatCount, formatDuration } from './format.ts';

type Style = Parameters<typeof styleText>[0];

/** Without a terminal, a line of progress this often. */
const PLAIN_PROGRESS_MS = 5000;
const BAR_CELLS = 20;

export class Terminal {
  readonly #out: NodeJS.WriteStream;
  readonly #err: NodeJS.WriteStream;
  #meter = new RateMeter();
  #job = '';
  #barShown = false;
  #plainAt = 0;

  constructor(out: NodeJS.WriteStream, err: NodeJS.WriteStream) {
    this.#out = out;
    this.#err = err;
  }

  /** A line of the result. */
  print(line: string): void {
    this.clearBar();
    this.#out.write(`${line}\n`);
  }

  /** A line about what is going on. */
  note(line: string): void {
    this.clearBar();
    this.#err.write(`${line}\n`);
  }

  /** Colour for standard output; none where it is not a terminal or the person does not want it (NO_COLOR). */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#out });
  }

  /** Colour for standard error. */
  noteStyle(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#err });
  }

  /** Shows a running job: a bar on a terminal, a line now and then elsewhere. */
  progress({ job, stage }: ProgressEvent): void {
    if (job.id !== this.#job) {
      this.#job = job.id;
      this.#meter = new RateMeter();
      this.#plainAt = performance.now();
    }
    const { percent, rate, etaMs } = this.#meter.update(job.processed, job.total, performance.now());
    if (job.state !== 'running') return this.clearBar();
    const facts = [
      `${stage} ${job.entityType}`,
      percent === null ? null : `${Math.floor(percent)}%`,
      `${formatCount(job.processed)}${job.total === null ? '' : `/${formatCount(Math.max(job.total, job.processed))}`}`,
      rate === null ? null : `${formatCount(Math.round(rate))}/s`,
      etaMs === null ? null : `${formatDuration(etaMs)} left`,
      job.failed > 0 ? `${formatCount(job.failed)} failed` : null,
    ].filter((fact) => fact !== null);
    if (this.#err.isTTY) this.#drawBar(facts, percent);
    else this.#plainLine(facts);
  }

  #drawBar(facts: readonly string[], percent: number | null): void {
    const filled = Math.round(((percent ?? 0) / 100) * BAR_CELLS);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled);
    const line = `${bar} ${facts.join('  ')}`;
    this.#err.write(`\r\u001b[2K${[...line].slice(0, (this.#err.columns ?? 80) - 1).join('')}`);
    this.#barShown = true;
  }

  #plainLine(facts: readonly string[]): void {
    if (performance.now() - this.#plainAt < PLAIN_PROGRESS_MS) return;
    this.#plainAt = performance.now();
    this.#err.write(`${facts.join('  ')}\n`);
  }

  clearBar(): void {
    if (this.#barShown) this.#err.write('\r\u001b[2K');
    this.#barShown = false;
  }
}
