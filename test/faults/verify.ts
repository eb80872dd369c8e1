/** What must be true of a workspace after any fault, once its job has been completed: independent of Plumbline's verdicts. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCatalogForWriting } from '../../engine/catalog/catalog.ts';
import type { Engine } from '../../engine/engine.ts';
import { servingGeneration } from '../../engine/jobs/context.ts';
import { search } from '../../engine/operations/read.ts';
import type { Random } from '../../engine/sample/random.ts';
import { catalogPath, jobs, number, query, readIndexed, textDifferences, textsOf } from './catalog-state.ts';
import { openEngine, type OpenEngine } from './engine.ts';
import { rareWord, readSource, TYPE, type Texts } from './notes.ts';

/** Unique words that are searched for after each run. */
const SEARCHES = 8;

/** Differences between source and index that a validation has to find, computed from plain maps. */
export interface ExpectedDrift {
  readonly missing: number;
  readonly stale: number;
  readonly orphaned: number;
}

export function expectedDrift(source: Texts, indexed: Texts): ExpectedDrift {
  return {
    missing: [...source.keys()].filter((id) => !indexed.has(id)).length,
    stale: [...source].filter(([id, text]) => indexed.has(id) && indexed.get(id) !== text).length,
    orphaned: [...indexed.keys()].filter((id) => !source.has(id)).length,
  };
}

/** Holds a workspace to everything that must be true of it. @throws AssertionError, Error. */
export async function verify(folder: string, wanted: Texts, random: Random): Promise<void> {
  verifyJobs(folder);
  assertNone(textDifferences(textsOf(readIndexed(folder)), wanted), 'the catalog differs from the model');
  const opened = openEngine(folder);
  try {
    await verifyReport(opened, folder, wanted);
    await verifySearch(opened.engine, wanted, random);
  } finally {
    await opened.close();
  }
  verifyCatalog(folder);
  verifyFiles(folder);
}

export function assertNone(differences: readonly string[], what: string): void {
  assert.equal(
    differences.length,
    0,
    `${what} in ${differences.length} places: ${differences.slice(0, 3).join('; ')}`,
  );
}

function verifyJobs(folder: string): void {
  for (const job of jobs(folder)) {
    assert.ok(/^(completed|failed|cancelled)$/.test(job.state), `a job is left: ${JSON.stringify(job)}`);
    const { processed, embedded, reused, unchanged, deleted, failed } = job;
    if (job.kind === 'validate' || job.state !== 'completed') continue;
    assert.equal(
      embedded + reused + unchanged + deleted + failed,
      processed,
      `counts do not add up: ${JSON.stringify(job)}`,
    );
  }
}

/** A deep validation finds exactly the drift that there is, and nothing lost, ghostly or corrupt. */
async function verifyReport(opened: OpenEngine, folder: string, wanted: Texts): Promise<void> {
  const source = readSource(folder);
  const drift = expectedDrift(source, wanted);
  const {
    reports: [report],
  } = await opened.run('validate', { deep: true });
  assert.ok(report !== undefined);
  const { missing, stale, orphaned, outdated, failed, lost, ghost, corrupt, indexed } = report;
  assert.deepEqual(
    { missing, stale, orphaned, outdated, failed, lost, ghost, corrupt, indexed, source: report.source },
    {
      ...drift,
      outdated: 0,
      failed: 0,
      lost: 0,
      ghost: 0,
      corrupt: 0,
      indexed: wanted.size,
      source: source.size,
    },
  );
  assert.equal(report.deep?.fullTextSound, true);
}

/** The graph holds the catalog's labels, and a word that only one text has finds the notes with that text. */
async function verifySearch(engine: Engine, wanted: Texts, random: Random): Promise<void> {
  const generation = servingGeneration(engine.catalog, TYPE);
  if (generation === null) return assert.equal(wanted.size, 0);
  const { sync, vectors } = engine.searchContext();
  await sync.catchUp(generation.id);
  const inGraph = [...(await vectors.call('labels', generation.id))];
  assert.deepEqual(inGraph, [...engine.catalog.opLog.labels(generation.id)], 'graph and catalog differ');
  const texts = [...wanted.values()];
  for (let i = 0; i < SEARCHES && texts.length > 0; i += 1) {
    const word = rareWord(random.pick(texts));
    if (word === null) continue;
    const { hits } = await search(engine, { entityType: TYPE, query: word, mode: 'text', k: 100 });
    const expected = [...wanted].flatMap(([id, text]) => (rareWord(text) === word ? [id] : []));
    assert.deepEqual(
      hits.map(({ key }) => Number(key)).toSorted((a, b) => a - b),
      expected.toSorted((a, b) => a - b),
      `full text for ${word}`,
    );
  }
}

function verifyCatalog(folder: string): void {
  const catalog = openCatalogForWriting(catalogPath(folder));
  try {
    assert.deepEqual(catalog.integrityProblems(), []);
  } finally {
    catalog.close();
  }
  for (const [what, sql] of INVARIANTS) assert.equal(number(folder, sql), 0, what);
}

const INVARIANTS = [
  ['entities that exist twice', 'SELECT count(*) - count(DISTINCT hex(key) || generation_id) FROM entity'],
  [
    'texts without a chunk',
    `SELECT count(*) FROM entity WHERE document <> '' AND id NOT IN (SELECT entity_id FROM chunk)`,
  ],
  [
    'labels that nothing uses',
    `SELECT count(*) FROM label WHERE NOT EXISTS (SELECT 1 FROM chunk
       WHERE chunk.generation_id = label.generation_id AND chunk.label = label.label)`,
  ],
  [
    'generations whose numbers are wrong',
    `SELECT count(*) FROM generation g
     WHERE g.entities <> (SELECT count(*) FROM entity WHERE generation_id = g.id)
        OR g.labels <> (SELECT count(*) FROM label WHERE generation_id = g.id)`,
  ],
  ['generations still being built', `SELECT count(*) FROM generation WHERE state = 'building'`],
] as const;

/** Snapshots that a manifest does not name wait for the next one to remove them: a kill can leave one, repeated kills two. */
const STRAY_SNAPSHOTS = 2;

function verifyFiles(folder: string): void {
  const data = join(folder, '.plumbline');
  const files = readdirSync(data, { recursive: true }).map(String);
  assert.deepEqual(
    files.filter((name) => /tmp|partial|lock\.json|journal/.test(name)),
    [],
    'files are left over',
  );
  const pruned = query<{ id: number }>(
    folder,
    'SELECT id FROM generation WHERE pruned_at IS NOT NULL',
  ).filter(({ id }) => files.includes(join('vectors', String(id))));
  assert.deepEqual(pruned, [], 'graphs of pruned generations are left over');
  const stray = files.filter((name) => name.endsWith('.hnsw') && !isNamed(data, name));
  assert.ok(stray.length <= STRAY_SNAPSHOTS, `snapshots are left over: ${stray.join(', ')}`);
}

function isNamed(data: string, snapshot: string): boolean {
  const [file = '', ...folder] = snapshot.split('/').toReversed();
  const manifest = join(data, ...folder.toReversed(), 'manifest.json');
  return existsSync(manifest) && readFileSync(manifest, 'utf8').includes(`"${file}"`);
}
