/** Which files are data, by their names. */
import { basename, dirname } from 'node:path';

export type DataFormat = 'csv' | 'tsv' | 'json' | 'jsonl' | 'parquet';

const FORMATS: Readonly<Record<string, DataFormat>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  json: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  parquet: 'parquet',
  pq: 'parquet',
};

const DATA_NAME = /\.(csv|tsv|tab|json|jsonl|ndjson|parquet|pq)(\.(gz|zst))?$/i;
const GLOB = /[*?]/;

/** Null where the name is no data file's. What a compressed file holds is what its name without `.gz` or `.zst` says. */
export function dataFormat(path: string): DataFormat | null {
  const extension = DATA_NAME.exec(path)?.[1]?.toLowerCase();
  return extension === undefined ? null : (FORMATS[extension] ?? null);
}

/** Brackets and braces alone make no pattern: names have them more often than patterns do. */
export const isGlob = (path: string): boolean => GLOB.test(path);

/**
 * What rows of these files are called: `books` for `books.csv.gz`, `part` for `part-*.parquet`, and the folder's name
 * for `sales/*.csv`. It depends on what was written alone, never on which files there are.
 */
export function dataName(path: string): string {
  const stem = basename(path).replace(DATA_NAME, '');
  if (stem !== '' && !isGlob(stem)) return stem;
  const literal = (stem.split(GLOB)[0] ?? '').replace(/[\s._-]+$/, '');
  if (literal !== '') return literal;
  const folder = dirname(path);
  return folder === dirname(folder) ? 'rows' : dataName(folder);
}
