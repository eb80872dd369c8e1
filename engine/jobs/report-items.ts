/** The items of one report as a validation finds them: numbered, counted by class, each entity at most once. */
import { driftClasses, type DriftClass, type DriftItem } from '../contract.ts';
import type { EncodedKey } from '../key.ts';
import type { Drifted } from './compare.ts';
import type { JobContext } from './context.ts';

/** Characters of old and new text that an item keeps. */
export const EXCERPT = 400;
/** Keys per class that a report shows. */
const SAMPLES = 3;

export class ReportItems {
  readonly reportId: number;
  readonly counts = Object.fromEntries(driftClasses.map((name) => [name, 0])) as Record<DriftClass, number>;
  readonly #context: JobContext;
  #number = 0;

  constructor(context: JobContext, reportId: number) {
    this.#context = context;
    this.reportId = reportId;
  }

  /** Adds items in one transaction. */
  add(drifted: readonly Drifted[]): void {
    const { catalog } = this.#context;
    catalog.transaction(() => {
      for (const item of drifted) {
        this.counts[item.class] += 1;
        this.#number += 1;
        catalog.reports.addItem(this.reportId, this.#number, {
          class: item.class,
          key: item.key,
          reason: item.reason,
          text: item.text?.toWellFormed() ?? null,
          indexedText: item.entityId === null ? null : catalog.entities.excerpt(item.entityId, EXCERPT),
        });
      }
    });
  }

  /** True when the report names this entity already, in whatever class. */
  hasEntity(key: EncodedKey): boolean {
    return this.#context.catalog.reports.hasEntity(this.reportId, key);
  }

  /** A few items of each class. */
  samples(): Partial<Record<DriftClass, DriftItem[]>> {
    const samples: Partial<Record<DriftClass, DriftItem[]>> = {};
    for (const name of driftClasses) {
      if (this.counts[name] > 0)
        samples[name] = this.#context.catalog.reports.items(this.reportId, name, SAMPLES);
    }
    return samples;
  }
}
