/** Rate and remaining time of a running job, from what its watchers saw. Pure: the time is passed in. */
interface Seen {
  readonly at: number;
  readonly processed: number;
}

/** Seen events older than this no longer speak for the present rate, where there are newer ones. */
const WINDOW_MS = 10_000;

export interface Progress {
  /** 0-100; never goes back. Null while the total is unknown. */
  readonly percent: number | null;
  /** Entities per second; null before there is enough to tell. */
  readonly rate: number | null;
  readonly etaMs: number | null;
}

export class RateMeter {
  #seen: Seen[] = [];
  #highest = 0;

  /** Takes in a job's counts at a time (milliseconds). */
  update(processed: number, total: number | null, at: number): Progress {
    // Batches of a slow model come less often than that: the one before is always kept.
    this.#seen = [
      ...this.#seen.filter((seen, i, { length }) => i === length - 1 || at - seen.at <= WINDOW_MS),
    ];
    this.#seen.push({ at, processed });
    const first = this.#seen[0] ?? { at, processed };
    const elapsed = at - first.at;
    const rate = elapsed < 200 ? null : ((processed - first.processed) * 1000) / elapsed;
    if (total !== null && total > 0)
      this.#highest = Math.max(this.#highest, Math.min(100, (100 * processed) / total));
    const left = total === null ? null : Math.max(0, total - processed);
    return {
      percent: total === null ? null : total === 0 ? 100 : this.#highest,
      rate,
      etaMs: left === null || rate === null || rate <= 0 ? null : (left / rate) * 1000,
    };
  }
}
