/** A job's audit trail: what it was asked for, went through and changed. Works beside a writer. */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { ReadableCatalog } from '../catalog/catalog.ts';
import type { JobRecord } from '../catalog/jobs.ts';
import type { UndoChange, UndoReader } from '../catalog/undo.ts';
import type { Audit, ChangeKind, Input, Output } from '../contract.ts';
import type { Engine } from '../engine.ts';
import { isOver } from '../jobs/stop-job.ts';
import { decodeKey, formatKey, keyToJson } from '../key.ts';
import { madeWith } from './made-with.ts';
import { findJob, present } from './read.ts';

/** Keys of a page when no limit is given. */
const DEFAULT_KEYS = 100;
/** Undo records counted before others get their turn: some milliseconds. */
const COUNT_SPAN = 20_000;

type Counts = Readonly<Record<'added' | 'changed' | 'removed', number>>;

/** @throws PlumblineError `JOB_UNKNOWN`. */
export async function audit(
  engine: Engine,
  input: Input<'audit'>,
  signal: AbortSignal,
): Promise<Output<'audit'>> {
  const { catalog } = engine;
  const record = findJob(catalog, input.job);
  const { limit = DEFAULT_KEYS, offset = 0 } = input;
  const changes = await changesOf(catalog, record, limit, offset, signal);
  const events = catalog.jobs.events(record.id);
  const deadLetters = catalog.deadLetters.countChosen({
    entityTypeId: record.entityTypeId,
    ofJob: record.id,
  });
  const { ofJob: _ofJob, keyClasses: _keyClasses, ...options } = record.options;
  return {
    job: present(engine, record),
    options,
    recipe: record.recipeId === null ? null : madeWith(catalog, record.recipeId),
    generation: generationOf(catalog, record),
    events,
    changes,
    deadLetters,
    warnings: warningsOf(record, changes.records, events.length, deadLetters),
  };
}

async function changesOf(
  catalog: ReadableCatalog,
  record: JobRecord,
  limit: number,
  offset: number,
  signal: AbortSignal,
): Promise<Audit['changes']> {
  const { undo } = catalog;
  const none = { added: null, changed: null, removed: null, offset, items: [] };
  if (record.isUndoPruned) return { records: 'pruned', ...none };
  const counts = await countChanges(undo, record, signal);
  if (counts === null) return { records: 'none', ...none };
  const items = undo.changes(record.id, limit, offset).map((change) => {
    const key = decodeKey(change.key);
    return { key: formatKey(key), keyValues: keyToJson(key), change: kindOf(change) };
  });
  return { records: 'kept', ...counts, offset, items };
}

/** Of jobs that are over: while their records are kept, they change no more. */
const counted = new WeakMap<UndoReader, Map<number, Counts>>();

/** Null where there is no record. A job of a million changes is counted once, in slices between which others get their turn. */
async function countChanges(
  undo: UndoReader,
  record: JobRecord,
  signal: AbortSignal,
): Promise<Counts | null> {
  const known = counted.get(undo) ?? new Map<number, Counts>();
  counted.set(undo, known);
  const before = known.get(record.id);
  if (before !== undefined) return before;
  const { first, last } = undo.span(record.id);
  if (first > last) return null;
  let records = 0;
  let existed = 0;
  for (let after = first - 1; after < last; after += COUNT_SPAN) {
    signal.throwIfAborted();
    const slice = undo.countBefore(record.id, after, after + COUNT_SPAN);
    records += slice.records;
    existed += slice.existed;
    await letOthersRun();
  }
  // What a job deletes it counts; looking up what became of each entity took 19 s for a million.
  const removed = Math.min(record.job.deleted, existed);
  const counts = { added: records - existed, changed: existed - removed, removed };
  if (isOver(record)) known.set(record.id, counts);
  return counts;
}

function kindOf({ existed, exists }: Pick<UndoChange, 'existed' | 'exists'>): ChangeKind {
  if (existed) return exists ? 'changed' : 'removed';
  return exists ? 'added' : 'none';
}

function generationOf(catalog: ReadableCatalog, record: JobRecord): Audit['generation'] {
  const id = record.generationId ?? catalog.undo.generationsOf(record.id)[0];
  if (id === undefined) return null;
  const { number, state } = catalog.generations.get(id);
  const previous = record.previousGenerationId;
  return { number, state, previous: previous === null ? null : catalog.generations.get(previous).number };
}

function warningsOf(
  { kind, job }: JobRecord,
  records: Audit['changes']['records'],
  events: number,
  deadLetters: number,
): string[] {
  const warnings: string[] = [];
  if (records === 'pruned' && kind !== 'validate')
    warnings.push('Its undo records are beyond retention: what it changed is not known any more.');
  if (events === 0) warnings.push('It was run by a version that kept no history of its states.');
  if (job.failed > deadLetters)
    warnings.push(
      `Of the ${job.failed} entities that failed in it, ${job.failed - deadLetters} were settled, set aside or met again by another job since.`,
    );
  return warnings;
}
