/** The workspace of most job tests: one table of texts, `note(id INTEGER PRIMARY KEY, body TEXT)`, and a tiny model. */
import { join } from 'node:path';
import { makeWorkspace, type TestWorkspace } from './workspace.ts';
import { writeTinyModel, type TinyModelOptions } from './tiny-model.ts';

/** What a row can hold; a `Buffer` of bytes that are no UTF-8 cannot be rendered. */
export type Body = string | Buffer | null;

export interface Notes extends TestWorkspace {
  /** Inserts or replaces rows. */
  put(rows: Readonly<Record<number, Body>>): void;
  remove(...ids: number[]): void;
  swap(one: number, other: number): void;
  /** Configures the entity type `note` anew, with these settings over the defaults. */
  reconfigure(settings: NoteSettings): void;
}

export interface NoteSettings {
  readonly template?: string;
  readonly model?: string;
  readonly chunking?: { readonly maxTokens?: number; readonly overlapTokens?: number };
  readonly filter?: string;
}

/** Rows 1, 2, 3 ... with these texts. `model` is written to the folder `tiny`. */
export async function makeNotes(bodies: readonly Body[], model: TinyModelOptions = {}): Promise<Notes> {
  const workspace = await makeWorkspace((db) => {
    db.exec('CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT, remark TEXT)');
  }, configOf({}));
  writeTinyModel(join(workspace.folder, 'tiny'), model);
  const notes: Notes = {
    ...workspace,
    put(rows) {
      workspace.change((db) => {
        const put = db.prepare(
          'INSERT INTO note (id, body) VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body',
        );
        db.transaction(() => {
          for (const [id, body] of Object.entries(rows)) put.run(Number(id), body);
        })();
      });
    },
    remove(...ids) {
      workspace.change((db) => {
        const remove = db.prepare('DELETE FROM note WHERE id = ?');
        db.transaction(() => ids.forEach((id) => remove.run(id)))();
      });
    },
    swap(one, other) {
      workspace.change((db) => {
        const body = db.prepare<[number], Body>('SELECT body FROM note WHERE id = ?').pluck();
        const [first = null, second = null] = [body.get(one), body.get(other)];
        const set = db.prepare('UPDATE note SET body = ? WHERE id = ?');
        db.transaction(() => {
          set.run(second, one);
          set.run(first, other);
        })();
      });
    },
    reconfigure: (settings) => workspace.configure(configOf(settings)),
  };
  notes.put(Object.fromEntries(bodies.map((body, i) => [i + 1, body])));
  return notes;
}

function configOf({ model = './tiny', template = '{{body}}', ...more }: NoteSettings) {
  return { model, entityTypes: { note: { key: ['id'], template, ...more } } };
}

/** `count` different texts of the tiny model's words. */
export function differentTexts(count: number, about = 'book'): string[] {
  const colours = ['red', 'green', 'blue', 'black', 'white', 'small', 'large', 'new', 'old'];
  return Array.from(
    { length: count },
    (_, i) => `the ${colours[i % colours.length]} ${about} number ${i + 1}`,
  );
}

/** Bytes that no text has: a row that cannot be rendered. */
export const unrenderable = Buffer.from([0x66, 0xff, 0xfe]);
