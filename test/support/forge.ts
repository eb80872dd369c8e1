/**
 * An index on disk that does not hold what the catalog says, though nothing about its files is wrong: what a bug in a
 * library, or a disk that lied, would leave behind.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { GRAPH_PARAMETERS } from '../../engine/graph.ts';
import { hnswStore } from '../../engine/vectors/hnsw-store.ts';

/** Labels of the serving generation with their vectors (f16 bits), in the catalog's order. */
export type IndexContent = Map<number, Uint16Array>;

/**
 * Writes a snapshot of the serving generation at the catalog's newest commit, with the labels that `change` leaves. The
 * workspace must be closed.
 */
export function forgeIndex(
  folder: string,
  entityType: string,
  change: (content: IndexContent) => void,
): void {
  const db = new Database(join(folder, '.plumbline', 'catalog.db'), { readonly: true });
  try {
    const generation = db
      .prepare<[string], { id: number; dimensions: number }>(
        `SELECT g.id, m.dimensions FROM generation g JOIN model m ON m.id = g.model_id
         JOIN entity_type t ON t.id = g.entity_type_id WHERE t.name = ? AND g.state = 'serving'`,
      )
      .get(entityType);
    if (generation === undefined) throw new RangeError(`${entityType} is not indexed`);
    const position = db
      .prepare<[number], { sequence: number; nonce: string }>(
        'SELECT sequence, nonce FROM op_commit WHERE generation_id = ? ORDER BY sequence DESC LIMIT 1',
      )
      .get(generation.id);
    if (position === undefined) throw new RangeError(`${entityType} has no operations`);
    const content: IndexContent = new Map();
    const rows = db.prepare<[number], { label: number; vector: Buffer }>(
      `SELECT l.label, e.vector FROM label l JOIN embedding e ON e.id = l.embedding_id
       WHERE l.generation_id = ? ORDER BY l.label`,
    );
    for (const { label, vector } of rows.iterate(generation.id)) content.set(label, bitsOf(vector));
    change(content);
    write(join(folder, '.plumbline', 'vectors', String(generation.id)), generation, content, position);
  } finally {
    db.close();
  }
}

function write(
  folder: string,
  { id: generationId, dimensions }: { readonly id: number; readonly dimensions: number },
  content: IndexContent,
  position: { readonly sequence: number; readonly nonce: string },
): void {
  const store = hnswStore();
  store.open({ generationId, folder, dimensions, parameters: GRAPH_PARAMETERS });
  store.reset(generationId);
  const vectors = new Uint16Array(content.size * dimensions);
  [...content.values()].forEach((vector, i) => vectors.set(vector, i * dimensions));
  store.apply(generationId, {
    labels: Uint32Array.from(content.keys()),
    adds: new Uint8Array(content.size).fill(1),
    vectors,
    sequence: position.sequence,
  });
  store.snapshot(generationId, position);
  store.close(generationId);
}

const bitsOf = (bytes: Buffer): Uint16Array =>
  new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
