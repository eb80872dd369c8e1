/**
 * Keeps a generation's graph in line with the catalog: loads the newest snapshot that belongs to this very history,
 * replays the tail of the op log, or rebuilds the graph from the catalog's vectors. Used by the writer, which also takes
 * snapshots, and by readers, which only follow.
 */
import { join } from 'node:path';
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { ReadableCatalog, WritableCatalog } from '../catalog/catalog.ts';
import type { Generation } from '../catalog/generations.ts';
import type { OpPage } from '../catalog/op-log.ts';
import type { LogPosition } from '../graph.ts';
import type { Threads } from '../threads.ts';
import { isSnapshotThere } from '../vectors/manifest.ts';
import type { VectorsHost } from '../vectors/vectors-host.ts';
import type { IndexFollower } from './context.ts';

export type VectorsThread = Threads<VectorsHost>;

/**
 * Operations sent to the vectors thread at once. The store adds a batch in random order, and the more of the collection a
 * batch spans the better the graph.
 */
export const PAGE_OPS = 4096;
/** Operations removed from the log per transaction. */
const PRUNE_OPS = 5000;
/** Fewer operations than this are always cheaper to replay than to write a snapshot for. */
const MIN_TAIL = 2000;
/** While a job runs, a snapshot is due when the tail is this share of the labels: bytes written stay proportional. */
const RUNNING_SHARE = 0.5;
/** At the end of a job the tail is what the next process has to replay, so less is left. */
const SETTLED_SHARE = 0.05;

/** No operations: sent to say which sequence a rebuilt graph has reached. */
const EMPTY_PAGE = { labels: new Uint32Array(), adds: new Uint8Array(), vectors: new Uint16Array() };

/** True when the tail has outgrown a share of the collection. Pure. */
function isSnapshotDue(tail: number, labels: number, share: number): boolean {
  return tail >= Math.max(MIN_TAIL, labels * share);
}

/** What became of the snapshot on disk when it was last opened; `null` where it was used or there was none. */
export type Discarded = { readonly code: string; readonly message: string } | null;

/** Follows the op log of generations into the graph. */
export class IndexSync {
  protected readonly catalog: ReadableCatalog;
  protected readonly vectors: VectorsThread;
  readonly #folder: string;
  /** Sequence that the graph of a generation has reached. */
  readonly #applied = new Map<number, number>();
  /** Generations that searches use. */
  readonly #searched = new Set<number>();
  /** Calls for one generation run one after another. */
  readonly #queue = new Map<number, Promise<void>>();
  /** Why a snapshot could not be used, told once to whoever asks. */
  readonly #onDiscard: (generation: Generation, reason: NonNullable<Discarded>) => void;

  constructor(
    catalog: ReadableCatalog,
    vectors: VectorsThread,
    folder: string,
    onDiscard: (generation: Generation, reason: NonNullable<Discarded>) => void,
  ) {
    this.catalog = catalog;
    this.vectors = vectors;
    this.#folder = folder;
    this.#onDiscard = onDiscard;
  }

  /** For a search: brings the graph up to the newest commit there is at this moment, and keeps it in memory. */
  catchUp(generationId: number): Promise<void> {
    this.#searched.add(generationId);
    return this.inTurn(generationId, async () => void (await this.follow(generationId)));
  }

  /** At the end of a job: gives the graph's memory back, unless searches use it. */
  async release(generationId: number): Promise<void> {
    if (this.#searched.has(generationId) || !this.#applied.has(generationId)) return;
    await this.inTurn(generationId, async () => {
      this.#applied.delete(generationId);
      await this.vectors.call('close', generationId);
    });
  }

  protected folderOf(generationId: number): string {
    return join(this.#folder, String(generationId));
  }

  protected inTurn(generationId: number, work: () => Promise<void>): Promise<void> {
    const turn = (this.#queue.get(generationId) ?? Promise.resolve()).catch(() => {}).then(work);
    this.#queue.set(generationId, turn);
    return turn;
  }

  /** Applies the log up to its newest commit as of now; the position reached, null where the log is empty. */
  protected async follow(generationId: number): Promise<LogPosition | null> {
    const { opLog } = this.catalog;
    let applied = this.#applied.get(generationId) ?? (await this.#open(generationId));
    let target = opLog.last(generationId);
    while (target !== null && applied < target.sequence) {
      const page = opLog.after(generationId, applied, Math.min(PAGE_OPS, target.sequence - applied));
      if (page?.firstSequence === applied + 1) {
        applied = await this.#apply(generationId, page, page.sequence);
      } else {
        // A writer has pruned what a newer snapshot holds: nothing but a rebuild bridges the gap.
        applied = await this.#rebuild(generationId);
        target = opLog.last(generationId);
      }
    }
    return target;
  }

  async #open(generationId: number): Promise<number> {
    const generation = this.catalog.generations.get(generationId);
    const { opLog } = this.catalog;
    let position = await this.#load(generation);
    if (position !== null && !opLog.knows(generationId, position)) {
      // A writer may have switched to a newer snapshot, and pruned this one's commit, since it was read.
      await this.vectors.call('close', generationId);
      position = await this.#load(generation);
    }
    if (position === null) return this.#rebuild(generationId);
    if (!opLog.knows(generationId, position)) {
      const message = 'the snapshot belongs to another history of the catalog (was a backup restored?)';
      this.#onDiscard(generation, { code: 'SNAPSHOT_FOREIGN', message });
      return this.#rebuild(generationId);
    }
    this.#applied.set(generationId, position.sequence);
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
    if (discarded !== null) this.#onDiscard(generation, discarded);
    return position;
  }

  /** From the catalog's labels and vectors, without embedding; then the log goes on from where it stood at the start. */
  async #rebuild(generationId: number): Promise<number> {
    const start = this.catalog.opLog.last(generationId)?.sequence ?? 0;
    await this.vectors.call('reset', generationId);
    const strands = Math.ceil(this.catalog.generations.get(generationId).nextLabel / PAGE_OPS);
    for (let strand = 0; strand < strands; strand += 1) {
      let label = -1;
      for (;;) {
        const page = this.catalog.opLog.labelsAfter(
          generationId,
          label,
          { index: strand, of: strands },
          PAGE_OPS,
        );
        if (page === null) break;
        label = page.labels.at(-1) ?? label;
        await this.#apply(generationId, page, 0);
      }
    }
    return this.#apply(generationId, EMPTY_PAGE, start);
  }

  async #apply(
    generationId: number,
    page: Omit<OpPage, 'firstSequence' | 'sequence'>,
    sequence: number,
  ): Promise<number> {
    const { labels, adds, vectors } = page;
    await this.vectors.call('apply', generationId, { labels, adds, vectors, sequence });
    this.#applied.set(generationId, sequence);
    return sequence;
  }
}

/** The writer's: follows in the background while a job runs, and takes snapshots. */
export class WritingIndexSync extends IndexSync implements IndexFollower {
  readonly #catalog: WritableCatalog;
  readonly #underWay = new Map<number, Promise<void>>();
  /** Generations whose background run failed: left alone until `settle`, which tries once more and reports. */
  readonly #failed = new Set<number>();

  constructor(
    catalog: WritableCatalog,
    vectors: VectorsThread,
    folder: string,
    onDiscard: (generation: Generation, reason: NonNullable<Discarded>) => void,
  ) {
    super(catalog, vectors, folder, (generation, reason) => {
      // What is on disk does not count any more, so the next snapshot is due sooner.
      catalog.transaction(() => catalog.generations.noteSnapshot(generation.id, 0));
      onDiscard(generation, reason);
    });
    this.#catalog = catalog;
  }

  nudge(generationId: number): void {
    if (this.#underWay.has(generationId) || this.#failed.has(generationId)) return;
    if (!this.#isDue(generationId, RUNNING_SHARE)) return;
    const run = this.inTurn(generationId, () => this.#followAndSave(generationId, RUNNING_SHARE))
      .catch(() => void this.#failed.add(generationId))
      .finally(() => void this.#underWay.delete(generationId));
    this.#underWay.set(generationId, run);
  }

  async settle(generationId: number): Promise<void> {
    await this.#underWay.get(generationId);
    this.#failed.delete(generationId);
    if (this.#isDue(generationId, SETTLED_SHARE)) {
      await this.inTurn(generationId, () => this.#followAndSave(generationId, SETTLED_SHARE));
    }
    await this.release(generationId);
  }

  #isDue(generationId: number, share: number): boolean {
    const { lastSequence, snapshotSequence, labels } = this.#catalog.generations.get(generationId);
    const saved = isSnapshotThere(this.folderOf(generationId)) ? snapshotSequence : 0;
    return isSnapshotDue(lastSequence - saved, labels, share);
  }

  async #followAndSave(generationId: number, share: number): Promise<void> {
    const position = await this.follow(generationId);
    if (position === null || !this.#isDue(generationId, share)) return;
    await this.vectors.call('snapshot', generationId, position);
    const { opLog, generations } = this.#catalog;
    this.#catalog.transaction(() => generations.noteSnapshot(generationId, position.sequence));
    while (this.#catalog.transaction(() => opLog.prune(generationId, position.sequence, PRUNE_OPS)) > 0) {
      await letOthersRun();
    }
    this.#catalog.transaction(() => opLog.pruneCommits(generationId, position.sequence));
  }
}
