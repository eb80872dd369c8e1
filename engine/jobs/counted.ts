/** What a job that goes on after an interruption has counted before, whatever other jobs have done meanwhile. */
import type { ReadableCatalog, WritableCatalog } from '../catalog/catalog.ts';
import type { LetterMark } from '../catalog/dead-letters.ts';
import type { IndexedState } from '../catalog/entities.ts';
import { noCounts } from '../catalog/jobs.ts';
import { isOver } from './stop-job.ts';

/** Whether a job has written an entity; a later job may have written it once more while this one was interrupted. */
export function isWrittenBy(
  { undo }: ReadableCatalog,
  { jobId, generationId }: { readonly jobId: number; readonly generationId: number },
  key: Uint8Array,
  state: IndexedState | null,
): boolean {
  if (state === null || state.jobId <= jobId) return state?.jobId === jobId;
  return undo.has(jobId, generationId, key);
}

/**
 * An entity that an unfinished job gave up on is this job's from now on: the other one counts it when it meets it again, or
 * as unchanged where it will find it indexed and pass it by.
 */
export function takeOver(
  catalog: WritableCatalog,
  key: Uint8Array,
  letter: LetterMark | null,
  jobId: number,
): void {
  if (letter === null || letter.jobId === jobId) return;
  const other = catalog.jobs.get(letter.jobId);
  if (other === null || isOver(other)) return;
  const { id, generationId, checkpoint } = other;
  const isIndexed = generationId !== null && catalog.entities.state(generationId, key) !== null;
  const counts = noCounts();
  counts[letter.excluded ? 'unchanged' : 'failed'] -= 1;
  if (isIndexed && checkpoint !== null) counts.unchanged += 1;
  else counts.processed -= 1;
  catalog.jobs.addCounts(id, counts);
}
