/** What a job that goes on after an interruption has counted before, whatever other jobs have done meanwhile. */
import type { ReadableCatalog, WritableCatalog } from '../catalog/catalog.ts';
import type { LetterMark } from '../catalog/dead-letters.ts';
import type { IndexedState } from '../catalog/entities.ts';
import { noCounts, type Counts } from '../catalog/jobs.ts';
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

/**
 * Deletes from a generation what this very job had written to it, because the rows are gone since: those entities move from
 * their counts to `deleted` and are not read twice. The counts to add.
 */
export function deleteWritten(
  { entities, jobs, writer }: WritableCatalog,
  {
    jobId,
    generationId,
    force,
  }: { readonly jobId: number; readonly generationId: number; readonly force: boolean },
  keys: readonly Uint8Array[],
): Counts {
  let moved = 0;
  let embedded = 0;
  const counts = noCounts();
  for (const key of keys) {
    const state = entities.state(generationId, key);
    if (state === null) continue;
    const isEmbedded = force ? entities.hasChunks(state.id) : entities.hasOwnVector(state.id);
    if (!writer.delete({ jobId, generationId }, key)) continue;
    counts.deleted += 1;
    if (state.jobId !== jobId) counts.processed += 1;
    else {
      moved += 1;
      if (isEmbedded) embedded += 1;
    }
  }
  // Whether a text was embedded or found is not noted with the entity: where texts repeat, the counts themselves set bounds.
  const counted = jobs.get(jobId)?.job ?? noCounts();
  const fromReused = Math.min(Math.max(moved - embedded, moved - counted.embedded), counted.reused);
  counts.reused -= fromReused;
  counts.embedded -= moved - fromReused;
  return counts;
}
