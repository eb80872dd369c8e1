/** What the source thread serves: connectors behind packed pages, and documents rendered where the rows are read. */
import { isUtf8 } from 'node:buffer';
import type { Buckets, CountsAndSums } from '../bucket-sums.ts';
import type { CellValue } from '../cell.ts';
import { HASH_BYTES, rowChecksum, textHash } from '../checksum.ts';
import { PlumblineError, toErrorData, type ErrorData } from '../errors.ts';
import { decodeKey, encodeKey, type EncodedKey, type Key } from '../key.ts';
import { pack, unpack, type Packed } from '../packed.ts';
import type { SourceConfig } from '../source-config.ts';
import { compileTemplate, type CompiledTemplate } from '../template.ts';
import { connect } from './connectors.ts';
import { rowSize } from './row-size.ts';
import { keyChanged } from './spec-check.ts';
import type {
  DiscoveredType,
  EntityReader,
  ReadSpec,
  SnapshotReader,
  SourceConnector,
  SourceRow,
} from './source.ts';

/** A reader's spec plus the template that makes documents of its rows. `columns` are those the template names. */
export interface DocumentSpec extends ReadSpec {
  readonly template: string;
}

/** Keys and checksums of one page, without texts: what comparing with the catalog needs. */
export interface ScanPage {
  readonly count: number;
  /** Byte forms of the keys. */
  readonly keys: Packed;
  /** `rowChecksum` of each row, 16 bytes each. */
  readonly checksums: Uint8Array;
}

/** One rendered document, or why it could not be rendered. */
export type SourceDocument =
  | {
      readonly ok: true;
      readonly text: string;
      /** Hash of the whole text, however little of it is answered. */
      readonly textHash: Uint8Array;
      readonly checksum: Uint8Array;
    }
  | { readonly ok: false; readonly error: ErrorData; readonly checksum: Uint8Array };

export interface DocumentOptions {
  /** Rows as they are now; see `EntityReader.fetch`. */
  readonly fresh: boolean;
  /** Characters of each text to answer; null (the default) for all. */
  readonly maxText?: number | null;
}

/** Values held at once for one call; the caller asks again for the rest. */
const ANSWER_BYTES = 1024 * 1024;
/** The same of rows as they are now: where their key has no index, each call is a scan. */
const FRESH_BYTES = 8 * 1024 * 1024;
/** Rows fetched before anything is known about their size. */
const FIRST_ROWS = 16;

/** A row with NULL in a key column; `text` is empty where it could not be rendered. */
export interface NullKeyRow {
  readonly key: Uint8Array;
  readonly text: string;
}

/** One row as a person wants to see it: its document and the values that it was made from. */
export interface InspectedRow {
  /** Null where it cannot be rendered: `error` says why. */
  readonly text: string | null;
  readonly error: ErrorData | null;
  /** The columns of key and template, as text; null for NULL. */
  readonly fields: readonly { readonly name: string; readonly value: string | null }[];
}

export type SourceHost = ReturnType<typeof createSourceHost>;

interface OpenType {
  readonly spec: DocumentSpec;
  readonly reader: EntityReader;
  readonly template: CompiledTemplate;
}

/**
 * The calls of the source thread, for `openThreads<SourceHost>`. `open` comes first, `openType` before any call that
 * names a type; both replace what was open before. Keys travel in their byte form, packed.
 */
export function createSourceHost() {
  let connector: SourceConnector | null = null;
  const types = new Map<string, OpenType>();
  const snapshots = new Map<number, SnapshotReader>();
  let snapshotsTaken = 0;

  function source(): SourceConnector {
    if (connector !== null) return connector;
    throw new PlumblineError('SOURCE_NOT_OPEN', 'no source is open on this thread', { exitCode: 1 });
  }

  function opened(type: string): OpenType {
    const found = types.get(type);
    if (found !== undefined) return found;
    throw new PlumblineError('ENTITY_TYPE_NOT_OPEN', `"${type}" was not opened on this thread`, {
      exitCode: 1,
    });
  }

  /** What a scan reads: a snapshot where it holds one that has not gone with its source. */
  function scanned(
    type: string,
    snapshot: number | null,
  ): Pick<EntityReader, 'page' | 'nullKeyRows' | 'sums'> {
    return (snapshot === null ? undefined : snapshots.get(snapshot)) ?? opened(type).reader;
  }

  async function releaseSnapshot(snapshot: number): Promise<boolean> {
    const found = snapshots.get(snapshot);
    snapshots.delete(snapshot);
    return (await found?.release()) ?? false;
  }

  async function closeType(type: string): Promise<void> {
    const found = types.get(type);
    types.delete(type);
    await found?.reader.close();
  }

  async function close(): Promise<void> {
    for (const snapshot of snapshots.keys()) await releaseSnapshot(snapshot);
    for (const type of types.keys()) await closeType(type);
    const closing = connector;
    connector = null;
    await closing?.close();
  }

  return {
    async open(config: SourceConfig): Promise<{ identity: string }> {
      await close();
      connector = await connect(config);
      return { identity: await connector.identity() };
    },

    async discover(): Promise<DiscoveredType[]> {
      return source().discover();
    },

    async openType(spec: DocumentSpec): Promise<void> {
      const template = compileTemplate(spec.template);
      const reader = await source().openReader({ ...spec, columns: template.columns });
      await closeType(spec.entityType);
      types.set(spec.entityType, { spec, reader, template });
    },

    async count(type: string): Promise<number> {
      return opened(type).reader.count();
    },

    /**
     * Holds the source as it is at this moment, for scans of this type that name the answer; null where the source has nothing like
     * it. To be released in any case.
     */
    async holdSnapshot(type: string): Promise<number | null> {
      const snapshot = (await opened(type).reader.snapshot?.()) ?? null;
      if (snapshot === null) return null;
      snapshotsTaken += 1;
      snapshots.set(snapshotsTaken, snapshot);
      return snapshotsTaken;
    },

    /** True where all scans that named it saw that one moment. */
    releaseSnapshot,

    /** Keys and checksums of the page after `after` (from the start when null); empty at the end. */
    async scan(
      type: string,
      after: Uint8Array | null,
      limit: number,
      snapshot: number | null = null,
    ): Promise<ScanPage> {
      const rows = await scanned(type, snapshot).page(positionIn(opened(type).spec, after), limit);
      return scanPage(rows);
    },

    /** Row checksums summed up where the rows are; null where that is not possible. */
    async sums(type: string, bits: number, snapshot: number | null): Promise<CountsAndSums | null> {
      const found = (await scanned(type, snapshot).sums?.read(bits)) ?? null;
      return found === null ? null : { counts: found.counts, sums: found.sums };
    },

    /** Like `scan`, of only the rows in these buckets. Only after `sums`. */
    async scanBuckets(
      type: string,
      after: Uint8Array | null,
      limit: number,
      buckets: Pick<Buckets, 'bits' | 'bitmap'>,
      snapshot: number | null,
    ): Promise<ScanPage> {
      const position = positionIn(opened(type).spec, after);
      return scanPage((await scanned(type, snapshot).sums?.page(position, limit, buckets)) ?? []);
    },

    /**
     * The documents of the first of these keys, in the order asked; null where there is no such row. As many as fit a
     * bound in bytes, at least one: a few rows of megabytes each must not fill the memory of both threads.
     */
    async documents(
      type: string,
      keys: Packed,
      options: DocumentOptions,
    ): Promise<(SourceDocument | null)[]> {
      const { spec, reader, template } = opened(type);
      const bound = options.fresh ? FRESH_BYTES : ANSWER_BYTES;
      const all = unpack(keys).map(decodeKey);
      const documents: (SourceDocument | null)[] = [];
      let bytes = 0;
      while (documents.length < all.length && bytes < bound) {
        const part = all.slice(documents.length, nextStop(documents.length, bytes, bound));
        const rows = await fetchFitting(reader, spec, part, options.fresh);
        for (const row of rows) {
          bytes += row === null ? 0 : rowSize(row.values);
          documents.push(row === null ? null : toDocument(row, template, options.maxText ?? null));
        }
      }
      return documents;
    },

    /**
     * The rows of these keys as they are now; null where there is none. Through a reader of its own: those of jobs stay as they
     * are, and the type need not have been opened.
     */
    async inspect(spec: DocumentSpec, keys: Packed): Promise<(InspectedRow | null)[]> {
      const template = compileTemplate(spec.template);
      const columns = [...new Set([...template.columns, ...spec.keyColumns])];
      const reader = await source().openReader({ ...spec, columns });
      try {
        const rows = await fetchFitting(reader, spec, unpack(keys).map(decodeKey), true);
        return rows.map((row) =>
          row === null ? null : inspected(row, template, { columns, keyColumns: spec.keyColumns }),
        );
      } finally {
        await reader.close();
      }
    },

    /** Checksums of these keys' rows as they are now; null where there is no such row. */
    async checksums(type: string, keys: Packed): Promise<(Uint8Array | null)[]> {
      const { reader, spec } = opened(type);
      const rows = await fetchFitting(reader, spec, unpack(keys).map(decodeKey), true);
      return rows.map((row) => (row === null ? null : checksumOf(row)));
    },

    async nullKeyRows(
      type: string,
      offset: number,
      limit: number,
      snapshot: number | null = null,
    ): Promise<NullKeyRow[]> {
      const { template } = opened(type);
      const rows = await scanned(type, snapshot).nullKeyRows(offset, limit);
      return rows.map((row) => {
        const rendered = render(row, template);
        return { key: encodeKey(row.key), text: rendered.ok ? rendered.text : '' };
      });
    },

    async proveKey(type: string): Promise<void> {
      return opened(type).reader.proveKey();
    },

    async identity(): Promise<string> {
      return source().identity();
    },

    async changeToken(): Promise<string> {
      return source().changeToken();
    },

    /** May be repeated. */
    closeType,

    /** Closes all types and the source. May be repeated. */
    close,
  };
}

/**
 * Where a scan goes on.
 * @throws PlumblineError `KEY_CHANGED` where the key had another number of columns: there is no such place any more.
 */
function positionIn({ entityType, keyColumns }: DocumentSpec, after: Uint8Array | null): Key | null {
  const position = after === null ? null : decodeKey(after);
  if (position === null || position.length === keyColumns.length) return position;
  throw keyChanged(entityType, 'another number of columns');
}

/** Rows by key. A key of a configuration before, with more or fewer columns, is no row's. */
async function fetchFitting(
  reader: EntityReader,
  { keyColumns }: DocumentSpec,
  keys: readonly Key[],
  fresh: boolean,
): Promise<(SourceRow | null)[]> {
  const fits = (key: Key): boolean => key.length === keyColumns.length;
  const fitting = keys.filter(fits);
  const rows = fitting.length === 0 ? [] : await reader.fetch(fitting, fresh);
  let next = 0;
  return keys.map((key) => (fits(key) ? (rows[next++] ?? null) : null));
}

/** Where to stop fetching: after a first few rows, as many as their average size allows. */
function nextStop(done: number, bytes: number, bound: number): number {
  if (done === 0) return FIRST_ROWS;
  const average = Math.max(1, bytes / done);
  return done + Math.max(1, Math.floor((bound - bytes) / average));
}

function scanPage(rows: readonly SourceRow[]): ScanPage {
  const keys = rows.map((row) => encodeKey(row.key));
  const checksums = new Uint8Array(rows.length * HASH_BYTES);
  rows.forEach((row, i) => {
    checksums.set(checksumOf(row, keys[i]), i * HASH_BYTES);
  });
  return { count: rows.length, keys: pack(keys), checksums };
}

/** A row that cannot be read differs from one that could, and from one that fails otherwise. */
function checksumOf({ key, values, error }: SourceRow, encoded: EncodedKey = encodeKey(key)): Uint8Array {
  return rowChecksum(encoded, error === undefined ? values : [...values, error.message]);
}

function toDocument(row: SourceRow, template: CompiledTemplate, maxText: number | null): SourceDocument {
  const rendered = render(row, template);
  const checksum = checksumOf(row);
  if (!rendered.ok) return { ...rendered, checksum };
  const text = maxText === null ? rendered.text : rendered.text.slice(0, maxText);
  return { ok: true, text, textHash: textHash(rendered.text), checksum };
}

function inspected(
  { values, error }: SourceRow,
  template: CompiledTemplate,
  { columns, keyColumns }: Pick<ReadSpec, 'columns' | 'keyColumns'>,
): InspectedRow {
  // The template's columns come first, in its order.
  const rendered = render({ values: values.slice(0, template.columns.length), error }, template);
  const names = [...new Set([...keyColumns, ...columns])];
  return {
    text: rendered.ok ? rendered.text : null,
    error: rendered.ok ? null : rendered.error,
    fields: names.map((name) => ({ name, value: cellText(values[columns.indexOf(name)] ?? null) })),
  };
}

/** Bytes that are no text are shown in hex. */
function cellText(value: CellValue): string | null {
  if (value === null) return null;
  if (!(value instanceof Uint8Array)) return String(value);
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return isUtf8(bytes) ? bytes.toString() : `0x${bytes.toString('hex')}`;
}

type Rendered =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly error: ErrorData };

/** A row that cannot be rendered is that row's failure, not the scan's. */
function render(
  { values, error }: { readonly values: readonly CellValue[]; readonly error?: ErrorData | undefined },
  template: CompiledTemplate,
): Rendered {
  if (error !== undefined) return { ok: false, error };
  try {
    return { ok: true, text: template.render(values) };
  } catch (error) {
    if (!(error instanceof PlumblineError)) throw error;
    return { ok: false, error: toErrorData(error) };
  }
}
