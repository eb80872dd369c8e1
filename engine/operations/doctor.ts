/** Doctor: looks at everything a workspace needs and says what to do about what is wrong. Reads only. */
import { statfsSync } from 'node:fs';
import { formatBytes } from '../bytes.ts';
import type { Check, Output } from '../contract.ts';
import { catalogError, DAMAGED_HINT } from '../catalog/database.ts';
import type { Generation } from '../catalog/generations.ts';
import type { Engine } from '../engine.ts';
import { PlumblineError, toErrorData } from '../errors.ts';
import { servingGeneration } from '../jobs/context.ts';
import { selectTargets } from '../jobs/targets.ts';
import { isCompactionDue } from '../jobs/writing-index-sync.ts';
import { measureGraph, measureTypes } from './compact.ts';
import { jobs } from './read.ts';

/** Free space below which a warning is due. */
const LOW_DISK_BYTES = 1_000_000_000;

/** Share of the catalog's file, in percent, from which on giving space back is worth a person's while. */
const WORTHWHILE_PERCENT = 10;
const COMPACT_HINT = 'Run `plumbline compact`; with --dry-run it says first what would go.';

export async function doctor(engine: Engine, signal: AbortSignal): Promise<Output<'doctor'>> {
  const catalog = await check('catalog', () => checkCatalog(engine));
  return {
    checks: [
      await check('source', () => checkSource(engine)),
      await check('entity types', () => checkTypes(engine)),
      catalog,
      ...(await checkModels(engine)),
      // What a sound catalog says of its indexes; a damaged one has been named.
      ...(catalog.ok ? await checkContent(engine, signal) : []),
      ...(catalog.ok ? [await check('unfinished jobs', () => checkJobs(engine))] : []),
      await check('disk space', () => checkDisk(engine)),
    ],
  };
}

/** Runs a check: the detail on success, the error's words and hint otherwise. */
async function check(name: string, run: () => Promise<string> | string): Promise<Check> {
  try {
    return { name, ok: true, detail: await run(), hint: null };
  } catch (error) {
    const { message, hint } = toErrorData(error);
    return { name, ok: false, detail: message, hint };
  }
}

async function checkSource(engine: Engine): Promise<string> {
  await engine.source();
  return `${engine.config.source.name} (${engine.config.source.kind}) can be read`;
}

async function checkTypes(engine: Engine): Promise<string> {
  const targets = selectTargets(engine.config, undefined);
  const { thread } = await engine.source();
  for (const target of targets) await thread.call('openType', target.spec);
  return `${targets.length} selected; keys, columns and filters fit the source`;
}

function checkCatalog(engine: Engine): string {
  const problems = integrityProblems(engine);
  if (problems.length === 0) return 'integrity and foreign keys are sound';
  throw new PlumblineError('CATALOG_DAMAGED', problems.slice(0, 3).join('; '), { hint: DAMAGED_HINT });
}

function integrityProblems(engine: Engine): string[] {
  try {
    return engine.catalog.integrityProblems();
  } catch (error) {
    throw catalogError(error, engine.paths.catalog);
  }
}

function checkModels(engine: Engine): Promise<Check[]> {
  const names = new Set([
    engine.config.model,
    ...Object.values(engine.config.entityTypes).flatMap((type) => type.model ?? []),
  ]);
  return Promise.all(
    [...names].map((name) =>
      check(`model ${name}`, async () => {
        const { dimensions, maxTokens, dtype } = await engine.models.info(name);
        return `${dimensions} dimensions, ${maxTokens} tokens, ${dtype}`;
      }),
    ),
  );
}

/** Opens the graphs, and leaves those that nobody searches as it found them. */
async function checkContent(engine: Engine, signal: AbortSignal): Promise<Check[]> {
  const { catalog } = engine;
  const { sync } = engine.searchContext();
  const closed = catalog.pruning
    .types()
    .flatMap(({ name }) => servingGeneration(catalog, name)?.id ?? [])
    .filter((id) => !sync.isOpen(id));
  try {
    return [...(await checkIndexes(engine)), ...(await checkSpace(engine, signal))];
  } finally {
    for (const id of closed) await sync.release(id);
  }
}

async function checkIndexes(engine: Engine): Promise<Check[]> {
  const checks: Check[] = [];
  for (const name of Object.keys(engine.config.entityTypes)) {
    const typeId = engine.catalog.generations.typeId(name);
    const generation = typeId === null ? null : engine.catalog.generations.serving(typeId);
    if (generation === null) continue;
    checks.push(await check(`index ${name}`, () => checkIndex(engine, name, generation)));
  }
  return checks;
}

async function checkIndex(engine: Engine, name: string, generation: Generation): Promise<string> {
  const { sync, vectors } = engine.searchContext();
  const stats = await sync.withGraph(generation.id, () => vectors.call('stats', generation.id));
  const discarded = sync.discardOf(generation.id);
  if (discarded !== null) {
    const { code, message } = discarded;
    throw new PlumblineError(
      code,
      `${code}: ${message}; whoever opens the index puts it together from the catalog`,
      { hint: `\`plumbline validate ${name} --deep\` writes a new one, without embedding.` },
    );
  }
  const { snapshotSequence, sequence } = stats;
  const snapshot =
    snapshotSequence === 0 ? 'no snapshot yet' : `snapshot at operation ${snapshotSequence} of ${sequence}`;
  return `${stats.live} vectors for ${generation.entities} entities, ${stats.tombstones} tombstones, ${snapshot}`;
}

/** What compaction would give back, and what is kept to go back to. */
async function checkSpace(engine: Engine, signal: AbortSignal): Promise<Check[]> {
  const { catalog } = engine;
  const size = await measureTypes(engine, catalog.pruning.types(), signal);
  const { bytes, freeBytes } = catalog.space.size();
  const kept = catalog.pruning.types().flatMap(({ name }) => previousIndex(engine, name) ?? []);
  return [
    ...(await checkTombstones(engine)),
    saving('undo records', size.undo > 0, `${size.undo} beyond retention${about(size.undo, size.undoBytes)}`),
    saving(
      'retired generations',
      size.generations > 0,
      [`${size.generations} beyond retention${about(size.generations, size.generationBytes)}`, ...kept].join(
        '; ',
      ),
    ),
    saving(
      'unused embeddings',
      isWorthwhile(size.embeddingBytes, bytes),
      `${size.embeddings}${about(size.embeddings, size.embeddingBytes)}`,
    ),
    saving(
      'free pages',
      isWorthwhile(freeBytes, bytes),
      `${formatBytes(freeBytes)} of the catalog's ${formatBytes(bytes)}`,
    ),
  ];
}

async function checkTombstones(engine: Engine): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { name } of engine.catalog.pruning.types()) {
    const graph = await measureGraph(engine, name).catch(() => null);
    // What is wrong with it the check of the index has said.
    if (graph === null) continue;
    const all = graph.vectors + graph.tombstones;
    const percent = all === 0 ? 0 : (100 * graph.tombstones) / all;
    const detail = `${graph.tombstones} of ${all} (${percent.toFixed(0)} %) are dropped and still in the index`;
    const isDue = isCompactionDue({ live: graph.vectors, ...graph }, engine.config.compaction);
    checks.push(saving(`dropped vectors of ${name}`, isDue, detail));
  }
  return checks;
}

/** A check that fails where compaction is due. */
const saving = (name: string, isDue: boolean, detail: string): Check => ({
  name,
  ok: !isDue,
  detail,
  hint: isDue ? COMPACT_HINT : null,
});

const about = (count: number, bytes: number): string => (count === 0 ? '' : `, about ${formatBytes(bytes)}`);

const isWorthwhile = (bytes: number, ofBytes: number): boolean =>
  100 * bytes >= WORTHWHILE_PERCENT * ofBytes && bytes > 0;

/** The generation that a rollback would let serve again, in words; null where there is none. */
function previousIndex({ catalog }: Engine, entityType: string): string | null {
  const serving = servingGeneration(catalog, entityType);
  const job = serving === null ? null : catalog.jobs.switchedTo(serving.id);
  if (job === null || job.previousGenerationId === null) return null;
  const previous = catalog.generations.get(job.previousGenerationId);
  if (previous.isPruned) return null;
  return `${entityType} can go back to generation ${previous.number} (${previous.entities} entities) with \`plumbline rollback ${job.id}\``;
}

function checkJobs(engine: Engine): string {
  const open = [...jobs(engine, { state: 'interrupted' }).jobs, ...jobs(engine, { state: 'paused' }).jobs];
  const [first] = open;
  if (first === undefined) return 'none';
  const names = open
    .slice(0, 5)
    .map((job) => `job ${job.id} (${job.kind} ${job.entityType}) is ${job.state}`);
  throw new PlumblineError(
    'UNFINISHED_JOBS',
    `${names.join('; ')}${open.length > 5 ? ` and ${open.length - 5} more` : ''}; their undo records, and those of later jobs, are kept`,
    {
      hint: `\`plumbline resume ${first.id}\` goes on with it, \`plumbline cancel ${first.id}\` gives it up.`,
    },
  );
}

function checkDisk(engine: Engine): string {
  const { bavail, bsize } = statfsSync(engine.paths.root);
  const free = bavail * bsize;
  const words = `${formatBytes(free)} free`;
  if (free < LOW_DISK_BYTES) throw new Error(`${words}: jobs may stop for lack of space`);
  return words;
}
