/**
 * What every connector promises. A connector reads typed rows and knows nothing about templates, embeddings or the
 * catalog; `source-host.ts` renders and hashes what it returns. Connectors run on the source thread, so they may block.
 */
import type { Buckets, BucketSums } from '../bucket-sums.ts';
import type { CellValue } from '../cell.ts';
import type { ErrorData } from '../errors.ts';
import type { Key } from '../key.ts';
import type { SourceKind } from '../source-config.ts';

export interface SourceColumn {
  readonly name: string;
  /** The type as the source declares it, '' where it declares none. */
  readonly declaredType: string;
  readonly nullable: boolean;
  /** True where the template's default includes it. */
  readonly text: boolean;
  /** True where sampled values hold HTML tags: the template's default takes them off. */
  readonly html: boolean;
  /** Why it is, or is not, taken for text: one short clause for people. */
  readonly reason: string;
}

/** One table or view as discovery found it. */
export interface DiscoveredType {
  /** The table's name, schema-qualified where that is not the default schema. */
  readonly name: string;
  readonly kind: 'table' | 'view';
  readonly columns: readonly SourceColumn[];
  /** Key columns in key order; empty where there is no declared key. */
  readonly keyColumns: readonly string[];
  readonly textColumns: readonly string[];
  /** Exact row count; null where counting failed (a broken view): `reason` says why. */
  readonly rows: number | null;
  /** True where it has a key and text columns: `init` selects it. */
  readonly selected: boolean;
  /** Why it is selected or not, and the remedy if not: one sentence for people. */
  readonly reason: string;
  /** Values of `columns` for up to a few first rows: what a preview of the rendered document is made from. */
  readonly sampleRows: readonly (readonly CellValue[])[];
}

/** Which rows of which table a reader reads. */
export interface ReadSpec {
  readonly entityType: string;
  /** Key columns in key order, as configured. */
  readonly keyColumns: readonly string[];
  /** Columns whose values the rows carry, in this order. */
  readonly columns: readonly string[];
  /** A condition in the source's own language that rows must meet, or null. */
  readonly filter: string | null;
}

export interface SourceRow {
  readonly key: Key;
  /** In the order of {@link ReadSpec.columns}. */
  readonly values: readonly CellValue[];
  /** Why the values, all NULL then, could not be read: the row is there, and its entity becomes a dead letter. */
  readonly error?: ErrorData;
}

/** Row checksums (`checksum.ts`) that the source computes itself, and sums up by bucket (`bucket-sums.ts`). */
export interface SourceSums {
  /** Of all rows that meet the filter and have no NULL in the key; null where a row turned out to be beyond the source. */
  read(bits: number): Promise<BucketSums | null>;
  /** Like {@link EntityReader.page}, of only the rows in these buckets. */
  page(after: Key | null, limit: number, buckets: Pick<Buckets, 'bits' | 'bitmap'>): Promise<SourceRow[]>;
}

/** Reads one entity type. Every method is one short read of its own: no lock outlives a call. */
export interface EntityReader {
  /** Rows that meet the filter, those with NULL in a key column included. */
  count(): Promise<number>;
  /**
   * Up to `limit` rows after `after` (from the start when null), in the key index's own order; rows with NULL in a key
   * column are left out. An empty page is the end; a page may end early, to hold few large rows at once. Each row that
   * exists for the whole of a scan appears exactly once. Where the key has a collation, that order is the collation's, and
   * only the source can compare by it: nobody else may.
   */
  page(after: Key | null, limit: number): Promise<SourceRow[]>;
  /** Rows with NULL in a key column, in a stable order, `limit` from `offset`. */
  nullKeyRows(offset: number, limit: number): Promise<SourceRow[]>;
  /**
   * The rows of these keys, in the order asked; null where there is none (or the filter excludes it). `fresh`: as they
   * are now. Otherwise a reader that spools (views, keys without an index) may answer as of its scan, which is faster.
   */
  fetch(keys: readonly Key[], fresh: boolean): Promise<(SourceRow | null)[]>;
  /**
   * Proves a declared key unique. Free where the source enforces it.
   * @throws PlumblineError `KEY_NOT_UNIQUE` with up to three duplicate keys and their counts.
   */
  proveKey(): Promise<void>;
  /** Absent where the source cannot compute checksums of these columns. */
  readonly sums?: SourceSums | undefined;
  /** The same rows as they are at this moment, for one scan; absent or null where the source has nothing like it. */
  snapshot?(): Promise<SnapshotReader | null>;
  /** Frees statements and temporary data. May be repeated. */
  close(): Promise<void>;
}

/** What a scan reads, all of one moment. It may be held for minutes; see docs/sources.md for what that costs the source. */
export interface SnapshotReader extends Pick<EntityReader, 'page' | 'nullKeyRows' | 'sums'> {
  /** Ends it. True where all that was read was of that moment; false where some was read later. */
  release(): Promise<boolean>;
}

export interface SourceConnector {
  readonly kind: SourceKind;
  /** Tables, then views, by name. Internal tables of the database and of virtual tables are left out. */
  discover(): Promise<DiscoveredType[]>;
  /**
   * Checks the spec against the schema and opens a reader.
   * @throws PlumblineError `ENTITY_TYPE_UNKNOWN`, `COLUMN_UNKNOWN`, `KEY_MISSING`, `FILTER_INVALID`, each naming the
   * nearest existing name as a hint.
   */
  openReader(spec: ReadSpec): Promise<EntityReader>;
  /**
   * Which source this is, read afresh: two equal strings, same data. Device and inode for a file. For a server what
   * stays when another machine takes over the same data (a standby that is promoted) and differs where the database was
   * made anew, as far as the server can tell. Never an address with a secret in it.
   */
  identity(): Promise<string>;
  /**
   * Differs whenever somebody committed to the source between two calls; equal tokens mean one snapshot was seen. It may
   * differ without need (servers count other databases' commits, too), never the other way round.
   */
  changeToken(): Promise<string>;
  /** May be repeated. */
  close(): Promise<void>;
}
