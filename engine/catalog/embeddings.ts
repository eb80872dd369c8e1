/** Reads of the vectors that texts have in a model's space, and the one rule for which of them can be trusted. */
import { crc32 } from 'node:zlib';
import { areFiniteFloat16Bits } from '../float16.ts';
import type { ReadableDatabase } from './database.ts';

/**
 * What is wrong with a stored vector, as a clause; null where it is sound. Pure.
 * @param dimensions where they are known: a vector of another length fits no graph.
 */
export function vectorProblem(
  vector: Buffer | null,
  crc: number | null,
  dimensions: number | null = null,
): string | null {
  if (vector === null) return 'its vector is gone from the catalog';
  if (crc32(vector) !== crc) return 'its stored vector is damaged (checksum)';
  if (vector.length % 2 !== 0 || (dimensions !== null && vector.length !== 2 * dimensions)) {
    return 'its stored vector has another length than the index';
  }
  return areFiniteFloat16Bits(toBits(vector)) ? null : 'its stored vector holds a value that is not finite';
}

/** The bits of a stored vector. A copy: the bytes of a row need not lie on an even address. */
export const toBits = (vector: Buffer): Uint16Array =>
  new Uint16Array(vector.buffer.slice(vector.byteOffset, vector.byteOffset + vector.byteLength));

export interface StoredEmbedding {
  readonly id: number;
  /** False where its vector is damaged: it must be made anew. */
  readonly isSound: boolean;
}

export function embeddingReader(db: ReadableDatabase) {
  const find = db.prepare<[number, Uint8Array], { id: number; vector: Buffer; crc: number }>(
    'SELECT id, vector, crc FROM embedding WHERE model_id = ? AND text_hash = ?',
  );
  const stored = (modelId: number, textHash: Uint8Array): StoredEmbedding | null => {
    const row = find.get(modelId, textHash);
    return row === undefined ? null : { id: row.id, isSound: vectorProblem(row.vector, row.crc) === null };
  };
  return {
    /** What is stored of a text, sound or not; null where there is nothing. */
    stored,
    /** The embedding of a text, null where there is none yet. A damaged one counts as none, so that it is not used again. */
    find(modelId: number, textHash: Uint8Array): number | null {
      const found = stored(modelId, textHash);
      return found?.isSound === true ? found.id : null;
    },
  };
}
export type EmbeddingReader = ReturnType<typeof embeddingReader>;
