/** Operations by which a person sets dead letters aside, and takes them back. They need no source. */
import type { WritableCatalog } from '../catalog/catalog.ts';
import type { LetterEntry } from '../catalog/dead-letters.ts';
import { noCounts } from '../catalog/jobs.ts';
import type { Input, JobState, Output } from '../contract.ts';
import type { Engine } from '../engine.ts';
import { findLetters, noSuchLetter } from '../jobs/letter-keys.ts';
import { checkType } from './select.ts';

/** @throws PlumblineError `KEY_UNKNOWN`, naming the keys that are no dead letters; then nothing was changed. */
export function exclude(engine: Engine, input: Input<'exclude'>): Output<'exclude'> {
  const { deadLetters } = engine.writable();
  return changeLetters(engine, input, (letter) => deadLetters.exclude(letter.id, input.reason), 'unchanged');
}

/** @throws PlumblineError `KEY_UNKNOWN`, as for {@link exclude}. */
export function include(engine: Engine, input: Input<'include'>): Output<'include'> {
  const { deadLetters } = engine.writable();
  return changeLetters(engine, input, (letter) => deadLetters.include(letter.id), 'failed');
}

/** All or nothing. `countsAs` is how the letters count from now on. */
function changeLetters(
  engine: Engine,
  input: { readonly entityType: string; readonly keys: readonly string[] },
  change: (letter: LetterEntry) => void,
  countsAs: 'failed' | 'unchanged',
): Output<'exclude'> {
  const { entityType, keys } = input;
  checkType(engine, entityType);
  const catalog = engine.writable();
  return catalog.transaction(() => {
    const typeId = catalog.generations.typeId(entityType);
    const { letters, unknown } = findLetters(catalog.deadLetters, typeId, keys);
    if (unknown.length > 0) throw noSuchLetter(entityType, unknown);
    for (const letter of letters) {
      change(letter);
      if (letter.excluded !== (countsAs === 'unchanged')) recount(catalog, letter.jobId, countsAs);
    }
    return { items: letters.map((letter) => catalog.deadLetters.get(letter.id)), total: letters.length };
  });
}

const UNFINISHED = new Set<JobState>(['queued', 'running', 'paused', 'interrupted']);

/**
 * A job that has yet to end has counted the letters that it recorded: it ends with failures only where some are left.
 * What ended keeps its counts, for history.
 */
function recount(catalog: WritableCatalog, jobId: number, countsAs: 'failed' | 'unchanged'): void {
  const job = catalog.jobs.get(jobId);
  if (job === null || !UNFINISHED.has(job.state)) return;
  const excluded = countsAs === 'unchanged' ? 1 : -1;
  catalog.jobs.addCounts(jobId, { ...noCounts(), unchanged: excluded, failed: -excluded });
}
