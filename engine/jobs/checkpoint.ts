/**
 * Windows of a scan finish out of order; a checkpoint may only advance over a contiguous run of finished ones. Pure: the
 * caller persists what {@link WindowLedger.take} hands out, in the same transaction as the effects.
 */
import { noCounts, type Counts } from '../catalog/jobs.ts';

interface Window {
  readonly checkpoint: Uint8Array;
  counts: Counts | null;
}

/** A checkpoint to persist, and the counts of the windows it passed. */
export interface Advance {
  readonly checkpoint: Uint8Array;
  readonly counts: Counts;
}

export class WindowLedger {
  readonly #open: Window[] = [];
  #ready: Advance | null = null;

  /** Registers the next window of the scan, which ends at `checkpoint`; call the result once, when it is finished. */
  begin(checkpoint: Uint8Array): (counts: Counts) => void {
    const window: Window = { checkpoint, counts: null };
    this.#open.push(window);
    return (counts) => {
      window.counts = counts;
      this.#collect();
    };
  }

  /** What can be persisted now and was not handed out before; null when nothing moved. */
  take(): Advance | null {
    const ready = this.#ready;
    this.#ready = null;
    return ready;
  }

  /** Returns an advance whose transaction failed. */
  giveBack(advance: Advance): void {
    this.#ready =
      this.#ready === null
        ? advance
        : { checkpoint: this.#ready.checkpoint, counts: addCounts(advance.counts, this.#ready.counts) };
  }

  #collect(): void {
    for (;;) {
      const [first] = this.#open;
      if (first?.counts == null) return;
      this.#open.shift();
      this.#ready = {
        checkpoint: first.checkpoint,
        counts: addCounts(this.#ready?.counts ?? noCounts(), first.counts),
      };
    }
  }
}

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    processed: a.processed + b.processed,
    embedded: a.embedded + b.embedded,
    reused: a.reused + b.reused,
    unchanged: a.unchanged + b.unchanged,
    deleted: a.deleted + b.deleted,
    failed: a.failed + b.failed,
  };
}
