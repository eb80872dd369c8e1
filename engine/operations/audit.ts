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
/** Undo records counted before others get their turn: some ten milliseconds. */
const COUNT_SPAN = 5000;

type Counts = Record<ChangeKind, number>;

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
  const { ofJob: _ofJob, ...options } = record.options;
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
  const { first, last } = undo.span(record.id);
  if (first > last) return { records: 'none', ...none };
  const { added, changed, removed } = await countChanges(undo, record, { first, last }, signal);
  const items = undo.changes(record.id, limit, offset).map((change) => {
    const key = decodeKey(change.key);
    return { key: formatKey(key), keyValues: keyToJson(key), change: kindOf(change) };
  });
  return { records: 'kept', added, changed, removed, offset, items };
}

/** Of jobs that are over: while their records are kept, they change no more. */
const counted = new WeakMap<UndoReader, Map<number, Counts>>();

async function countChanges(
  undo: UndoReader,
  record: JobRecord,
  { first, last }: { readonly first: number; readonly last: number },
  signal: AbortSignal,
): Promise<Counts> {
  const known = counted.get(undo) ?? new Map<number, Counts>();
  counted.set(undo, known);
  const before = known.get(record.id);
  if (before !== undefined) return before;
  const counts: Counts = { added: 0, changed: 0, removed: 0, none: 0 };
  for (let after = first - 1; after < last; after += COUNT_SPAN) {
    signal.throwIfAborted();
    for (const group of undo.countChanges(record.id, after, after + COUNT_SPAN))
      counts[kindOf(group)] += group.count;
    await letOthersRun();
  }
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
