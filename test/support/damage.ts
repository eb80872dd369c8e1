/** Makes by hand what crashes, disks and bugs may do to what is stored. */
import { join } from 'node:path';
import Database from 'better-sqlite3';

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
