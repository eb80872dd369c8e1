/** A source with enough different texts for a job to have a middle. */
import type Database from 'better-sqlite3';
import { makeWorkspace, type TestWorkspace } from './workspace.ts';

/** Several micro-batches, a second or two of embedding. */
export const MANY = 1600;

export function fillNotes(db: Database.Database, rows: number): void {
  db.exec(`CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)`);
  const insert = db.prepare('INSERT INTO note (body) VALUES (?)');
  db.transaction(() => {
    for (let i = 0; i < rows; i += 1)
      insert.run(`note number ${i}, about the ${i % 97} teapots of house ${i * 7}`);
  })();
}

export function makeManyNotes(rows: number): Promise<TestWorkspace> {
  return makeWorkspace((db) => fillNotes(db, rows));
}
