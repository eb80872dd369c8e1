/** A workspace of notes in SQLite, and its server: what the benchmarks of REST door and page ask. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';

const BIN = fileURLToPath(new URL('../bin/plumbline.mjs', import.meta.url));

/** Entity type `note` of the table `note` (id, body) in `source.sqlite`; ids from 1 on. */
export function makeNotes(folder: string, rows: number): void {
  const db = new Database(join(folder, 'source.sqlite'));
  db.exec('CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)');
  const insert = db.prepare('INSERT INTO note (body) VALUES (?)');
  db.transaction(() => {
    for (let i = 0; i < rows; i += 1)
      insert.run(
        `note number ${i}: the ${i % 97} teapots of house ${i * 7} wait for water from well ${i % 311}`,
      );
  })();
  db.close();
  const source = { kind: 'sqlite', name: 'source', path: 'source.sqlite' };
  const entityTypes = { note: { key: ['id'], template: '{{body}}' } };
  writeFileSync(join(folder, 'plumbline.yaml'), JSON.stringify({ version: 1, source, entityTypes }));
}

export type NotesServer = ChildProcessByStdio<null, Readable, null>;

/** Whoever starts it stops it. */
export function startServer(folder: string): NotesServer {
  return spawn(process.execPath, [BIN, 'serve', '--port', '0', '--json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Where it answers, and what lets in: its first line. */
export async function addressOf({ stdout }: NotesServer): Promise<{ url: string; token: string }> {
  const [line] = (await once(createInterface(stdout), 'line')) as [string];
  return JSON.parse(line) as { url: string; token: string };
}

export async function stopServer(server: NotesServer): Promise<void> {
  server.kill('SIGTERM');
  await once(server, 'close');
}
