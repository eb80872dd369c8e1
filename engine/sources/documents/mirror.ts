import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { CellValue } from '../../cell.ts';
import { PlumblineError, toErrorData } from '../../errors.ts';
import { stringify } from '../../json.ts';
import { isSettled, stampOf } from '../file-stamp.ts';
import { PrivateDatabase } from '../private-database.ts';
import type { SqliteConnection } from '../sqlite/connection.ts';
import { lowerAscii, quote } from '../sqlite/sql.ts';
import { DOCUMENT_KINDS, KINDS, type DocumentKind } from './kinds.ts';
import { readDocument, type ReadDocument } from './read-document.ts';
import { look, walk, type FoundDocument } from './walk.ts';

/** Holds the error of a file that could not be read, as JSON. No field of front matter has such a name. */
export const ERROR_COLUMN = '\u0001error';

/** A file whose rows are in the mirror. */
interface Mirrored {
  readonly kind: DocumentKind;
  readonly stamp: string;
  /** False where the stamp may hide a change, or reading may go better next time. */
  readonly settled: boolean;
  readonly blob: string;
  readonly modified: string;
  readonly error: PlumblineError | null;
}

/** Files between two chances for others of this thread. */
const FILES_AT_ONCE = 64;
/** SQLite's own limit is 2,000 columns. */
const MAX_FIELDS = 1_000;

/** The rows of all documents, in a private database with a table per kind. What did not change is not read again. */
export class DocumentsMirror {
  readonly #root: string;
  readonly #only: string | null;
  readonly #database: PrivateDatabase;
  readonly #files = new Map<string, Mirrored>();
  /** Columns of each table, by their names in lower case of ASCII: SQLite does not tell `Tags` from `tags`. */
  readonly #columns = new Map<DocumentKind, Map<string, string>>();

  /** Counts what was written to it. */
  changes = 0;

  /** @param only the one file of the folder that is read, null for all */
  constructor(root: string, only: string | null) {
    this.#root = root;
    this.#only = only;
    this.#database = new PrivateDatabase(only ?? root);
    this.#create();
  }

  get connection(): SqliteConnection {
    return this.#database.connection;
  }

  /** Columns of a kind, key first, those of front matter in the order in which they were met. */
  columnsOf(kind: DocumentKind): string[] {
    return [...(this.#columns.get(kind)?.values() ?? [])];
  }

  /** Files of a kind, those that cannot be read included. */
  fileCount(kind: DocumentKind): number {
    let count = 0;
    for (const file of this.#files.values()) if (file.kind === kind) count += 1;
    return count;
  }

  /** Why a file has no rows; null where it has, or is not there. */
  errorOf(path: string): PlumblineError | null {
    return this.#files.get(path)?.error ?? null;
  }

  /** Equal for equal content under equal names. */
  version(): string {
    const hash = createHash('sha256');
    for (const [path, { blob }] of [...this.#files].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(`${path.length}:${path}${blob}`);
    }
    return hash.digest('hex');
  }

  /** Brings the mirror in line with the folder. @throws PlumblineError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE` */
  async refresh(): Promise<void> {
    const gone = new Set(this.#files.keys());
    let batch: FoundDocument[] = [];
    for (const found of this.#found()) {
      gone.delete(found.path);
      batch.push(found);
      if (batch.length < FILES_AT_ONCE) continue;
      this.#update(batch);
      batch = [];
      await setImmediate();
    }
    this.#update(batch);
    if (gone.size === 0) return;
    this.#write(() => {
      for (const path of gone) this.#remove(path);
    });
  }

  /** The same for some files alone; those that it does not know are looked for in the whole folder. */
  async refreshSome(paths: readonly string[]): Promise<void> {
    if (paths.some((path) => !this.#files.has(path))) return this.refresh();
    for (const path of new Set(paths)) {
      const found = look(this.#root, join(this.#root, path));
      if (found !== null) this.#update([found]);
      else this.#write(() => this.#remove(path));
    }
  }

  /** Makes room for a field that no document has just now. */
  addField(kind: DocumentKind, name: string): void {
    const columns = this.#columns.get(kind);
    if (columns === undefined || columns.has(lowerAscii(name))) return;
    this.#database.run(`ALTER TABLE ${kind} ADD COLUMN ${quote(name)}`);
    columns.set(lowerAscii(name), name);
  }

  close(): void {
    this.#database.close();
  }

  #found(): Iterable<FoundDocument> {
    if (this.#only === null) return walk(this.#root);
    const found = look(this.#root, this.#only);
    if (found !== null) return [found];
    throw new PlumblineError('SOURCE_NOT_FOUND', `there is no file ${this.#only}`, {
      hint: 'Check the path of the source; the file may have been moved or its disk is not connected.',
      details: { path: this.#only },
    });
  }

  #create(): void {
    for (const kind of DOCUMENT_KINDS) {
      const { key, columns } = KINDS[kind];
      const keyColumns = key.map((name) => `${quote(name)} TEXT NOT NULL`);
      const others = [...columns, ERROR_COLUMN].map(quote);
      this.#database.run(`DROP TABLE IF EXISTS ${kind}`);
      this.#database.run(
        `CREATE TABLE ${kind} (${[...keyColumns, ...others].join(', ')}, PRIMARY KEY (${key.map(quote).join(', ')}))`,
      );
      this.#columns.set(kind, new Map([...key, ...columns].map((name) => [name, name])));
    }
    this.#files.clear();
  }

  #update(batch: readonly FoundDocument[]): void {
    const changed = batch.filter((found) => {
      const known = this.#files.get(found.path);
      return known === undefined || !known.settled || known.stamp !== stampOf(found.stat);
    });
    if (changed.length === 0) return;
    this.#write(() => {
      for (const found of changed) this.#readAgain(found);
    });
  }

  /** What fails half-way leaves nothing that could be taken for whole. */
  #write(work: () => void): void {
    this.changes += 1;
    try {
      this.#database.together(work);
    } catch (error) {
      this.#create();
      throw error;
    }
  }

  #readAgain(first: FoundDocument): void {
    const known = this.#files.get(first.path) ?? null;
    const readAt = Date.now();
    const read = readDocument(this.#root, first, known?.error === null ? known.blob : null);
    if (read === null) return this.#remove(first.path);
    const { found, blob } = read;
    const modified = new Date(Number(found.stat.mtimeMs)).toISOString();
    const error = read.rows === null ? null : this.#replace(read, modified);
    if (read.rows === null && known?.modified !== modified) {
      this.#database.run(`UPDATE ${found.kind} SET modified = ? WHERE path = ?`, [modified, found.path]);
    }
    const settled = isSettled(found.stat, readAt) && error?.retryable !== true;
    this.#files.set(found.path, {
      kind: found.kind,
      stamp: stampOf(found.stat),
      settled,
      blob,
      modified,
      error,
    });
  }

  #replace(read: ReadDocument, modified: string): PlumblineError | null {
    const { kind, path } = read.found;
    const error = read.error ?? this.#makeRoom(kind, read.rows);
    this.#remove(path);
    if (error === null) {
      for (const row of read.rows)
        this.#insert(kind, new Map([...row, ['path', path], ['modified', modified]]));
    } else {
      const keys = KINDS[kind].key.map((name): [string, CellValue] => [name, name === 'path' ? path : '']);
      this.#insert(kind, new Map([...keys, [ERROR_COLUMN, stringify(toErrorData(error))]]));
    }
    return error;
  }

  #makeRoom(kind: DocumentKind, rows: ReadDocument['rows']): PlumblineError | null {
    const names = new Set(rows.flatMap((row) => [...row.keys()]));
    const columns = this.#columns.get(kind);
    const added = [...names].filter((name) => columns?.has(lowerAscii(name)) !== true);
    if ((columns?.size ?? 0) + added.length > MAX_FIELDS) {
      return new PlumblineError(
        'FRONT_MATTER_INVALID',
        `its fields would be more than the ${MAX_FIELDS} of all documents`,
        {
          hint: 'Put what differs from file to file into one field: a list or a mapping.',
        },
      );
    }
    for (const name of added) this.addField(kind, name);
    return null;
  }

  #insert(kind: DocumentKind, row: ReadonlyMap<string, CellValue>): void {
    const names = [...row.keys()];
    this.#database.run(
      `INSERT INTO ${kind} (${names.map(quote).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
      [...row.values()],
    );
  }

  #remove(path: string): void {
    const known = this.#files.get(path);
    if (known === undefined) return;
    this.#database.run(`DELETE FROM ${known.kind} WHERE path = ?`, [path]);
    this.#files.delete(path);
  }
}
