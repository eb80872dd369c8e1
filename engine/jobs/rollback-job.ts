/**
 * Rollback: takes back what a job did. Entities get the state that its undo records remember, through the op log and
 * without embedding; a switch to another generation is switched back. It records undo itself, so it can be rolled back.
 */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { noCounts, type Counts, type JobRecord } from '../catalog/jobs.ts';
import type { UndoTouch } from '../catalog/undo.ts';
import { textHash } from '../checksum.ts';
import { decodeKey, formatKey } from '../key.ts';
import { decodeNumber, encodeNumber } from './apply-repairs.ts';
import type { JobContext } from './context.ts';
import type { RunOptions } from './index-job.ts';
import { optionsOf, planRollback, undoneJobs } from './rollback-plan.ts';

/** Records restored at once. */
const PART_RECORDS = 256;
/** Longest time a transaction works before it commits and lets others run. */
const TRANSACTION_MS = 40;
/** Damaged records named one by one. */
const MAX_NAMED = 5;

/** Runs a rollback from wherever it was. */
export async function runRollback(context: JobContext, job: JobRecord, run: RunOptions): Promise<void> {
  const { catalog } = context;
  const { ofJob, force = false } = optionsOf(job);
  const undone = catalog.jobs.get(ofJob);
  if (undone === null) throw new RangeError(`job ${ofJob} is gone`);
  // A switch that was made just before this process's predecessor died.
  if (job.previousGenerationId !== null) return;
  const plan = await planRollback(catalog, undone, { force, by: job.id, signal: run.signal });
  switch (plan.kind) {
    case 'switch':
      return switchBack(context, job, plan.from, plan.to);
    case 'abandon':
      return catalog.transaction(() => catalog.generations.retire(plan.generationId));
    case 'entities':
      return restoreEntities(context, job, undone, run);
    default:
      plan satisfies never;
  }
}

/** The graph is brought up to date before the switch, so that the first search after it need not wait. */
async function switchBack(context: JobContext, job: JobRecord, from: number, to: number): Promise<void> {
  const { catalog, follower } = context;
  await follower.settle(to);
  catalog.transaction(() => {
    catalog.generations.switchTo(to);
    catalog.jobs.setSwitch(job.id, to, from);
    catalog.jobs.setCheckpoint(job.id, encodeNumber(catalog.undo.lastId()));
    const { entities } = catalog.generations.get(to);
    catalog.jobs.setTotal(job.id, entities);
    catalog.jobs.addCounts(job.id, { ...noCounts(), processed: entities, reused: entities });
  });
}

async function restoreEntities(
  context: JobContext,
  job: JobRecord,
  undone: JobRecord,
  run: RunOptions,
): Promise<void> {
  const { catalog, follower } = context;
  const damaged = new DamagedRecords(context);
  const [generationId] = catalog.undo.generationsOf(undone.id);
  const ignore = [...undoneJobs(catalog, job.entityTypeId).values(), { id: job.id, of: null }];
  catalog.transaction(() => catalog.jobs.setTotal(job.id, catalog.undo.count(undone.id)));
  const { first, last } = catalog.undo.span(undone.id);
  for (let after = job.checkpoint === null ? first - 1 : decodeNumber(job.checkpoint); after < last;) {
    run.signal.throwIfAborted();
    const { touches, next } = catalog.undo.touches(undone.id, ignore, after, PART_RECORDS);
    const done = catalog.transaction(() => restoreSome(context, job, touches, damaged));
    after = done === touches.at(-1)?.id ? next : (done ?? next);
    if (generationId !== undefined) follower.nudge(generationId);
    run.onProgress();
    await letOthersRun();
  }
  damaged.tell();
  if (generationId !== undefined) await follower.settle(generationId);
}

/** As many records as fit a transaction's time, with their counts and checkpoint. Returns the last one's id, null without any. */
function restoreSome(
  { catalog }: JobContext,
  job: JobRecord,
  touches: readonly UndoTouch[],
  damaged: DamagedRecords,
): number | null {
  const startedAt = performance.now();
  const counts = noCounts();
  let done: number | null = null;
  for (const touch of touches) {
    if (done !== null && performance.now() - startedAt >= TRANSACTION_MS) break;
    counts.processed += 1;
    counts[restore(catalog, job, touch, damaged)] += 1;
    done = touch.id;
  }
  if (done === null) return null;
  catalog.jobs.addCounts(job.id, counts);
  catalog.jobs.setCheckpoint(job.id, encodeNumber(done));
  return done;
}

function restore(
  catalog: JobContext['catalog'],
  job: JobRecord,
  { id, touchedBy }: UndoTouch,
  damaged: DamagedRecords,
): keyof Omit<Counts, 'processed'> {
  // Only a forced rollback comes this far with one of these.
  if (touchedBy !== null) return 'unchanged';
  const record = catalog.undo.get(id);
  if (record === null) throw new RangeError(`undo record ${id} is gone`);
  const { generationId, key, before } = record;
  const context = { jobId: job.id, generationId };
  if (before === null) return catalog.writer.delete(context, key) ? 'deleted' : 'unchanged';
  if (!textHash(before.document).equals(before.textHash)) {
    damaged.add(key);
    return 'failed';
  }
  catalog.writer.write({ ...context, recipeId: before.recipeId }, { key, ...before });
  return 'reused';
}

/** Records whose text is not what it was when it was stored: nothing else remembers it, so they are named. */
class DamagedRecords {
  readonly #context: JobContext;
  readonly #named: string[] = [];
  #count = 0;

  constructor(context: JobContext) {
    this.#context = context;
  }

  add(key: Buffer): void {
    this.#count += 1;
    if (this.#named.length < MAX_NAMED) this.#named.push(formatKey(decodeKey(key)));
  }

  tell(): void {
    if (this.#count === 0) return;
    const more = this.#count > this.#named.length ? ', …' : '';
    this.#context.notice(
      `UNDO_DAMAGED: the former text of ${this.#count} entities is damaged in the catalog and cannot be restored; they stay as they are: ${this.#named.join(', ')}${more}`,
    );
  }
}
