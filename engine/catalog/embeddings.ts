/** Reads of the vectors that texts have in a model's space. */
import type { ReadableDatabase } from './database.ts';

export function embeddingReader(db: ReadableDatabase) {
  const find = db
    .prepare<[number, Uint8Array], number>('SELECT id FROM embedding WHERE model_id = ? AND text_hash = ?')
    .pluck();
  return {
    /** The embedding of a text, null where there is none yet. */
    find(modelId: number, textHash: Uint8Array): number | null {
      return find.get(modelId, textHash) ?? null;
    },
  };
}
export type EmbeddingReader = ReturnType<typeof embeddingReader>;
