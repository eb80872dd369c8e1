/** The pass over documents and chunks: is every stored text what was embedded, and has all of it a vector? */
import { isComplete, textProblem } from './stored-text.ts';
import type { Suspects } from './suspects.ts';
import { pacer, type Tier } from './tier.ts';

/** Keys read at once; documents come one at a time, because one may be large. */
const PAGE_ENTITIES = 500;

/** @returns how many documents there are. */
export async function auditDocuments(tier: Tier, suspects: Suspects): Promise<number> {
  const { audit, entities } = tier.context.catalog;
  const pause = pacer(tier.signal);
  let count = 0;
  for (let after: Uint8Array | null = null; ;) {
    const page = entities.page(tier.generation.id, after, PAGE_ENTITIES);
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.key;
    for (const entity of page) {
      const stored = audit.document(entity.id);
      if (stored === null) continue;
      count += 1;
      const chunks = audit.chunks(entity.id);
      const isSound =
        chunks.every((chunk) => chunk.textHash !== null) &&
        textProblem(stored, chunks) === null &&
        isComplete(stored.document, chunks);
      if (!isSound) await suspects.add(entity);
      await pause();
    }
  }
  await suspects.flush();
  return count;
}
