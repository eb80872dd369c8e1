/**
 * Workspaces as earlier schemas left them. The first (test/fixtures/workspace-v1): `note` with 24 rows, one of which cannot be
 * read, and `tag` with 3, both indexed; then note 30 was added, 3 changed, 4 deleted, and both were validated. The second
 * (workspace-v2) is that one, with `note` repaired and its dead letter excluded; then 31 was added, 5 changed, 6 deleted, both
 * validated, and the process killed in an index job.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));

/** Unpacks it into a folder; the catalog's path. */
export function unpackOldWorkspace(folder: string, schema: 1 | 2 = 1): string {
  const fixture = join(FIXTURES, `workspace-v${schema}`);
  const data = join(folder, '.plumbline');
  mkdirSync(data, { recursive: true });
  const catalog = join(data, 'catalog.db');
  writeFileSync(join(folder, 'plumbline.yaml'), readFileSync(join(fixture, 'plumbline.yaml')));
  writeFileSync(join(folder, 'source.sqlite'), unpacked(join(fixture, 'source.sqlite.gz')));
  writeFileSync(catalog, unpacked(join(fixture, 'catalog.db.gz')));
  return catalog;
}

const unpacked = (path: string): Buffer => gunzipSync(readFileSync(path));
