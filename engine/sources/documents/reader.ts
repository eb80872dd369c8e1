import type { CellValue } from '../../cell.ts';
import { toErrorData, type ErrorData } from '../../errors.ts';
import type { Key } from '../../key.ts';
import type { EntityReader, ReadSpec, SourceRow } from '../source.ts';
import type { Turns } from '../turns.ts';
import type { DocumentsMirror } from './mirror.ts';

/** Reads the documents of one kind by way of the mirror, which each scan brings up to date first. */
export class DocumentsReader implements EntityReader {
  readonly #mirror: DocumentsMirror;
  readonly #openRows: () => EntityReader;
  /** Of the mirror's table; its rows carry the error of their file behind the columns of the spec. */
  #rows: EntityReader;
  /** The state of the mirror that `#rows` was opened in; one that keeps a copy cannot tell when it is out of date. */
  #changes: number;
  readonly #spec: ReadSpec;
  readonly #inTurn: Turns;

  constructor(mirror: DocumentsMirror, openRows: () => EntityReader, spec: ReadSpec, inTurn: Turns) {
    this.#mirror = mirror;
    this.#openRows = openRows;
    this.#rows = openRows();
    this.#changes = mirror.changes;
    this.#spec = spec;
    this.#inTurn = inTurn;
  }

  count(): Promise<number> {
    return this.#inTurn(async () => {
      await this.#refresh();
      return this.#rows.count();
    });
  }

  /** A scan from the start sees the folder as it is then; a later page continues in what was read. */
  page(after: Key | null, limit: number): Promise<SourceRow[]> {
    return this.#inTurn(async () => {
      if (after === null) await this.#refresh();
      return (await this.#rows.page(after, limit)).map((row) => this.#withError(row));
    });
  }

  nullKeyRows(offset: number, limit: number): Promise<SourceRow[]> {
    return this.#inTurn(async () =>
      (await this.#rows.nullKeyRows(offset, limit)).map((row) => this.#withError(row)),
    );
  }

  fetch(keys: readonly Key[], fresh: boolean): Promise<(SourceRow | null)[]> {
    return this.#inTurn(async () => {
      const paths = keys.map((key) => this.#pathOf(key));
      if (fresh) await this.#refresh(paths);
      const rows = await this.#rows.fetch(keys, fresh);
      return rows.map((row, i) =>
        row === null ? this.#unreadable(keys[i] ?? [], paths[i] ?? null) : this.#withError(row),
      );
    });
  }

  proveKey(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#refresh();
      await this.#rows.proveKey();
    });
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#rows.close());
  }

  /** @param paths only these files; a null among them, and none at all, mean the whole folder */
  async #refresh(paths: readonly (string | null)[] = [null]): Promise<void> {
    const known = paths.filter((path) => path !== null);
    if (known.length < paths.length) await this.#mirror.refresh();
    else await this.#mirror.refreshSome(known);
    if (this.#changes === this.#mirror.changes) return;
    await this.#rows.close();
    this.#rows = this.#openRows();
    this.#changes = this.#mirror.changes;
  }

  /** Null where the path is no part of the key. */
  #pathOf(key: Key): string | null {
    const part = key[this.#spec.keyColumns.indexOf('path')];
    return part?.type === 'text' ? Buffer.from(part.bytes).toString('utf8') : null;
  }

  /** What a file held that cannot be read now is not known to be gone: its entities fail, and none counts as deleted. */
  #unreadable(key: Key, path: string | null): SourceRow | null {
    const error = path === null ? null : this.#mirror.errorOf(path);
    if (error === null) return null;
    return { key, values: this.#spec.columns.map(() => null), error: toErrorData(error) };
  }

  #withError({ key, values }: SourceRow): SourceRow {
    const error: CellValue = values.at(-1) ?? null;
    const own = values.slice(0, -1);
    return typeof error === 'string'
      ? { key, values: own, error: JSON.parse(error) as ErrorData }
      : { key, values: own };
  }
}
