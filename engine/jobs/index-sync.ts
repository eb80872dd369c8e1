/**
 * Keeps a generation's graph in line with the catalog: loads the newest snapshot that belongs to this very history,
 * replays the tail of the op log, or rebuilds the graph from the catalog's vectors. Readers only follow; the writer's
 * {@link WritingIndexSync} also takes snapshots and compacts.
 */
import { join } from 'node:path';
import type { ReadableCatalog } from '../catalog/catalog.ts';
import type { Generation } from '../catalog/generations.ts';
import type { OpPage } from '../catalog/op-log.ts';
import { hasCode } from '../errors.ts';
import type { LogPosition } from '../graph.ts';
import type { Threads } from '../threads.ts';
import { LabelSet } from '../vectors/label-set.ts';
import { hasManifest, presentManifest } from '../vectors/manifest.ts';
import type { OpBatch } from '../vectors/vectors.ts';
import type { VectorsHost } from '../vectors/vectors-host.ts';
import { GraphHolds } from './graph-holds.ts';
import { isSnapshotDue, SETTLED_SHARE } from './snapshot-due.ts';

export type VectorsThread = Threads<VectorsHost>;

/**
 * Operations sent to the vectors thread at once. The store adds a batch in random order, and the more of the collection a
 * batch spans the better the graph.
 */
export const PAGE_OPS = 4096;
/** Labels sent at once while a graph is rebuilt beside one that is searched: searches get their turn in between. */
export const REBUILD_LABELS = 1024;
/** From so many operations to replay, or vectors to build from, on people wait long enough to be told why. */
const TOLD_FROM = 5000;

/** Why the snapshot on disk was not used when it was last opened; `null` where it was, or there was none. */
export type Discarded = { readonly code: string; readonly message: string } | null;

/** One line for people about an index that is not what it should be. */
export type Notice = (line: string) => void;

export interface FollowOptions {
  /** Says nothing of how much there is to do. */
  readonly quietly?: boolean;
}

/** Follows the op log of generations into the graph. */
export class IndexSync {
  protected readonly catalog: ReadableCatalog;
  protected readonly vectors: VectorsThread;
  protected readonly notice: Notice;
  readonly #folder: string;
  /** Sequence that the graph of a generation has reached. */
  readonly #applied = new Map<number, number>();
  readonly #holds = new GraphHolds();
  /** Calls for one generation run one after another. */
  readonly #queue = new Map<number, Promise<unknown>>();
  readonly #discarded = new Map<number, NonNullable<Discarded>>();
  /** Labels left out because their vector is damaged; told once per generation. */
  readonly #damaged = new Map<number, LabelSet>();
  readonly #toldDamaged = new Set<number>();
  readonly #toldBehind = new Set<number>();

  constructor(catalog: ReadableCatalog, vectors: VectorsThread, folder: string, notice: Notice) {
    this.catalog = catalog;
    this.vectors = vectors;
    this.notice = notice;
    this.#folder = folder;
  }

  /** For a search: brings the graph up to the newest commit there is at this moment, and keeps it in memory. */
  async catchUp(generationId: number): Promise<void> {
    this.keep(generationId);
    await this.#followInTurn(generationId);
  }

  /**
   * Does `work` with the graph as the newest commit has it, and does not let it be closed meanwhile. Where the vectors
   * thread dies under it, the graph is opened again and `work` done once more: it must only read.
   */
  async withGraph<T>(generationId: number, work: () => Promise<T>): Promise<T> {
    this.#holds.pin(generationId);
    try {
      await this.#followInTurn(generationId);
      return await this.again(generationId, work, () => this.#followInTurn(generationId));
    } finally {
      if (this.#holds.unpin(generationId)) await this.#close(generationId);
    }
  }

  /**
   * Keeps the graph in memory, once it is there, for the searches to come. Those of the generations that it has replaced
   * leave.
   */
  keep(generationId: number): void {
    const wasKept = this.isKept(generationId);
    this.#holds.keep(generationId);
    if (wasKept) return;
    for (const other of this.#keptOfType(this.#typeOf(generationId))) {
      if (other.state !== 'retired' || other.id === generationId) continue;
      void this.forget(other.id);
    }
  }

  /** For a generation that no search will ask for any more: its graph leaves memory when the last one has ended. */
  async forget(generationId: number): Promise<void> {
    const wasKept = this.#holds.kept.has(generationId);
    this.#holds.letGo(generationId);
    // Whoever searched it goes on with the one that serves in its place.
    const serving = wasKept ? this.catalog.generations.serving(this.#typeOf(generationId)) : null;
    if (serving !== null && serving.id !== generationId) this.keep(serving.id);
    if (this.#holds.mayClose(generationId)) await this.#close(generationId);
  }

  /** At the end of a job: gives the graph's memory back, unless searches use it or its entity type. */
  async release(generationId: number): Promise<void> {
    if (this.isSearched(generationId) || !this.#applied.has(generationId)) return;
    this.#holds.letGo(generationId);
    if (this.#holds.mayClose(generationId)) await this.#close(generationId);
  }

  /** True while the graph is in memory. */
  isOpen(generationId: number): boolean {
    return this.#applied.has(generationId);
  }

  /** Why the snapshot on disk could not be used when this process opened it; null where it could, or there is a new one. */
  discardOf(generationId: number): Discarded {
    return this.#discarded.get(generationId) ?? null;
  }

  /** True where searches use this generation or another one of its entity type, which it is about to replace. */
  protected isSearched(generationId: number): boolean {
    if (this.isKept(generationId)) return true;
    const { entityTypeId, state } = this.catalog.generations.get(generationId);
    return state !== 'retired' && this.#keptOfType(entityTypeId).length > 0;
  }

  #keptOfType(entityTypeId: number): Generation[] {
    return [...this.#holds.kept]
      .map((id) => this.catalog.generations.get(id))
      .filter((generation) => generation.entityTypeId === entityTypeId);
  }

  protected isKept(generationId: number): boolean {
    return this.#holds.kept.has(generationId);
  }

  #typeOf(generationId: number): number {
    return this.catalog.generations.get(generationId).entityTypeId;
  }

  #close(generationId: number): Promise<void> {
    return this.inTurn(generationId, async () => {
      if (!this.#holds.mayClose(generationId)) return;
      this.#holds.closed(generationId);
      this.#applied.delete(generationId);
      // Where the thread is gone, so is the graph; whoever let go of it has other things to report.
      await this.vectors.call('close', generationId).catch(() => {});
    });
  }

  protected folderOf(generationId: number): string {
    return join(this.#folder, String(generationId));
  }

  protected inTurn<T>(generationId: number, work: () => Promise<T>): Promise<T> {
    const turn = (this.#queue.get(generationId) ?? Promise.resolve()).catch(() => {}).then(work);
    this.#queue.set(generationId, turn);
    return turn;
  }

  /** Once more, after `before`, where the thread that had the graph died: what this process knows of it is out of date. */
  protected async again<T>(
    generationId: number,
    work: () => Promise<T>,
    before: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isGraphGone(error)) throw error;
      this.#applied.delete(generationId);
      await before();
      return await work();
    }
  }

  #followInTurn(generationId: number): Promise<unknown> {
    return this.inTurn(generationId, () => this.again(generationId, () => this.follow(generationId)));
  }

  /** Applies the log up to its newest commit as of now; the position reached, null where the log is empty. In turn only. */
  protected async follow(
    generationId: number,
    { quietly = false }: FollowOptions = {},
  ): Promise<LogPosition | null> {
    const { opLog } = this.catalog;
    let applied = this.#applied.get(generationId) ?? (await this.#open(generationId, quietly));
    let target = opLog.last(generationId);
    if (!quietly) this.#tellBehind(generationId, (target?.sequence ?? 0) - applied, 'changes');
    while (target !== null && applied < target.sequence) {
      const page = this.nextPage(generationId, applied, target);
      if (page === null) {
        // A writer has pruned what a newer snapshot holds: nothing but a rebuild bridges the gap.
        applied = await this.#rebuild(generationId, quietly);
        target = opLog.last(generationId);
        continue;
      }
      await this.vectors.call('apply', generationId, toBatch(page));
      this.noteApplied(generationId, (applied = page.sequence));
    }
    this.#tellDamaged(generationId);
    return target;
  }

  /** The operations after `applied`, up to `target`; null where the log does not go back that far any more. */
  protected nextPage(generationId: number, applied: number, target: LogPosition): OpPage | null {
    const limit = Math.min(PAGE_OPS, target.sequence - applied);
    const page = this.catalog.opLog.after(generationId, applied, limit);
    if (page?.firstSequence !== applied + 1) return null;
    this.#noteDamaged(generationId, page);
    return page;
  }

  protected noteApplied(generationId: number, sequence: number): void {
    this.#applied.set(generationId, sequence);
  }

  async #open(generationId: number, quietly: boolean): Promise<number> {
    const generation = this.catalog.generations.get(generationId);
    const { opLog } = this.catalog;
    this.#discarded.delete(generationId);
    let position = await this.#load(generation);
    if (position !== null && !opLog.knows(generationId, position)) {
      // A writer may have switched to a newer snapshot, and pruned this one's commit, since it was read.
      await this.vectors.call('close', generationId);
      position = await this.#load(generation);
    }
    if (position === null) return this.#rebuild(generationId, quietly);
    if (!opLog.knows(generationId, position)) {
      this.discard(generationId, otherHistory(this.catalog.generations.get(generationId), position));
      await this.vectors.call('reset', generationId);
      return this.#rebuild(generationId, quietly);
    }
    this.noteApplied(generationId, position.sequence);
    return position.sequence;
  }

  /** Opens the snapshot on disk; null where there is none that can be trusted. */
  async #load(generation: Generation): Promise<LogPosition | null> {
    const { position, discarded } = await this.vectors.call('open', {
      generationId: generation.id,
      folder: this.folderOf(generation.id),
      dimensions: generation.dimensions,
      parameters: generation.parameters,
    });
    const reason = discarded ?? (position === null ? this.#missing(generation) : null);
    if (reason !== null) this.discard(generation.id, reason);
    return position;
  }

  /** Where the catalog remembers a snapshot of which nothing is left. Before and after: a writer may be at work. */
  #missing({ id, snapshotSequence }: Generation): Discarded {
    const stillNoted = this.catalog.generations.get(id).snapshotSequence > 0;
    const folder = this.folderOf(id);
    if (snapshotSequence === 0 || !stillNoted || hasManifest(folder)) return null;
    return {
      code: 'SNAPSHOT_MISSING',
      message: `the snapshot of the vector index is gone: ${folder} has no manifest`,
    };
  }

  protected discard(generationId: number, reason: NonNullable<Discarded>): void {
    this.#discarded.set(generationId, reason);
    const { code, message } = reason;
    this.notice(`${code}: ${message}; the index is rebuilt from the catalog, without embedding`);
  }

  /** A snapshot was written in the place of the one that could not be used. */
  protected noteReplaced(generationId: number): void {
    this.#discarded.delete(generationId);
  }

  /**
   * From the catalog's labels and vectors, without embedding; then the log goes on from where it stood at the start.
   * Searches that are in the old graph end there.
   */
  async #rebuild(generationId: number, quietly: boolean): Promise<number> {
    if (!quietly)
      this.#tellBehind(generationId, this.catalog.generations.get(generationId).labels, 'vectors');
    const start = this.catalog.opLog.last(generationId)?.sequence ?? 0;
    await this.buildBeside(generationId);
    await this.vectors.call('rebuildFinish', generationId, start);
    this.noteApplied(generationId, start);
    return start;
  }

  /**
   * Fills a graph beside the open one with what the catalog holds, page by page; what is committed meanwhile is in the
   * log. Leaves nothing behind where it fails or is aborted.
   */
  protected async buildBeside(generationId: number, signal?: AbortSignal): Promise<void> {
    const end = this.catalog.generations.get(generationId).nextLabel;
    const of = Math.ceil(end / REBUILD_LABELS);
    await this.vectors.call('rebuildBegin', generationId);
    try {
      for (let index = 0; index < of; index += 1) {
        signal?.throwIfAborted();
        const page = this.catalog.opLog.strand(generationId, { index, of, end });
        this.#noteDamaged(generationId, page);
        await this.vectors.call('rebuildApply', generationId, toBatch(page));
      }
    } catch (error) {
      await this.abandonBeside(generationId);
      throw error;
    }
  }

  /** Never fails: the graph beside goes with its thread, too. */
  protected async abandonBeside(generationId: number): Promise<void> {
    await this.vectors.call('rebuildAbandon', generationId).catch(() => {});
  }

  /** Once per generation, before a long wait. */
  #tellBehind(generationId: number, count: number, of: 'changes' | 'vectors'): void {
    if (count < TOLD_FROM || this.#toldBehind.has(generationId)) return;
    this.#toldBehind.add(generationId);
    const number = count.toLocaleString('en-GB');
    const what =
      of === 'changes'
        ? `is ${number} changes behind; bringing it up to date`
        : `has to be built from ${number} vectors in the catalog`;
    const type = this.catalog.opLog.entityTypeOf(generationId);
    this.notice(`INDEX_BEHIND: the index of ${type} ${what}${this.adviceFor(generationId)}`);
  }

  /** What spares the next reader the same wait, in brackets: readers never save what they did. */
  protected adviceFor(generationId: number): string {
    const type = this.catalog.opLog.entityTypeOf(generationId);
    // A snapshot that looks sound is not opened by a job for a few changes.
    const command = this.isDue(generationId, SETTLED_SHARE)
      ? `plumbline index ${type}`
      : this.discardOf(generationId) === null
        ? null
        : `plumbline validate ${type} --deep`;
    return command === null ? '' : ` (\`${command}\` saves it for the next one)`;
  }

  /** True when the log behind the snapshot on disk has outgrown this share of the collection. */
  protected isDue(generationId: number, share: number): boolean {
    const { lastSequence, snapshotSequence, labels } = this.catalog.generations.get(generationId);
    const saved = presentManifest(this.folderOf(generationId)) === null ? 0 : snapshotSequence;
    return isSnapshotDue(lastSequence - saved, labels, share);
  }

  #noteDamaged(generationId: number, { damaged }: OpPage): void {
    if (damaged.length === 0) return;
    const known = this.#damaged.get(generationId) ?? new LabelSet();
    for (const label of damaged) known.add(label);
    this.#damaged.set(generationId, known);
  }

  #tellDamaged(generationId: number): void {
    const count = this.#damaged.get(generationId)?.size ?? 0;
    if (count === 0 || this.#toldDamaged.has(generationId)) return;
    this.#toldDamaged.add(generationId);
    const type = this.catalog.opLog.entityTypeOf(generationId);
    const what = count === 1 ? '1 stored vector' : `${count} stored vectors`;
    this.notice(
      `VECTOR_DAMAGED: ${what} of ${type} ${count === 1 ? 'is' : 'are'} damaged and left out of the index; run plumbline validate --deep, then fix-drift`,
    );
  }
}

/** As the vectors thread takes it. */
export function toBatch({ labels, adds, vectors, sequence }: OpPage): OpBatch {
  return { labels, adds, vectors, sequence };
}

/** The thread that held the graph is gone; or it is a new one, which never opened it. */
function isGraphGone(error: unknown): boolean {
  return hasCode(error, 'THREAD_DIED', 'GENERATION_CLOSED');
}

/** A snapshot whose position the catalog does not know. */
function otherHistory(generation: Generation, { sequence }: LogPosition): NonNullable<Discarded> {
  if (sequence <= generation.lastSequence) {
    return {
      code: 'SNAPSHOT_FOREIGN',
      message: 'the snapshot belongs to another history of the catalog (was a backup restored?)',
    };
  }
  return {
    code: 'CATALOG_BEHIND',
    message: `the catalog ends at operation ${generation.lastSequence}, the snapshot of the index at ${sequence}: commits were lost (a write-ahead log was cut off, or a backup restored); run \`plumbline validate\` to see what is missing`,
  };
}
