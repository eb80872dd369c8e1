/** Rows that cannot be addressed: they become dead letters, all of them, and stop being ones when they have a key. */
import { noCounts } from '../catalog/jobs.ts';
import { NULL_KEY } from '../catalog/dead-letters.ts';
import type { JobContext, RecipeTarget } from './context.ts';

/** Rows handled at once. */
const PART_ROWS = 256;

/** Rows with NULL in a key column cannot be indexed; each is a dead letter until it has a key. */
export async function recordNullKeys(
  context: JobContext,
  target: RecipeTarget,
  jobId: number,
  signal: AbortSignal,
): Promise<void> {
  const { catalog, source } = context;
  const { entityTypeId } = target;
  const occurrences = new Map<string, number>();
  for (let offset = 0; ; offset += PART_ROWS) {
    signal.throwIfAborted();
    const rows = await source.call('nullKeyRows', target.name, offset, PART_ROWS);
    if (rows.length > 0) {
      catalog.transaction(() => {
        const counts = noCounts();
        for (const row of rows) {
          const id = Buffer.from(row.key).toString('hex');
          const occurrence = (occurrences.get(id) ?? 0) + 1;
          occurrences.set(id, occurrence);
          // A job that is resumed meets rows that it has counted.
          const counted = catalog.deadLetters.jobOf(entityTypeId, row.key, occurrence) === jobId;
          counts.failed += counted ? 0 : 1;
          catalog.deadLetters.put({
            entityTypeId,
            key: row.key,
            occurrence,
            stage: 'read',
            code: NULL_KEY,
            message: `a key column (${target.spec.keyColumns.join(', ')}) is NULL in this row`,
            attempts: 1,
            text: row.text,
            jobId,
          });
        }
        catalog.jobs.addCounts(jobId, { ...counts, processed: counts.failed });
      });
    }
    if (rows.length < PART_ROWS) break;
  }
  catalog.transaction(() => catalog.deadLetters.clearNullKeysExcept(entityTypeId, jobId));
}
