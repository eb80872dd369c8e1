/**
 * Hands out vectors so that a text is embedded once even when several windows want it at the same time: the second one
 * waits for the first one's. A text stays known until the window that asked for it has committed its vector.
 */
import type { EmbedItem, EmbedOutcome } from '../embed/embedder.ts';

interface Wanted extends EmbedItem {
  /** Hash of the text, in hex. */
  readonly id: string;
}

export interface Delivery {
  readonly outcomes: ReadonlyMap<string, EmbedOutcome>;
  /** Call once the vectors are committed, or given up. */
  readonly release: () => void;
}

export class EmbeddingDesk {
  readonly #embed: (items: readonly EmbedItem[]) => Promise<EmbedOutcome[]>;
  readonly #underWay = new Map<string, Promise<EmbedOutcome>>();

  constructor(embed: (items: readonly EmbedItem[]) => Promise<EmbedOutcome[]>) {
    this.#embed = embed;
  }

  async request(wanted: readonly Wanted[]): Promise<Delivery> {
    const fresh = wanted.filter((item) => !this.#underWay.has(item.id));
    const promises = wanted.map((item) => this.#underWay.get(item.id));
    if (fresh.length > 0) this.#start(fresh);
    const release = (): void => {
      for (const item of fresh) this.#underWay.delete(item.id);
    };
    try {
      const outcomes = new Map<string, EmbedOutcome>();
      for (const [i, item] of wanted.entries()) {
        const promise = promises[i] ?? this.#underWay.get(item.id);
        if (promise !== undefined) outcomes.set(item.id, await promise);
      }
      return { outcomes, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #start(fresh: readonly Wanted[]): void {
    const batch = this.#embed(fresh);
    fresh.forEach((item, i) => {
      const outcome = batch.then((outcomes) => {
        const found = outcomes[i];
        if (found === undefined)
          throw new RangeError('the embedder answered fewer outcomes than it was asked for');
        return found;
      });
      // Somebody always awaits the batch itself; without this, a second rejection would count as unhandled.
      outcome.catch(() => {});
      this.#underWay.set(item.id, outcome);
    });
  }
}
