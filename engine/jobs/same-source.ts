/**
 * A source file that was replaced while it was read: the connection still shows the old one, so that every conclusion
 * would be about data that nobody has any more.
 */
import type { JobRecord } from '../catalog/jobs.ts';
import { EXIT, PlumblineError } from '../errors.ts';
import type { SourceThread } from './context.ts';

/** @throws PlumblineError `SOURCE_REPLACED` where the source is not the one that the job began with. */
export async function checkSameSource(source: SourceThread, job: JobRecord): Promise<void> {
  if (job.sourceIdentity === null) return;
  const identity = await source.call('identity');
  if (identity !== job.sourceIdentity) throw sourceReplaced(job.entityType);
}

export function sourceReplaced(entityType: string): PlumblineError {
  return new PlumblineError(
    'SOURCE_REPLACED',
    `${entityType}: the source file was replaced by another one while it was being read`,
    {
      hint: `Run \`plumbline index ${entityType}\` (or validate, fix-drift): it reads the new file from its start, and what has not changed is not embedded again.`,
      exitCode: EXIT.usage,
    },
  );
}
