/** A folder of Markdown for tests, dressed as a table: each row a file, its key the name, its values the front matter. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { formatKey, textPart, type Key, type KeyPart } from '../../engine/key.ts';
import { openDocuments } from '../../engine/sources/documents.ts';
import type { EntityReader, ReadSpec, SourceConnector, SourceRow } from '../../engine/sources/source.ts';
import type { FixtureTable, SourceFixture } from '../cases/source.case.ts';

export class DocumentsFixture implements SourceFixture {
  readonly folder = mkdtempSync(join(tmpdir(), 'plumbline-documents-'));
  #table: FixtureTable | null = null;

  createTable(table: FixtureTable): void {
    this.#table = table;
    this.insert(table.name, table.rows);
  }

  createView(): never {
    throw new Error('folders have no views');
  }

  insert(_table: string, rows: readonly (readonly KeyPart[])[]): void {
    for (const row of rows) {
      const fields = this.#current.columns.flatMap(({ name }, i) =>
        name === this.#key ? [] : [[name, valueOf(row[i])] as const],
      );
      const matter = stringify(Object.fromEntries(fields), { lineWidth: 0 });
      writeFileSync(this.#file(row[this.#keyPlace]), `---\n${matter}---\nA body.\n`);
    }
  }

  deleteKey(_table: string, _column: string, value: KeyPart): void {
    rmSync(this.#file(value));
  }

  async open(): Promise<SourceConnector> {
    const source = await openDocuments({ kind: 'documents', name: 'test', path: this.folder });
    const { name } = this.#current;
    return {
      ...source,
      discover: async () => {
        const [found] = await source.discover();
        if (found === undefined) return [];
        const names = new Set(this.#current.columns.map((column) => column.name));
        const textColumns = found.textColumns.filter((column) => names.has(column));
        return [{ ...found, name, keyColumns: [this.#key], textColumns }];
      },
      openReader: async (spec) => this.#dressed(await source.openReader(this.#undressed(spec))),
    };
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #undressed(spec: ReadSpec): ReadSpec {
    const column = (name: string) => (name === this.#key ? 'path' : name);
    const entityType = spec.entityType === this.#current.name ? 'markdown' : spec.entityType;
    return {
      ...spec,
      entityType,
      keyColumns: spec.keyColumns.map(column),
      columns: spec.columns.map(column),
    };
  }

  #dressed(reader: EntityReader): EntityReader {
    const undress = (key: Key): Key => key.map((part) => textPart(pathOf(part)));
    const dress = (row: SourceRow): SourceRow => ({
      ...row,
      key: row.key.map((part) => textPart(keyOf(formatKey([part])))),
      values: row.values.map((value) => (typeof value === 'string' ? keyOf(value) : value)),
    });
    return {
      count: () => reader.count(),
      page: async (after, limit) => (await reader.page(after && undress(after), limit)).map(dress),
      nullKeyRows: async (offset, limit) => (await reader.nullKeyRows(offset, limit)).map(dress),
      fetch: async (keys, fresh) =>
        (await reader.fetch(keys.map(undress), fresh)).map((row) => (row === null ? null : dress(row))),
      proveKey: () => reader.proveKey(),
      close: () => reader.close(),
    };
  }

  #file(key: KeyPart | undefined): string {
    return join(this.folder, pathOf(key ?? textPart('')));
  }

  get #key(): string {
    return this.#current.key?.[0] ?? 'k';
  }

  get #keyPlace(): number {
    return this.#current.columns.findIndex(({ name }) => name === this.#key);
  }

  get #current(): FixtureTable {
    if (this.#table === null) throw new Error('no table was created');
    return this.#table;
  }
}

/** Names cannot be empty, and those that begin with a dot are left out. */
const pathOf = (part: KeyPart): string => `x${formatKey([part])}.md`;
const keyOf = (path: string): string => /^x(?<key>.*)\.md$/s.exec(path)?.groups?.['key'] ?? path;

function valueOf(part: KeyPart | undefined): unknown {
  if (part === undefined || part.type === 'null') return null;
  return 'value' in part ? part.value : Buffer.from(part.bytes).toString('utf8');
}
