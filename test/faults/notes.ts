/**
 * The workspace that faults are injected into: one table of notes whose texts are split into several chunks, and the
 * model that ships with Plumbline. Cheap to make, to change and to know everything about.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { stringify } from 'yaml';
import type { Random } from '../../engine/sample/random.ts';

export const BUILTIN_MODEL = fileURLToPath(new URL('../../models/builtin/', import.meta.url));
export const TYPE = 'note';

/** Key to text, as the source has them or as they are indexed. */
export type Texts = ReadonlyMap<number, string>;

/** What was done to the source, for the log. */
export interface Mutation {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  readonly swapped: number;
  readonly duplicated: number;
}

const WORDS = (
  'kettle water garden table chair lamp river city bright quiet espresso machine copper window letter bridge ' +
  'orchard violin thunder paper lantern harbour mountain velvet'
).split(' ');
/** Words of a text: some fit one chunk, most need two or three. */
const MIN_WORDS = 8;
const MAX_WORDS = 40;
const CHUNK_TOKENS = 24;
/** Share of the rows that one mutation may delete. */
const DELETE_SHARE = 0.04;

/** Makes the folder with a source of so many rows and a `plumbline.yaml` with these settings more. */
export function makeFaultWorkspace(
  folder: string,
  random: Random,
  rows: number,
  settings: Record<string, unknown> = {},
): void {
  mkdirSync(folder, { recursive: true });
  changeSource(folder, (db) => {
    db.exec('CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT NOT NULL)');
    const insert = db.prepare('INSERT INTO note (body) VALUES (?)');
    for (let i = 0; i < rows; i += 1) insert.run(newText(random));
  });
  configure(folder, settings);
}

/** Writes `plumbline.yaml` anew. */
export function configure(
  folder: string,
  settings: Record<string, unknown>,
  type: Record<string, unknown> = {},
): void {
  const config = {
    version: 1,
    source: { kind: 'sqlite', name: 'source', path: 'source.sqlite' },
    model: 'builtin',
    chunking: { maxTokens: CHUNK_TOKENS, overlapTokens: 4 },
    maxDeletePercent: 100,
    ...settings,
    entityTypes: { [TYPE]: { key: ['id'], template: '{{body}}', ...type } },
  };
  writeFileSync(join(folder, 'plumbline.yaml'), stringify(config));
}

export function changeSource(folder: string, work: (db: Database.Database) => void): void {
  const db = new Database(join(folder, 'source.sqlite'));
  try {
    db.transaction(() => work(db))();
  } finally {
    db.close();
  }
}

export function readSource(folder: string): Map<number, string> {
  const db = new Database(join(folder, 'source.sqlite'), { readonly: true });
  try {
    const rows = db.prepare<[], { id: number; body: string }>('SELECT id, body FROM note').all();
    return new Map(rows.map(({ id, body }) => [id, body]));
  } finally {
    db.close();
  }
}

/** Inserts, updates, deletes, swaps texts and copies texts from row to row: a few of each, up to `most` rows a time. */
export function mutateSource(folder: string, random: Random, most: number): Mutation {
  let mutation: Mutation = { inserted: 0, updated: 0, deleted: 0, swapped: 0, duplicated: 0 };
  changeSource(folder, (db) => {
    const ids = db.prepare<[], number>('SELECT id FROM note').pluck().all();
    const body = db.prepare<[number], string>('SELECT body FROM note WHERE id = ?').pluck();
    const update = db.prepare<[string, number]>('UPDATE note SET body = ? WHERE id = ?');
    const insert = db.prepare<[string]>('INSERT INTO note (body) VALUES (?)');
    const remove = db.prepare<[number]>('DELETE FROM note WHERE id = ?');
    const textOf = (id: number): string => body.get(id) ?? '';
    mutation = {
      updated: repeat(random.below(most), () => update.run(newText(random), random.pick(ids))),
      swapped: repeat(random.below(Math.ceil(most / 4)), () => {
        const [one, other] = [random.pick(ids), random.pick(ids)];
        const text = textOf(one);
        update.run(textOf(other), one);
        update.run(text, other);
      }),
      duplicated: repeat(random.below(Math.ceil(most / 4)), () =>
        update.run(textOf(random.pick(ids)), random.pick(ids)),
      ),
      deleted: repeat(random.below(Math.min(most, Math.ceil(ids.length * DELETE_SHARE))), () =>
        remove.run(random.pick(ids)),
      ),
      inserted: repeat(random.below(most), () => insert.run(newText(random))),
    };
  });
  return mutation;
}

function repeat(times: number, work: () => unknown): number {
  for (let i = 0; i < times; i += 1) work();
  return times;
}

/** A text with a word that no other has, see {@link rareWord}; now and then an empty one, which has no chunk. */
export function newText(random: Random): string {
  if (random.chance(0.005)) return '';
  const words = Array.from({ length: random.between(MIN_WORDS, MAX_WORDS) }, () => random.pick(WORDS));
  words.splice(random.below(words.length), 0, `q${random.below(2 ** 31).toString(36)}x`);
  return `${words.join(' ')}.`;
}

/** The word by which full text finds exactly the notes with this text; null for the empty text. */
export const rareWord = (text: string): string | null => /\bq[0-9a-z]+x\b/.exec(text)?.[0] ?? null;
