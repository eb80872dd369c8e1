/** Which exit code an outcome means; see the contract's table. Pure. */
import type { Job, Output, Report } from '../../contract.ts';
import { EXIT, type ExitCode } from '../../errors.ts';

interface Outcome {
  readonly jobs?: readonly Job[] | undefined;
  /** Entity types that were to have a job and were not begun. */
  readonly notStarted?: readonly string[] | undefined;
}

/** The most serious of several jobs: an error, then an interruption, then dead letters. */
export function exitCodeOfJobs({ jobs = [], notStarted = [] }: Outcome): ExitCode {
  const codes = jobs.map(exitCodeOfJob);
  if (notStarted.length > 0) codes.push(EXIT.interrupted);
  const order = [EXIT.unexpected, EXIT.usage, EXIT.interrupted, EXIT.deadLetters];
  return order.find((code) => codes.includes(code)) ?? EXIT.ok;
}

function exitCodeOfJob(job: Job): ExitCode {
  switch (job.state) {
    case 'failed':
      return EXIT.usage;
    case 'interrupted':
      return job.error?.code === 'UNEXPECTED' ? EXIT.unexpected : EXIT.interrupted;
    case 'cancelled':
    case 'paused':
    case 'queued':
    case 'running':
      return EXIT.interrupted;
    case 'completed_with_failures':
      return EXIT.deadLetters;
    case 'completed':
      return EXIT.ok;
    default:
      return job.state satisfies never;
  }
}

/** Drift, unless a validation did not come to its end: then nobody knows. */
export function exitCodeOfReports(output: Outcome & { readonly reports: readonly Report[] }): ExitCode {
  const drifted = output.reports.some((report) => report.state === 'drifted');
  return unfinished(output) ?? (drifted ? EXIT.drift : EXIT.ok);
}

export function exitCodeOfCheck(output: Output<'check'>): ExitCode {
  return unfinished(output) ?? (output.broken.length > 0 ? EXIT.drift : EXIT.ok);
}

function unfinished({ jobs = [], notStarted }: Outcome): ExitCode | null {
  // Rows without a key are failures that every validation meets anew; the report counts them as drift.
  const open = jobs.filter((job) => job.state !== 'completed' && job.state !== 'completed_with_failures');
  const code = exitCodeOfJobs({ jobs: open, notStarted });
  return code === EXIT.ok ? null : code;
}
