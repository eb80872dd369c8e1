import type { CellValue } from '../../cell.ts';
import { andFilter } from '../sqlite/sql.ts';
import { csvRelation } from './csv.ts';
import type { DataFile } from './data-files.ts';
import type { DuckDb } from './duckdb.ts';
import { isTooLong, malformed, readError } from './errors.ts';
import { jsonRelation } from './json.ts';
import { parquetRelation } from './parquet.ts';
import type { PlainCopies } from './plain-copies.ts';
import { RECORD_BYTES, type Relation } from './relation.ts';

/** Reads files by way of DuckDB, and says what is wrong with them in its own words. */
export class OpenedFiles {
  readonly #duckDb: DuckDb;
  readonly #copies: PlainCopies;
  /** Per file the first limit under which all of its records fit, once one did not. */
  readonly #recordBytes = new Map<string, number>();

  constructor(duckDb: DuckDb, copies: PlainCopies) {
    this.#duckDb = duckDb;
    this.#copies = copies;
  }

  /** Does `work` with a file; again from its start where a record did not fit. @throws PlumblineError `SOURCE_MALFORMED` */
  async with<T>(file: DataFile, work: (relation: Relation) => Promise<T>): Promise<T> {
    const path = await this.#copies.pathOf(file);
    const id = `${file.hash}:${file.path}`;
    for (;;) {
      const bytes = this.#recordBytes.get(id) ?? RECORD_BYTES[0];
      let relation: Relation | null = null;
      try {
        relation = await this.#open(file, path, bytes);
        return await work(relation);
      } catch (error) {
        const longer = RECORD_BYTES.find((limit) => limit > bytes);
        if (longer === undefined || !isTooLong(error))
          throw await readError(error, path, file.path, relation);
        this.#recordBytes.set(id, longer);
      }
    }
  }

  /**
   * Hands over the rows of a file that meet the filter, a few thousand at a time. All rows come out of DuckDB, so that
   * they can be counted; a row too few is an error.
   */
  async read(
    relation: Relation,
    file: DataFile,
    { columns, filter }: { readonly columns: readonly string[]; readonly filter: string | null },
    onRows: (rows: CellValue[][]) => void,
  ): Promise<void> {
    const expected = await relation.expectedRows?.();
    const sql = `SELECT true${andFilter(filter)}, ${relation.select(columns)} FROM ${relation.from}`;
    let number = 0;
    for await (const rows of this.#duckDb.stream(sql)) {
      const wanted: CellValue[][] = [];
      for (const [meets, ...row] of rows) {
        number += 1;
        relation.check?.(row, number);
        if (meets === true) wanted.push(relation.read(row, columns, number));
      }
      onRows(wanted);
    }
    if (expected !== undefined && number !== expected) {
      throw malformed(
        file.path,
        null,
        `${number} of ${expected} records could be read: a quote may be misplaced`,
      );
    }
  }

  #open({ path: shown, format }: DataFile, path: string, bytes: number): Promise<Relation> | Relation {
    switch (format) {
      case 'csv':
        return csvRelation(path, shown, null, bytes);
      case 'tsv':
        return csvRelation(path, shown, '\t', bytes);
      case 'json':
      case 'jsonl':
        return jsonRelation(this.#duckDb, path, shown, format === 'jsonl', bytes);
      case 'parquet':
        return parquetRelation(this.#duckDb, path);
      default:
        return format satisfies never;
    }
  }
}
