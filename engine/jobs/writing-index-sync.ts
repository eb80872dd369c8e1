/** The writer's side of following the catalog: snapshots, pruning of the op log, and compaction. */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { WritableCatalog } from '../catalog/catalog.ts';
import { PlumblineError, toErrorData } from '../errors.ts';
import type { LogPosition } from '../graph.ts';
import { presentManifest } from '../vectors/manifest.ts';
import type { StoreStats } from '../vectors/vectors.ts';
import type { IndexFollower } from './context.ts';
import { IndexSync, toBatch, type Discarded, type Notice, type VectorsThread } from './index-sync.ts';
import { mostTombstones, RUNNING_SHARE, SETTLED_SHARE } from './snapshot-due.ts';

/** Operations removed from the log per transaction. */
const PRUNE_OPS = 5000;
/** Fewer dropped vectors than this cost less than building the graph anew. */
const MIN_TOMBSTONES = 1000;

/** What compaction made of a graph. */
export interface CompactedGraph {
  /** Vectors in the new graph. */
  readonly vectors: number;
  /** Dropped vectors that the old one carried. */
  readonly tombstones: number;
}

export interface CompactionSettings {
  /** Share of dropped vectors in a graph, in percent of all in it, from which on it is compacted at the end of a job. */
  readonly tombstonePercent: number;
}

/** True when a graph carries so many dropped vectors that it is worth building anew. Pure. */
export function isCompactionDue(
  { live, tombstones }: Pick<StoreStats, 'live' | 'tombstones'>,
  { tombstonePercent }: CompactionSettings,
): boolean {
  return tombstones >= MIN_TOMBSTONES && tombstones * 100 >= (live + tombstones) * tombstonePercent;
}

/** The writer's: follows in the background while a job runs, takes snapshots, and compacts. */
export class WritingIndexSync extends IndexSync implements IndexFollower {
  readonly #catalog: WritableCatalog;
  readonly #settings: CompactionSettings;
  readonly #underWay = new Map<number, Promise<void>>();
  readonly #compactions = new Map<number, Promise<CompactedGraph>>();
  /** Ends compactions in the background. */
  readonly #stop = new AbortController();
  /** Generations whose background run failed: left alone until `settle`, which tries once more and reports. */
  readonly #failed = new Set<number>();

  constructor(
    catalog: WritableCatalog,
    vectors: VectorsThread,
    folder: string,
    notice: Notice,
    settings: CompactionSettings,
  ) {
    super(catalog, vectors, folder, notice);
    this.#catalog = catalog;
    this.#settings = settings;
  }

  protected override discard(generationId: number, reason: NonNullable<Discarded>): void {
    // What is on disk does not count any more, so the next snapshot is due sooner.
    this.#catalog.transaction(() => this.#catalog.generations.noteSnapshot(generationId, 0));
    super.discard(generationId, reason);
  }

  nudge(generationId: number): void {
    if (this.#underWay.has(generationId) || this.#compactions.has(generationId)) return;
    if (this.#failed.has(generationId) || !this.isDue(generationId, RUNNING_SHARE)) return;
    const run = this.#inTurnAgain(generationId, async () => {
      // Nobody waits for it, so nobody need hear how much it is.
      const position = await this.follow(generationId, { quietly: true });
      if (this.isDue(generationId, RUNNING_SHARE)) await this.#save(generationId, position);
    })
      .catch(() => void this.#failed.add(generationId))
      .finally(() => void this.#underWay.delete(generationId));
    this.#underWay.set(generationId, run);
  }

  /**
   * At the end of a job. A graph with too many dropped vectors is compacted: at once, or in the background where people
   * search it, because then this process stays and the job need not wait. Aborting puts compaction off.
   */
  async settle(generationId: number, signal?: AbortSignal): Promise<void> {
    await this.#underWay.get(generationId);
    this.#failed.delete(generationId);
    if (!this.#compactions.has(generationId) && this.#isSettlingDue(generationId)) {
      const isTooFull = await this.#inTurnAgain(generationId, () => this.#followAndSave(generationId));
      if (isTooFull && this.isKept(generationId)) this.#compactInBackground(generationId);
      else if (isTooFull) await this.#compactNow(generationId, signal);
    }
    // What is searched, or is about to take the place of it, should not keep the next search waiting.
    if (this.isSearched(generationId)) await this.#inTurnAgain(generationId, () => this.follow(generationId));
    await this.release(generationId);
  }

  /**
   * A snapshot that is gone or could not be used is replaced, however short the log: else it is complained of again and
   * again. One taken in the middle of a job may have left a short log behind many dropped vectors.
   */
  #isSettlingDue(generationId: number): boolean {
    return (
      this.isDue(generationId, SETTLED_SHARE) ||
      this.discardOf(generationId) !== null ||
      this.#isSnapshotGone(generationId) ||
      this.#mayBeTooFull(generationId)
    );
  }

  #isSnapshotGone(generationId: number): boolean {
    const { snapshotSequence } = this.#catalog.generations.get(generationId);
    return snapshotSequence > 0 && presentManifest(this.folderOf(generationId)) === null;
  }

  /** As far as the manifest and the catalog tell: the graph itself, which would have to be loaded, has the last word. */
  #mayBeTooFull(generationId: number): boolean {
    const snapshot = presentManifest(this.folderOf(generationId));
    if (snapshot === null) return false;
    const { lastSequence, labels } = this.#catalog.generations.get(generationId);
    const { live, tombstones: saved, sequence } = snapshot;
    const tombstones = mostTombstones({ live, tombstones: saved, tail: lastSequence - sequence, labels });
    return isCompactionDue({ live: labels, tombstones }, this.#settings);
  }

  /** Whoever writes saves it at the end of the job. */
  protected override adviceFor(): string {
    return '';
  }

  /** Follows and takes a snapshot; or answers true, without one, where the graph is to be compacted instead. */
  async #followAndSave(generationId: number): Promise<boolean> {
    const position = await this.follow(generationId);
    if (isCompactionDue(await this.vectors.call('stats', generationId), this.#settings)) return true;
    await this.#save(generationId, position);
    return false;
  }

  #inTurnAgain<T>(generationId: number, work: () => Promise<T>): Promise<T> {
    return this.inTurn(generationId, () => this.again(generationId, work));
  }

  async #save(generationId: number, position: LogPosition | null): Promise<void> {
    if (position === null) return;
    await this.vectors.call('snapshot', generationId, position);
    this.noteReplaced(generationId);
    const { opLog, generations } = this.#catalog;
    this.#catalog.transaction(() => generations.noteSnapshot(generationId, position.sequence));
    while (this.#catalog.transaction(() => opLog.prune(generationId, position.sequence, PRUNE_OPS)) > 0) {
      await letOthersRun();
    }
    this.#catalog.transaction(() => opLog.pruneCommits(generationId, position.sequence));
  }

  /**
   * Builds the graph anew from the catalog, without dropped vectors and without embedding, and saves it. Searches go on in
   * the old graph until the new one has caught up. Needs memory for both. Aborting leaves the old graph as it is.
   * @throws `signal.reason`, `DISK_FULL`.
   */
  async compact(generationId: number, signal: AbortSignal): Promise<CompactedGraph> {
    for (;;) {
      const other = this.#underWay.get(generationId) ?? this.#compactions.get(generationId);
      if (other === undefined) break;
      await other.catch(() => {});
    }
    const run = this.withGraph(generationId, () => this.#compact(generationId, signal));
    this.#compactions.set(generationId, run);
    try {
      return await run;
    } finally {
      this.#compactions.delete(generationId);
      await this.release(generationId);
    }
  }

  async #compact(generationId: number, signal: AbortSignal): Promise<CompactedGraph> {
    signal.throwIfAborted();
    const { tombstones } = await this.vectors.call('stats', generationId);
    const start = this.#catalog.opLog.last(generationId)?.sequence ?? 0;
    await this.buildBeside(generationId, signal);
    try {
      // Most of what was committed meanwhile, with searches and jobs going on; then the rest, with both waiting.
      const applied = await this.#replayBeside(generationId, start, signal);
      await this.inTurn(generationId, async () => {
        const reached = await this.#replayBeside(generationId, applied, signal);
        await this.vectors.call('rebuildFinish', generationId, reached);
        this.noteApplied(generationId, reached);
        await this.#save(generationId, await this.follow(generationId));
      });
    } catch (error) {
      await this.abandonBeside(generationId);
      throw error;
    }
    const { live } = await this.vectors.call('stats', generationId);
    return { vectors: live, tombstones };
  }

  /** Tells the graph beside what the log got after `from`; the sequence reached. */
  async #replayBeside(generationId: number, from: number, signal: AbortSignal): Promise<number> {
    const target = this.#catalog.opLog.last(generationId);
    let applied = from;
    signal.throwIfAborted();
    while (target !== null && applied < target.sequence) {
      const page = this.nextPage(generationId, applied, target);
      if (page === null) throw logPruned();
      await this.vectors.call('rebuildApply', generationId, toBatch(page));
      signal.throwIfAborted();
      applied = page.sequence;
    }
    return applied;
  }

  async #compactNow(generationId: number, signal: AbortSignal | undefined): Promise<void> {
    const either = AbortSignal.any(signal === undefined ? [this.#stop.signal] : [this.#stop.signal, signal]);
    try {
      await this.compact(generationId, either);
    } catch (error) {
      // The job has done its work, and the next one compacts.
      if (!either.aborted) throw error;
    }
  }

  #compactInBackground(generationId: number): void {
    this.compact(generationId, this.#stop.signal).catch((error: unknown) => {
      const { code, message } = toErrorData(error);
      if (this.#stop.signal.aborted || code === 'THREAD_CLOSED') return;
      const type = this.#catalog.opLog.entityTypeOf(generationId);
      this.notice(`${code}: the index of ${type} could not be compacted and stays as it is: ${message}`);
    });
  }

  /** Ends compactions in the background, which leaves their graphs as they are. Call it before the catalog closes. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#compactions.values());
  }
}

/** Cannot be while nothing but this class prunes, which waits for compactions. */
function logPruned(): PlumblineError {
  return new PlumblineError('LOG_PRUNED', 'the op log was pruned while the index was compacted', {
    hint: 'Run `plumbline compact` again.',
    retryable: true,
  });
}
