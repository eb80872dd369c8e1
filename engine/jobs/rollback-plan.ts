/** Whether and how a job can be taken back. Changes nothing. */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { ReadableCatalog } from '../catalog/catalog.ts';
import type { Generation } from '../catalog/generations.ts';
import type { JobRecord } from '../catalog/jobs.ts';
import type { IgnoredJob } from '../catalog/undo.ts';
import { EXIT, PlumblineError, type ErrorData } from '../errors.ts';
import { decodeNumber } from './apply-repairs.ts';

export interface RollbackOptions {
  /** The job to take back. */
  readonly ofJob: number;
  /** Leaves alone what later jobs touched, and goes on where the recipe has changed. */
  readonly force?: boolean;
}

/** Records looked at, at once. */
const PART_TOUCHES = 1024;

/** What a rollback would have to do. */
export type RollbackPlan =
  /** Nothing was switched: entities are restored one by one. */
  | { readonly kind: 'entities' }
  /** The job made another generation the serving one. */
  | { readonly kind: 'switch'; readonly from: number; readonly to: number }
  /** The job was filling a generation that never served. */
  | { readonly kind: 'abandon'; readonly generationId: number };

/**
 * Decides whether a job can be taken back, and how. Changes nothing.
 * @throws PlumblineError `NOT_REVERSIBLE`, `UNDO_PRUNED`, `GENERATION_PRUNED`, `ALREADY_ROLLED_BACK`; `ROLLBACK_CONFLICT` with
 * the list of later jobs, unless forced (and for a switch that another one followed even then).
 */
export async function planRollback(
  catalog: ReadableCatalog,
  job: JobRecord,
  options: { readonly force: boolean; readonly by: number; readonly signal: AbortSignal },
): Promise<RollbackPlan> {
  checkReversible(catalog, job);
  const undone = undoneJobs(catalog, job.entityTypeId);
  const by = undone.get(job.id)?.by;
  // A rollback that stands is paired with itself.
  if (by !== undefined && by !== job.id) throw alreadyRolledBack(job, by);
  const ignore = [...undone.values(), { id: options.by, of: null }];
  if (job.previousGenerationId !== null && job.generationId !== null) {
    checkSwitch(
      catalog,
      job,
      { from: job.generationId, to: job.previousGenerationId },
      ignore,
      options.force,
    );
    return { kind: 'switch', from: job.generationId, to: job.previousGenerationId };
  }
  if (job.generationId !== null && catalog.generations.get(job.generationId).state === 'building')
    return { kind: 'abandon', generationId: job.generationId };
  checkStillServing(catalog, job);
  checkNotDropped(catalog, job);
  if (!options.force) await checkUntouched(catalog, job, ignore, options.signal);
  return { kind: 'entities' };
}

/**
 * Jobs whose work is wholly taken back, and the rollbacks that did it, each with the rollback that took it back: together
 * they change nothing. A rollback that was itself rolled back counts for nothing, and what it had taken back is there again.
 */
export function undoneJobs(
  catalog: ReadableCatalog,
  entityTypeId: number,
): Map<number, IgnoredJob & { readonly by: number }> {
  const undone = new Map<number, IgnoredJob & { readonly by: number }>();
  for (const rollback of catalog.jobs.rollbacks(entityTypeId)) {
    // What it left as it was, because others had touched it, is not taken back.
    if (undone.has(rollback.id) || rollback.job.unchanged > 0) continue;
    const { ofJob } = optionsOf(rollback);
    undone.set(rollback.id, { id: rollback.id, of: ofJob, by: rollback.id });
    undone.set(ofJob, { id: ofJob, of: null, by: rollback.id });
  }
  return undone;
}

function alreadyRolledBack(job: JobRecord, by: number): PlumblineError {
  return new PlumblineError('ALREADY_ROLLED_BACK', `job ${job.id} was rolled back already by job ${by}`, {
    hint: `\`plumbline rollback ${by}\` brings its work back.`,
  });
}

function checkReversible(catalog: ReadableCatalog, job: JobRecord): void {
  if (job.kind === 'validate') {
    throw new PlumblineError(
      'NOT_REVERSIBLE',
      `job ${job.id} is a validation: it changed nothing that could be taken back`,
    );
  }
  if (job.state === 'running' || job.state === 'queued') {
    throw new PlumblineError('NOT_REVERSIBLE', `job ${job.id} is ${job.state}`, {
      hint: `Cancel it first (\`plumbline cancel ${job.id}\`), or wait until it has ended.`,
    });
  }
  if (job.isUndoPruned) {
    throw new PlumblineError(
      'UNDO_PRUNED',
      `job ${job.id} cannot be rolled back any more: what it replaced was kept for the time and the number of jobs that retention allows, and is gone`,
      { hint: 'retention.undoDays and retention.undoJobs in plumbline.yaml say how long it is kept.' },
    );
  }
  const generation = job.generationId === null ? null : catalog.generations.get(job.generationId);
  if (generation !== null && job.previousGenerationId === null && switchedUnrecorded(job, generation)) {
    throw new PlumblineError(
      'NOT_REVERSIBLE',
      `job ${job.id} switched to another index with a version of Plumbline that did not note which one it replaced`,
    );
  }
}

/** A catalog of the first schema does not say what a job switched from. */
function switchedUnrecorded(job: JobRecord, { number, switchedAt }: Generation): boolean {
  const { createdAt, finishedAt } = job.job;
  return number > 1 && switchedAt !== null && switchedAt >= createdAt && switchedAt <= (finishedAt ?? 0);
}

function checkSwitch(
  catalog: ReadableCatalog,
  job: JobRecord,
  { from, to }: { readonly from: number; readonly to: number },
  ignore: readonly IgnoredJob[],
  force: boolean,
): void {
  const serving = catalog.generations.serving(job.entityTypeId);
  if (serving?.id !== from) throw conflict(job, [switcherOf(catalog, serving)], false);
  if (catalog.generations.get(to).isPruned) {
    throw new PlumblineError(
      'GENERATION_PRUNED',
      `the index that served ${job.entityType} before job ${job.id} has been pruned; it cannot serve again`,
      {
        hint: 'retention.generations and retention.generationDays in plumbline.yaml say how many are kept, and how long.',
      },
    );
  }
  if (force) return;
  const { undo } = catalog;
  const touching = [
    ...undo.jobsTouching(from, job.id, touchesBeforeSwitch(job)),
    ...undo.jobsForgotten(job.entityTypeId, from, job.id, job.job.startedAt ?? job.job.createdAt),
  ];
  const later = touching.filter(
    (touched) => !ignore.some(({ id, of }) => id === touched && (of === null || touching.includes(of))),
  );
  if (later.length > 0) throw conflict(job, later.toSorted((a, b) => a - b).map(String), true);
}

/**
 * What had touched the generation when a job made it serve. What is written to one before it serves leaves no undo records,
 * so that only a rollback, which lets a generation serve again, has had to note the newest record.
 */
const touchesBeforeSwitch = (job: JobRecord): { readonly record: number; readonly job: number } =>
  job.kind === 'rollback' && job.checkpoint !== null
    ? { record: decodeNumber(job.checkpoint), job: job.id }
    : { record: 0, job: 0 };

const switcherOf = (catalog: ReadableCatalog, serving: Generation | null): string =>
  serving === null ? 'a later job' : String(catalog.jobs.switchedTo(serving.id)?.id ?? 'a later job');

/** Entities of a generation that no longer serves cannot be restored to any use. */
function checkStillServing(catalog: ReadableCatalog, job: JobRecord): void {
  const serving = catalog.generations.serving(job.entityTypeId);
  const touched = catalog.undo.generationsOf(job.id);
  if (touched.every((id) => id === serving?.id)) return;
  throw conflict(job, [switcherOf(catalog, serving)], false);
}

/** What a rollback dropped, because it had never served, cannot be brought back. */
function checkNotDropped(catalog: ReadableCatalog, job: JobRecord): void {
  if (job.kind !== 'rollback' || job.generationId === null) return;
  const { state, switchedAt } = catalog.generations.get(job.generationId);
  if (state !== 'retired' || switchedAt !== null) return;
  throw new PlumblineError(
    'NOT_REVERSIBLE',
    `job ${job.id} dropped an index of ${job.entityType} that was not complete; it cannot be brought back`,
    { hint: `Run the job again that was filling it: what it had embedded is still there.` },
  );
}

async function checkUntouched(
  catalog: ReadableCatalog,
  job: JobRecord,
  ignore: readonly IgnoredJob[],
  signal: AbortSignal,
): Promise<void> {
  const touched = new Map<number, number>();
  const { first, last } = catalog.undo.span(job.id);
  for (let after = first - 1; after < last;) {
    signal.throwIfAborted();
    const page = catalog.undo.touches(job.id, ignore, after, PART_TOUCHES);
    after = page.next;
    for (const { touchedBy } of page.touches)
      if (touchedBy !== null) touched.set(touchedBy, (touched.get(touchedBy) ?? 0) + 1);
    await letOthersRun();
  }
  if (touched.size === 0) return;
  throw conflict(
    job,
    [...touched.entries()]
      .toSorted(([a], [b]) => b - a)
      .map(([id, count]) => {
        const kind = catalog.jobs.get(id)?.kind ?? 'job';
        return `${id} (${kind}, ${count} ${count === 1 ? 'entity' : 'entities'})`;
      }),
    true,
  );
}

/** What a rollback job was asked to do. */
export const optionsOf = (job: JobRecord): RollbackOptions => job.options as unknown as RollbackOptions;

function conflict(job: JobRecord, later: readonly string[], canForce: boolean): PlumblineError {
  const force = canForce
    ? ` With --force what they touched stays as it is, and the rest is restored.`
    : ' --force cannot help here.';
  return new PlumblineError(
    'ROLLBACK_CONFLICT',
    `job ${job.id} cannot simply be rolled back: later jobs changed what it had changed: ${later.slice(0, 20).join(', ')}${later.length > 20 ? ` and ${later.length - 20} more` : ''}`,
    {
      hint: `Roll those back first, the newest first.${force} Nothing was changed.`,
      details: { job: job.id, later: [...later] },
    },
  );
}

/** What ends the resumability of an unfinished job that is taken back. */
export function rolledBack(job: JobRecord): ErrorData {
  return {
    code: 'ROLLED_BACK',
    message: `what job ${job.id} had done was taken back`,
    hint: null,
    retryable: false,
    exitCode: EXIT.interrupted,
  };
}
