/** What the source thread serves: connectors behind packed pages. See the brief types below. */
import type { ErrorData } from '../errors.ts';
import type { Packed } from '../packed.ts';
import type { ReadSpec } from './source.ts';

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
  /** Rough size of each row's values in bytes, so that the caller can bound what it fetches at once. */
  readonly sizes: Uint32Array;
}

/** One rendered document, or why it could not be rendered. */
export type SourceDocument =
  | { readonly ok: true; readonly text: string; readonly checksum: Uint8Array }
  | { readonly ok: false; readonly error: ErrorData; readonly checksum: Uint8Array };

/** A row with NULL in a key column. */
export interface NullKeyRow {
  readonly key: Uint8Array;
  readonly text: string;
}
