/** Rows that cannot be addressed: they become dead letters, all of them, and stop being ones when they have a key. */
import { noCounts } from '../catalog/jobs.ts';
import { NULL_KEY } from '../catalog/dead-letters.ts';
import { decodeKey, formatKey } from '../key.ts';
import type { Problem } from '../problems.ts';
import type { NullKeyRow } from '../sources/source-host.ts';
import type { JobContext, RecipeTarget } from './context.ts';
import { takeOver } from './counted.ts';

/** Rows handled at once. */
const PART_ROWS = 256;

/** Rows with the same NULL key are told apart by the order in which the source has them, from 1. */
export function countOccurrences(): (key: Uint8Array) => number {
  const occurrences = new Map<string, number>();
  return (key) => {
    const id = hex(key);
    const occurrence = (occurrences.get(id) ?? 0) + 1;
    occurrences.set(id, occurrence);
    return occurrence;
  };
}

/**
 * Rows with NULL in a key column cannot be indexed; each is a dead letter until it has a key.
 * @param only Byte forms of the keys that the job is about; undefined for all.
 */
export async function recordNullKeys(
  context: JobContext,
  target: RecipeTarget,
  jobId: number,
  signal: AbortSignal,
  only?: readonly Uint8Array[],
): Promise<void> {
  const { catalog, source } = context;
  const { entityTypeId } = target;
  const occurrenceOf = countOccurrences();
  const wanted = only === undefined ? null : new Set(only.map(hex));
  for (let offset = 0; ; offset += PART_ROWS) {
    signal.throwIfAborted();
    const rows = await source.call('nullKeyRows', target.name, offset, PART_ROWS);
    const chosen = rows.filter((row) => wanted?.has(hex(row.key)) ?? true);
    if (chosen.length > 0) {
      const failed: Uint8Array[] = [];
      catalog.transaction(() => {
        const counts = noCounts();
        for (const row of chosen) {
          const count = recordOne(context, target, jobId, row, occurrenceOf(row.key));
          if (count === null) continue;
          if (count === 'failed') failed.push(row.key);
          counts[count] += 1;
          counts.processed += 1;
        }
        catalog.jobs.addCounts(jobId, counts);
      });
      for (const key of failed) context.problem(problemOf(target, jobId, key));
    }
    if (rows.length < PART_ROWS) break;
  }
  catalog.transaction(() => {
    for (const key of only ?? [null]) catalog.deadLetters.clearNullKeysExcept(entityTypeId, jobId, key);
  });
}

/** Records a row; how it counts, or null where this job, before it was interrupted, has counted it. */
function recordOne(
  { catalog }: JobContext,
  { entityTypeId, spec }: RecipeTarget,
  jobId: number,
  row: NullKeyRow,
  occurrence: number,
): 'failed' | 'unchanged' | null {
  const { key, text } = row;
  const letter = catalog.deadLetters.find(entityTypeId, key, occurrence);
  takeOver(catalog, key, letter, jobId);
  if (letter?.excluded === true) {
    catalog.deadLetters.meetExcluded({ entityTypeId, key, occurrence, jobId }, text);
  } else {
    catalog.deadLetters.put({
      entityTypeId,
      key,
      occurrence,
      stage: 'read',
      code: NULL_KEY,
      message: messageOf(spec),
      attempts: 1,
      text,
      jobId,
    });
  }
  if (letter?.jobId === jobId) return null;
  return letter?.excluded === true ? 'unchanged' : 'failed';
}

const messageOf = ({ keyColumns }: RecipeTarget['spec']): string =>
  `a key column (${keyColumns.join(', ')}) is NULL in this row`;

const problemOf = ({ name, spec }: RecipeTarget, jobId: number, key: Uint8Array): Problem => ({
  ...{ jobId: String(jobId), entityType: name, kind: 'dead_letter' },
  ...{ code: NULL_KEY, message: messageOf(spec), key: formatKey(decodeKey(key)) },
});

const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex');
