/**
 * A workspace as the first schema left it (test/fixtures/workspace-v1): `note` with 24 rows, one of which cannot be read,
 * and `tag` with 3, both indexed; then note 30 was added, 3 changed, 4 deleted, and both were validated.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const FIXTURE = fileURLToPath(new URL('../fixtures/workspace-v1/', import.meta.url));

/** Unpacks it into a folder; the catalog's path. */
export function unpackOldWorkspace(folder: string): string {
  const data = join(folder, '.plumbline');
  mkdirSync(data, { recursive: true });
  const catalog = join(data, 'catalog.db');
  writeFileSync(join(folder, 'plumbline.yaml'), readFileSync(join(FIXTURE, 'plumbline.yaml')));
  writeFileSync(join(folder, 'source.sqlite'), unpacked('source.sqlite.gz'));
  writeFileSync(catalog, unpacked('catalog.db.gz'));
  return catalog;
}

const unpacked = (name: string): Buffer => gunzipSync(readFileSync(join(FIXTURE, name)));
