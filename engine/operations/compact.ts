/** Compact: gives back what dropped vectors, retired generations, undo records beyond retention and free pages take. */
import { accessSync, constants, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { formatBytes } from '../bytes.ts';
import type { ReadableCatalog, WritableCatalog } from '../catalog/catalog.ts';
import type { Compaction, Input } from '../contract.ts';
import type { Engine } from '../engine.ts';
import { PlumblineError } from '../errors.ts';
import { servingGeneration, type JobContext } from '../jobs/context.ts';
import { freeBytes } from '../jobs/disk-space.ts';
import {
  inSteps,
  measurePrunable,
  pruneEmbeddings,
  pruneType,
  selectPrunable,
  type PrunableSize,
} from '../jobs/prune.ts';
import { WritingIndexSync } from '../jobs/writing-index-sync.ts';
import { isRecallLow } from '../recall.ts';
import { readManifest, type Manifest } from '../vectors/manifest.ts';
import { checkType } from './select.ts';

/** An entity type that the catalog knows. */
interface KnownType {
  readonly id: number;
  readonly name: string;
}

type MeasuredGraph = Compaction['graphs'][number];

/** Compactions take turns with jobs, which are numbered from 1. */
let lastTurn = 0;

/** Drift items removed per transaction. */
const STEP_ITEMS = 500;

/**
 * Everything in bounded steps: abort leaves what was done, the rest to the next compaction, and searches at work.
 * @throws PlumblineError `DISK_SPACE_LOW` before anything is done, `ENTITY_TYPE_UNKNOWN`, `DISK_FULL`.
 */
export async function compact(
  engine: Engine,
  input: Input<'compact'>,
  signal: AbortSignal,
): Promise<Compaction> {
  const types = knownTypes(engine, input.entityTypes);
  if (input.dryRun === true) return foresee(engine, types, signal);
  const context = engine.catalogJobContext({});
  return context.control.run((lastTurn -= 1), signal, async (turn) => {
    await turn.come();
    return run(engine, context, types, turn.signal);
  });
}

/** Those of the names that the catalog knows; without names all, those that are no longer configured included. */
function knownTypes(engine: Engine, names: readonly string[] | undefined): KnownType[] {
  for (const name of names ?? []) checkType(engine, name);
  return engine.catalog.pruning.types().filter(({ name }) => names === undefined || names.includes(name));
}

async function run(
  engine: Engine,
  context: JobContext,
  types: readonly KnownType[],
  signal: AbortSignal,
): Promise<Compaction> {
  const { catalog } = context;
  const { bytes: catalogBytesBefore, isIncremental } = catalog.space.size();
  if (!isIncremental) checkRoomToRewrite(engine, catalogBytesBefore);
  const pruned = { undo: 0, generations: 0 };
  for (const { id, name } of types) {
    const { undo, generations } = await pruneType(context, id, signal);
    pruned.undo += undo;
    pruned.generations += generations;
    await pruneItems(catalog, { id, name }, signal);
  }
  const embeddings = await pruneEmbeddings(catalog, signal);
  const graphs = await compactGraphs(engine, types, signal);
  await mergeText(catalog, signal);
  await giveBack(catalog, signal);
  const catalogBytesAfter = catalog.space.size().bytes;
  return { dryRun: false, graphs, ...pruned, embeddings, catalogBytesBefore, catalogBytesAfter };
}

async function foresee(
  engine: Engine,
  types: readonly KnownType[],
  signal: AbortSignal,
): Promise<Compaction> {
  const { catalog } = engine;
  const size = await measureTypes(engine, types, signal);
  const { bytes, freeBytes: free } = catalog.space.size();
  const graphs: Compaction['graphs'] = [];
  for (const { name } of types) {
    const graph = await measureGraph(engine, name);
    if (graph !== null && isWorthBuilding(engine.catalog, graph)) graphs.push(graph);
  }
  return {
    dryRun: true,
    graphs,
    undo: size.undo,
    generations: size.generations,
    embeddings: size.embeddings,
    catalogBytesBefore: bytes,
    catalogBytesAfter: Math.max(0, bytes - free - bytesOf(size)),
  };
}

/** A graph that carries dropped vectors, or that the last deep validation found to miss too much. */
const isWorthBuilding = (catalog: ReadableCatalog, { entityType, tombstones }: MeasuredGraph): boolean =>
  tombstones > 0 || isRecallLow(catalog.reports.latestDeep(entityType));

/** What pruning would remove of these entity types. */
export function measureTypes(
  engine: Engine,
  types: readonly KnownType[],
  signal: AbortSignal,
): Promise<PrunableSize> {
  const { catalog, config } = engine;
  const selections = types.map(({ id }) => selectPrunable(catalog, id, config.retention));
  return measurePrunable(catalog, selections, signal);
}

/** Estimated bytes in the catalog's file. */
export const bytesOf = (size: PrunableSize): number =>
  size.undoBytes + size.generationBytes + size.embeddingBytes;

/** The graph that serves an entity type, and what would be left of its file; null where there is none. */
export async function measureGraph(engine: Engine, entityType: string): Promise<MeasuredGraph | null> {
  const generation = servingGeneration(engine.catalog, entityType);
  if (generation === null) return null;
  const { sync } = engine.searchContext();
  const wasOpen = sync.isOpen(generation.id);
  try {
    return await openAndMeasure(engine, entityType);
  } finally {
    // Who only looks leaves no graph in memory that nobody searches.
    if (!wasOpen) await sync.release(generation.id);
  }
}

/** The same, and the graph stays open. */
async function openAndMeasure(engine: Engine, entityType: string): Promise<MeasuredGraph | null> {
  const generation = servingGeneration(engine.catalog, entityType);
  if (generation === null) return null;
  const { sync, vectors } = engine.searchContext();
  const { live, tombstones } = await sync.withGraph(generation.id, () =>
    vectors.call('stats', generation.id),
  );
  const snapshot = snapshotOf(engine, generation.id);
  // What was dropped since the snapshot was written is not in it twice: its size per vector tells what a new one takes.
  const held = snapshot === null ? 0 : snapshot.live + snapshot.tombstones;
  const bytesBefore = snapshot?.bytes ?? 0;
  const bytesAfter = held === 0 ? 0 : Math.round((bytesBefore * live) / held);
  return { entityType, vectors: live, tombstones, bytesBefore, bytesAfter };
}

async function compactGraphs(
  engine: Engine,
  types: readonly KnownType[],
  signal: AbortSignal,
): Promise<Compaction['graphs']> {
  const { sync } = engine.searchContext();
  if (!(sync instanceof WritingIndexSync)) throw new RangeError('only a writer compacts');
  const graphs: Compaction['graphs'] = [];
  for (const { name } of types) {
    signal.throwIfAborted();
    const before = await openAndMeasure(engine, name);
    const generation = servingGeneration(engine.catalog, name);
    if (generation === null || before === null) continue;
    if (!isWorthBuilding(engine.catalog, before)) {
      // What only lags behind is saved, for the next process to begin with.
      await sync.settle(generation.id, signal);
      continue;
    }
    const { vectors, tombstones } = await sync.compact(generation.id, signal);
    const bytesAfter = snapshotOf(engine, generation.id)?.bytes ?? 0;
    graphs.push({ entityType: name, vectors, tombstones, bytesBefore: before.bytesBefore, bytesAfter });
  }
  return graphs;
}

/** A generation's snapshot as its manifest describes it, null where there is none that counts. */
function snapshotOf(engine: Engine, generationId: number): Manifest | null {
  try {
    return readManifest(join(engine.paths.vectors, String(generationId)));
  } catch {
    return null;
  }
}

/** Items of reports that a newer one has replaced; those that a repair may still be working through stay. */
async function pruneItems(catalog: WritableCatalog, type: KnownType, signal: AbortSignal): Promise<void> {
  const latest = catalog.reports.latest(type.name)?.id;
  if (latest === undefined) return;
  const keepFrom = Math.min(latest, ...reportsInUse(catalog, type.name));
  await inSteps(
    signal,
    () => catalog.transaction(() => catalog.reports.pruneItems(type.id, keepFrom, STEP_ITEMS)) > 0,
  );
}

function reportsInUse({ jobs }: ReadableCatalog, entityType: string): number[] {
  const states = ['queued', 'running', 'paused', 'interrupted'] as const;
  const open = jobs.list({ states, entityType, limit: -1 });
  return open.flatMap((job) => job.reportId ?? []);
}

/** Deleted documents leave marks in the full-text index until its parts are merged. */
async function mergeText(catalog: WritableCatalog, signal: AbortSignal): Promise<void> {
  if (!catalog.space.isTextScattered()) return;
  let isFirst = true;
  await inSteps(signal, () => {
    const isMore = catalog.transaction(() => catalog.space.mergeText(isFirst));
    isFirst = false;
    return isMore;
  });
}

async function giveBack({ space }: WritableCatalog, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { freeBytes: free, isIncremental } = space.size();
  if (isIncremental) await inSteps(signal, () => space.shrink());
  else if (free > 0) space.rewrite();
  space.checkpoint();
}

/**
 * Writing the catalog anew takes its size in the write-ahead log beside it, and once more where SQLite keeps temporary
 * files. @throws PlumblineError `DISK_SPACE_LOW`.
 */
function checkRoomToRewrite(engine: Engine, bytes: number): void {
  const beside = dirname(engine.paths.catalog);
  const temporary = temporaryFolder();
  const sameDisk = statSync(beside).dev === statSync(temporary).dev;
  const needs = new Map([[beside, sameDisk ? 2 * bytes : bytes]]);
  if (!sameDisk) needs.set(temporary, bytes);
  for (const [folder, needed] of needs) {
    const free = freeBytes(folder);
    if (free >= needed) continue;
    throw new PlumblineError(
      'DISK_SPACE_LOW',
      `compaction writes the catalog of an older Plumbline anew, once, and needs ${formatBytes(needed)} in ${folder} for that; ${formatBytes(free)} are free`,
      { hint: 'Free some space, then run the same command again. Nothing was changed.' },
    );
  }
}

/** Where SQLite keeps temporary files: the first of these that it may write to (https://sqlite.org/tempfiles.html). */
function temporaryFolder(): string {
  const { SQLITE_TMPDIR, TMPDIR } = process.env;
  const candidates =
    process.platform === 'win32' ? [] : [SQLITE_TMPDIR, TMPDIR, '/var/tmp', '/usr/tmp', '/tmp'];
  return candidates.find((folder) => folder !== undefined && isWritable(folder)) ?? tmpdir();
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}
