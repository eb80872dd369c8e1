/** What a workspace's catalog holds, read from outside with plain SQL: what models are compared with. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { decodeKey, formatKey } from '../../engine/key.ts';
import type { Texts } from './notes.ts';

/** One entity of the serving generation, its chunks with their vectors in one comparable line each. */
export interface IndexedNote {
  readonly document: string;
  readonly hashes: string;
  readonly chunks: readonly string[];
}
export type Indexed = ReadonlyMap<number, IndexedNote>;

export interface JobRow {
  readonly id: number;
  readonly kind: string;
  readonly state: string;
  readonly phase: string | null;
  readonly total: number | null;
  readonly processed: number;
  readonly embedded: number;
  readonly reused: number;
  readonly unchanged: number;
  readonly deleted: number;
  readonly failed: number;
  readonly error: string | null;
}

export const catalogPath = (folder: string): string => join(folder, '.plumbline', 'catalog.db');

/** Rows of a query; none before there is a catalog. */
export function query<T>(folder: string, sql: string, ...params: readonly (number | string)[]): T[] {
  if (!existsSync(catalogPath(folder))) return [];
  const db = new Database(catalogPath(folder), { readonly: true });
  try {
    if (db.pragma('user_version', { simple: true }) === 0) return [];
    return db.prepare<unknown[], T>(sql).all(...params);
  } finally {
    db.close();
  }
}

/** False until a process has lived long enough to make one. */
export const hasCatalog = (folder: string): boolean => number(folder, 'PRAGMA user_version') > 0;

/** The one number that a query answers, 0 where it answers none. */
export const number = (folder: string, sql: string, ...params: readonly (number | string)[]): number =>
  Object.values(query<Record<string, number | null>>(folder, sql, ...params)[0] ?? {})[0] ?? 0;

export const jobs = (folder: string): JobRow[] => query(folder, 'SELECT * FROM job ORDER BY id');

/** Everything that searches use, by key. */
export function readIndexed(folder: string): Map<number, IndexedNote> {
  const rows = query<{
    key: Buffer;
    document: string;
    hashes: string;
    chunk: string | null;
    vector: Buffer | null;
  }>(
    folder,
    `SELECT e.key, e.document, hex(e.text_hash) || ' ' || hex(e.source_checksum) || ' ' || e.recipe_id AS hashes,
            c.ordinal || ':' || c.start_offset || '-' || c.end_offset || ' ' || c.tokens AS chunk, m.vector
     FROM generation g JOIN entity e ON e.generation_id = g.id LEFT JOIN chunk c ON c.entity_id = e.id
     LEFT JOIN label l ON l.generation_id = c.generation_id AND l.label = c.label
     LEFT JOIN embedding m ON m.id = l.embedding_id
     WHERE g.state = 'serving' ORDER BY e.id, c.ordinal`,
  );
  const indexed = new Map<number, IndexedNote>();
  for (const { key, document, hashes, chunk, vector } of rows) {
    const id = Number(formatKey(decodeKey(key)));
    const chunks = [...(indexed.get(id)?.chunks ?? [])];
    if (chunk !== null) chunks.push(`${chunk} ${vector === null ? 'no vector' : digest(vector)}`);
    indexed.set(id, { document, hashes, chunks });
  }
  return indexed;
}

const digest = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('base64');

export const textsOf = (indexed: Indexed): Map<number, string> =>
  new Map(Array.from(indexed, ([id, { document }]) => [id, document]));

/** In which keys two maps of texts differ: the first few, in words; empty where they agree. */
export function textDifferences(found: Texts, wanted: Texts): string[] {
  return [...new Set([...found.keys(), ...wanted.keys()])]
    .filter((id) => found.get(id) !== wanted.get(id))
    .map((id) => `note ${id} is ${show(found.get(id))}, not ${show(wanted.get(id))}`);
}

/** In which entities two states differ, chunks and vectors included. */
export function stateDifferences(found: Indexed, wanted: Indexed): string[] {
  return [...new Set([...found.keys(), ...wanted.keys()])]
    .filter((id) => JSON.stringify(found.get(id)) !== JSON.stringify(wanted.get(id)))
    .map((id) => `note ${id} is ${show(found.get(id))}, not ${show(wanted.get(id))}`);
}

const show = (value: unknown): string =>
  value === undefined ? 'absent' : JSON.stringify(value).slice(0, 300);
