import { createHash } from 'node:crypto';
import type { CellValue } from '../../cell.ts';
import { blobPart, integerPart, textPart, type Key, type KeyPart } from '../../key.ts';
import { checkColumns } from '../spec-check.ts';
import type { EntityReader, ReadSpec, SourceRow } from '../source.ts';
import { Spool } from '../spool.ts';
import type { Turns } from '../turns.ts';
import { writtenTo, type DataFile, type DataFiles } from './data-files.ts';
import type { OpenedFiles } from './opened-files.ts';

const MAX_ATTEMPTS = 3;

/** What the readers and the discovery of one source share. */
export interface FilesAccess {
  readonly files: DataFiles;
  readonly opened: OpenedFiles;
  readonly inTurn: Turns;
  /** Frees what reading the files needed. */
  release(): void;
}

/**
 * Reads the rows of data files by way of a spool: key and used columns, copied once per content of the files. Files have
 * no index; paging through them would parse them again for every page.
 */
export class FilesReader implements EntityReader {
  readonly #access: FilesAccess;
  readonly #spec: ReadSpec;
  readonly #spool = new Spool();
  /** The content that the spool holds, see {@link versionOf}; null before the first time and after a failure. */
  #version: string | null = null;
  #rows = 0;

  constructor(access: FilesAccess, spec: ReadSpec) {
    this.#access = access;
    this.#spec = spec;
  }

  count(): Promise<number> {
    return this.#access.inTurn(async () => {
      await this.#refresh();
      return this.#rows;
    });
  }

  /** A scan from the start sees the files as they are then; a later page continues in the same copy. */
  page(after: Key | null, limit: number): Promise<SourceRow[]> {
    return this.#access.inTurn(async () => {
      if (after === null || this.#version === null) await this.#refresh();
      return this.#spool.page(after, limit);
    });
  }

  nullKeyRows(offset: number, limit: number): Promise<SourceRow[]> {
    return this.#access.inTurn(async () => {
      if (this.#version === null) await this.#refresh();
      return this.#spool.nullKeyRows(offset, limit);
    });
  }

  fetch(keys: readonly Key[], fresh: boolean): Promise<(SourceRow | null)[]> {
    return this.#access.inTurn(async () => {
      if (fresh || this.#version === null) await this.#refresh();
      return this.#spool.fetch(keys);
    });
  }

  proveKey(): Promise<void> {
    return this.#access.inTurn(() => this.#refresh());
  }

  close(): Promise<void> {
    return this.#access.inTurn(async () => this.#spool.close());
  }

  async #refresh(): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const files = await this.#access.files.list();
      if (versionOf(files) === this.#version) return;
      const failed = await this.#fill(files).then(
        () => null,
        (error: unknown) => ({ error }),
      );
      // What is wrong with files that changed meanwhile may be only that somebody was writing to them.
      if (versionOf(await this.#access.files.list()) !== versionOf(files)) continue;
      if (failed !== null) throw failed.error;
      this.#version = versionOf(files);
      return;
    }
    throw writtenTo((await this.#access.files.list())[0]?.path ?? '');
  }

  async #fill(files: readonly DataFile[]): Promise<void> {
    const columns = [...this.#spec.keyColumns, ...this.#spec.columns];
    this.#version = null;
    this.#rows = 0;
    this.#spool.clear();
    try {
      for (const file of files) await this.#fillFrom(file, columns);
    } finally {
      this.#access.release();
    }
    this.#spool.finish(this.#spec);
  }

  async #fillFrom(file: DataFile, columns: readonly string[]): Promise<void> {
    let done = 0;
    await this.#access.opened.with(file, async (relation) => {
      const names = relation.columns.map(({ name }) => name);
      if (names.length > 0) checkColumns(this.#spec, names);
      let number = 0;
      await this.#access.opened.read(relation, file, { columns, filter: this.#spec.filter }, (rows) => {
        for (const row of rows) {
          number += 1;
          // Read again with room for longer records: these are in the spool already.
          if (number <= done) continue;
          done += 1;
          this.#spool.add(this.#toRow(row));
        }
      });
    });
    this.#rows += done;
  }

  #toRow(values: readonly CellValue[]): SourceRow {
    const width = this.#spec.keyColumns.length;
    return { key: values.slice(0, width).map(keyPart), values: values.slice(width) };
  }
}

/** Equal for equal content under equal names. */
export function versionOf(files: readonly DataFile[]): string {
  const hash = createHash('sha256');
  for (const { path, hash: content } of files) hash.update(`${path.length}:${path}${content}`);
  return hash.digest('hex');
}

function keyPart(value: CellValue): KeyPart {
  if (value === null) return { type: 'null' };
  if (typeof value === 'bigint') return integerPart(value);
  if (typeof value === 'number') return { type: 'real', value };
  return typeof value === 'string' ? textPart(value) : blobPart(value);
}
