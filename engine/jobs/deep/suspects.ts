/**
 * Entities that some pass of a deep validation found something about. Each is examined as a whole before it is reported,
 * so that it has one class, the first that fits, whatever pass met it first.
 */
import { toBits } from '../../catalog/embeddings.ts';
import type { StoredChunk, StoredDocument, StoredVector } from '../../catalog/audit.ts';
import { vectorProblem } from '../../catalog/embeddings.ts';
import type { IndexedEntity } from '../../catalog/entities.ts';
import { PlumblineError } from '../../errors.ts';
import { fromFloat16Bits } from '../../float16.ts';
import type { Drifted } from '../compare.ts';
import { EXCERPT } from '../report-items.ts';
import { sourceTexts } from '../source-texts.ts';
import { isComplete, textProblem } from './stored-text.ts';
import type { Tier } from './tier.ts';

/** Suspects examined, and read from the source, at once. */
const BATCH = 64;
/** Entities of one label read at once: texts repeat. */
const PAGE_ENTITIES = 256;

interface Finding {
  readonly class: 'lost' | 'corrupt';
  readonly reason: string;
}

interface Suspect extends IndexedEntity {
  /** What only the pass that met it can know; null where examining it will show. */
  readonly known: string | null;
}

export class Suspects {
  readonly #tier: Tier;
  #waiting: Suspect[] = [];

  constructor(tier: Tier) {
    this.#tier = tier;
  }

  /** @param known a reason to call it corrupt that examining would not find. */
  async add(entity: IndexedEntity, known: string | null = null): Promise<void> {
    this.#waiting.push({ ...entity, known });
    if (this.#waiting.length >= BATCH) await this.flush();
  }

  /** All entities that a label leads to. */
  async addLabel(label: number, known: string | null = null): Promise<void> {
    const { context, generation } = this.#tier;
    for (let after = 0; ;) {
      const page = context.catalog.audit.entitiesOf(generation.id, label, after, PAGE_ENTITIES);
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.id;
      for (const entity of page) await this.add(entity, known);
    }
  }

  /** Examines and reports those that wait. */
  async flush(): Promise<void> {
    const { context, target, items, signal } = this.#tier;
    signal.throwIfAborted();
    const suspects = new Map(this.#waiting.map((suspect) => [suspect.id, suspect]));
    this.#waiting = [];
    const open = [...suspects.values()].filter(
      (suspect) => !items.hasEntity(suspect.key) && !this.#isExcluded(suspect),
    );
    const found = await Promise.all(
      open.map(async (suspect) => ({ suspect, finding: await this.#examine(suspect) })),
    );
    const drifted = found.flatMap(({ suspect, finding }): Omit<Drifted, 'text'>[] =>
      finding === null ? [] : [{ ...finding, key: suspect.key, entityId: suspect.id }],
    );
    const keys = drifted.map((item) => item.key);
    const texts = await sourceTexts(context.source, target, keys, EXCERPT);
    items.add(drifted.map((item, i): Drifted => ({ ...item, text: texts[i] ?? null })));
  }

  /** Set aside by a person: no drift, whatever else it is. */
  #isExcluded({ key }: Suspect): boolean {
    const { context, target } = this.#tier;
    return context.catalog.deadLetters.find(target.entityTypeId, key, 0)?.excluded === true;
  }

  /** Null where all is well after all, or the entity is gone. */
  async #examine({ id, known }: Suspect): Promise<Finding | null> {
    const { audit } = this.#tier.context.catalog;
    const stored = audit.document(id);
    if (stored === null) return null;
    const chunks = audit.chunks(id);
    const damage = textProblem(stored, chunks);
    const vectors = await this.#vectorFindings(chunks);
    const lost =
      (damage === null ? await this.#missingChunk(stored, chunks) : null) ??
      (chunks.every((chunk) => chunk.isLabelled) ? null : 'a chunk of it leads to no vector') ??
      vectors.lost;
    if (lost !== null) return { class: 'lost', reason: lost };
    const corrupt = damage ?? vectors.corrupt ?? known;
    return corrupt === null ? null : { class: 'corrupt', reason: corrupt };
  }

  /** Text without a chunk is lost, unless splitting it anew says that there is nothing in it to embed. */
  async #missingChunk({ document }: StoredDocument, chunks: readonly StoredChunk[]): Promise<string | null> {
    if (isComplete(document, chunks)) return null;
    const { context, target, signal } = this.#tier;
    const reason = chunks.length === 0 ? 'its text has no chunk' : 'a part of its text has no chunk';
    try {
      const embedder = await context.models.embedder(target.model);
      const [spans = []] = await embedder.split([document], target.chunking, signal);
      const hasAll = spans.every((span) =>
        chunks.some((chunk) => chunk.start === span.start && chunk.end === span.end),
      );
      return hasAll ? null : reason;
    } catch (error) {
      if (signal.aborted || (error instanceof PlumblineError && error.retryable)) throw error;
      return reason;
    }
  }

  async #vectorFindings(
    chunks: readonly StoredChunk[],
  ): Promise<{ lost: string | null; corrupt: string | null }> {
    const { context, generation } = this.#tier;
    const labels = [...new Set(chunks.flatMap((chunk) => (chunk.isLabelled ? [chunk.label] : [])))];
    let lost: string | null = null;
    let corrupt: string | null = null;
    for (const label of labels) {
      const stored = context.catalog.audit.vector(generation.id, label);
      if (stored === null) continue;
      const problem = vectorProblem(stored.vector, stored.crc, generation.dimensions);
      // The index leaves damaged vectors out: the damage is the cause, and what has to be mended.
      if (problem !== null) {
        corrupt ??= problem;
        continue;
      }
      // A label that is no unsigned 32-bit number can only be damage; the index would take it for another one.
      const canBeHeld = label >>> 0 === label;
      const inGraph = canBeHeld ? await context.vectors.call('vector', generation.id, label) : null;
      if (inGraph === null) lost ??= 'its vector is not in the index';
      else if (!isSame(stored, inGraph)) corrupt ??= 'the index holds another vector than the catalog';
    }
    return { lost, corrupt };
  }
}

/** Bit by bit: -0 is not 0. */
function isSame({ vector }: StoredVector, inGraph: Float32Array): boolean {
  if (vector === null) return false;
  const stored = fromFloat16Bits(toBits(vector));
  return stored.length === inGraph.length && stored.every((value, i) => Object.is(value, inGraph[i]));
}
