/** What the vectors thread serves: a store's own methods. */
import { hnswStore } from './hnsw-store.ts';
import type { VectorStore } from './vectors.ts';

/** A mapped type, because an interface is not accepted where any object of functions is. */
export type VectorsHost = { [Name in keyof VectorStore]: VectorStore[Name] };

export function createVectorsHost(): VectorsHost {
  return hnswStore();
}
