/** A running job on standard error: a bar on a terminal, a line now and then elsewhere. */
import type { ProgressEvent } from '../../contract.ts';
import { formatCount, formatSeconds } from './format.ts';

/** Without a terminal, a line of progress this often. */
const PLAIN_PROGRESS_MS = 5000;
const BAR_CELLS = 20;
/** A shorter bar tells nothing. */
const MIN_BAR_CELLS = 5;

export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  #job = '';
  #shown = false;
  #plainAt = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show({ job, stage, percent, ratePerSecond: rate, etaMs }: ProgressEvent): void {
    if (job.id !== this.#job) {
      this.#job = job.id;
      this.#plainAt = performance.now();
    }
    if (job.state !== 'running') return this.clear();
    const total = job.total === null ? '' : `/${formatCount(Math.max(job.total, job.processed))}`;
    const facts = [
      `${stage} ${job.entityType}`,
      percent === null ? null : `${Math.floor(percent)}%`,
      `${formatCount(job.processed)}${total}`,
      rate === null || rate < 1 ? null : `${formatCount(Math.round(rate))}/s`,
      etaMs === null || percent === 100 ? null : `${formatSeconds(etaMs)} left`,
      job.failed > 0 ? `${formatCount(job.failed)} failed` : null,
    ].filter((fact) => fact !== null);
    if (this.#stream.isTTY) this.#drawBar(facts.join('  '), percent);
    else this.#plainLine(facts.join('  '));
  }

  clear(): void {
    if (this.#shown) this.#stream.write('\r\u001b[2K');
    this.#shown = false;
  }

  /** The facts matter more than the bar: it gives way on a narrow terminal. */
  #drawBar(facts: string, percent: number | null): void {
    const room = (this.#stream.columns || 80) - 1;
    const cells = Math.min(BAR_CELLS, room - facts.length - 1);
    const line = cells < MIN_BAR_CELLS ? facts : `${bar(percent ?? 0, cells)} ${facts}`;
    this.#stream.write(`\r\u001b[2K${[...line].slice(0, room).join('')}`);
    this.#shown = true;
  }

  #plainLine(facts: string): void {
    if (performance.now() - this.#plainAt < PLAIN_PROGRESS_MS) return;
    this.#plainAt = performance.now();
    this.#stream.write(`${facts}\n`);
  }
}

function bar(percent: number, cells: number): string {
  const filled = Math.round((percent / 100) * cells);
  return '█'.repeat(filled) + '░'.repeat(cells - filled);
}
