/** Makes by hand what crashes, disks and bugs may do to what is stored. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { fromFloat16Bits } from '../../engine/float16.ts';
import { servingGeneration } from '../../engine/jobs/context.ts';
import { hnswStore } from '../../engine/vectors/hnsw-store.ts';
import { opBatch } from './vectors.ts';
import type { TestEngine } from './workspace.ts';

/** Changes the catalog over a connection of its own, without its rules. */
export function damageCatalog(folder: string, work: (db: Database.Database) => void): void {
  const db = new Database(join(folder, '.plumbline', 'catalog.db'));
  try {
    db.unsafeMode(true);
    db.pragma('foreign_keys = OFF');
    work(db);
  } finally {
    db.close();
  }
}

/** The id in the catalog of the note with this key. */
export function entityId(db: Database.Database, key: number): number {
  const bytes = Buffer.alloc(9);
  bytes.writeUInt8(1);
  bytes.writeBigInt64BE(BigInt(key), 1);
  const id = db
    .prepare<[Buffer], number>(
      `SELECT e.id FROM entity e JOIN generation g ON g.id = e.generation_id WHERE e.key = ? AND g.state = 'serving'`,
    )
    .pluck()
    .get(bytes);
  if (id === undefined) throw new Error(`no entity ${key}`);
  return id;
}

/** The embedding behind an entity's n-th chunk. */
export function embeddingOf(
  db: Database.Database,
  key: number,
  ordinal = 0,
): { id: number; vector: Buffer; crc: number; label: number } {
  const found = db
    .prepare<[number, number], { id: number; vector: Buffer; crc: number; label: number }>(
      `SELECT m.id, m.vector, m.crc, c.label FROM chunk c
       JOIN label l ON l.generation_id = c.generation_id AND l.label = c.label
       JOIN embedding m ON m.id = l.embedding_id WHERE c.entity_id = ? AND c.ordinal = ?`,
    )
    .get(entityId(db, key), ordinal);
  if (found === undefined) throw new Error(`no chunk ${ordinal} of ${key}`);
  return found;
}

/**
 * Writes the serving generation's snapshot anew, valid in every respect but its content: `edit` may take labels away, add
 * some and change vectors.
 */
export function forgeSnapshot(
  engine: TestEngine,
  edit: (vectors: Map<number, Float32Array>) => void,
  entityType = 'note',
): void {
  const { catalog, paths } = engine.engine;
  const generation = servingGeneration(catalog, entityType);
  const position = generation === null ? null : catalog.opLog.last(generation.id);
  if (generation === null || position === null) throw new Error(`${entityType} was never indexed`);
  const vectors = new Map<number, Float32Array>();
  for (const { label, vector } of catalog.audit.vectors(generation.id, -1, 1_000_000)) {
    if (vector === null) throw new Error(`label ${label} has no vector`);
    vectors.set(label, fromFloat16Bits(new Uint16Array(Uint8Array.from(vector).buffer)));
  }
  edit(vectors);
  const store = hnswStore();
  store.open({
    generationId: generation.id,
    folder: join(paths.vectors, String(generation.id)),
    dimensions: generation.dimensions,
    parameters: generation.parameters,
  });
  store.reset(generation.id);
  store.apply(generation.id, opBatch(position.sequence, { add: vectors }));
  store.snapshot(generation.id, position);
  store.close(generation.id);
}
