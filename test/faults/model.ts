/**
 * Plumbline as plain maps: what each job has to make of source and index, without batches, checkpoints or files. The real
 * thing is held against it after every step of a random sequence.
 */
import type { Job, Report } from '../../engine/contract.ts';

/** A text that the model refuses has this word. */
export const POISON = 'poison';

export type Template = '{{body}}' | 'note: {{body}}';

export type ModelName = 'tiny' | 'other';

/** What is indexed of a row. */
export interface Entry {
  readonly document: string;
  /** Template and model. */
  readonly recipe: string;
}

export interface Letter {
  readonly excluded: boolean;
}

/** Numbers of a job that the model knows exactly. */
export type Counts = Pick<Job, 'deleted' | 'failed'> & { readonly written: number };
export type Drift = Pick<
  Report,
  'source' | 'indexed' | 'missing' | 'stale' | 'outdated' | 'orphaned' | 'failed' | 'excluded'
>;

export class Model {
  readonly source = new Map<number, string>();
  indexed = new Map<number, Entry>();
  readonly letters = new Map<number, Letter>();
  template: Template = '{{body}}';
  /** As configured. */
  model: ModelName = 'tiny';
  /** Whose vectors answer searches; null before anything was indexed. */
  served: ModelName | null = null;

  /** Adds and re-embeds, never deletes. */
  index(): Counts {
    this.#switch();
    const counts = this.#bring([...this.source.keys()]);
    this.#forgetGone();
    return { ...counts, deleted: 0 };
  }

  repair(): Counts {
    this.#switch();
    const counts = this.#bring([...this.source.keys()]);
    const orphans = [...this.indexed.keys()].filter((id) => !this.source.has(id));
    for (const id of orphans) this.indexed.delete(id);
    this.#forgetGone();
    return { ...counts, deleted: orphans.length };
  }

  /** Everything anew, from the source alone; what was set aside stays out. */
  rebuild(): Counts {
    this.indexed = new Map();
    this.served = this.model;
    const counts = this.#bring([...this.source.keys()]);
    this.#forgetGone();
    return { ...counts, deleted: 0 };
  }

  /** Only dead letters, those set aside left alone. */
  retry(): void {
    this.#bring([...this.letters.keys()].filter((id) => this.source.has(id)));
    this.#forgetGone();
  }

  /** What a validation finds: classes are disjoint, in this order. */
  drift(): Drift {
    const classes = [...this.source.keys()].map((id) => this.#classOf(id));
    const count = (name: string): number => classes.filter((found) => found === name).length;
    return {
      source: this.source.size,
      indexed: this.indexed.size,
      failed: count('failed'),
      excluded: count('excluded'),
      missing: count('missing'),
      outdated: count('outdated'),
      stale: count('stale'),
      orphaned: [...this.indexed.keys()].filter((id) => !this.source.has(id)).length,
    };
  }

  document(id: number): string {
    return this.template.replace('{{body}}', this.source.get(id) ?? '');
  }

  get recipe(): string {
    return `${this.template} ${this.model}`;
  }

  /** Vectors of two models never meet: another model's take the place of all. */
  #switch(): void {
    if (this.served !== this.model) this.indexed = new Map();
    this.served = this.model;
  }

  #classOf(id: number): string {
    const letter = this.letters.get(id);
    if (letter !== undefined) return letter.excluded ? 'excluded' : 'failed';
    const entry = this.indexed.get(id);
    if (entry === undefined) return 'missing';
    if (entry.recipe !== this.recipe) return 'outdated';
    return entry.document === this.document(id) ? 'in sync' : 'stale';
  }

  #bring(ids: readonly number[]): { written: number; failed: number } {
    let written = 0;
    let failed = 0;
    for (const id of ids) {
      if (this.letters.get(id)?.excluded === true) continue;
      const entry = this.indexed.get(id);
      const document = this.document(id);
      if (entry?.recipe === this.recipe && entry.document === document) {
        this.letters.delete(id);
      } else if (document.includes(POISON)) {
        failed += 1;
        this.letters.set(id, { excluded: false });
      } else {
        written += 1;
        this.letters.delete(id);
        this.indexed.set(id, { document, recipe: this.recipe });
      }
    }
    return { written, failed };
  }

  #forgetGone(): void {
    for (const id of this.letters.keys()) if (!this.source.has(id)) this.letters.delete(id);
  }
}
