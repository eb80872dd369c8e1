/** Which exit code an outcome means; see the contract's table. Pure. */
import type { Job, Report } from '../../contract.ts';
import { EXIT, type ExitCode } from '../../errors.ts';

/** The most serious of several jobs: an error, then an interruption, then dead letters. */
export function exitCodeOfJobs(jobs: readonly Job[]): ExitCode {
  const codes = jobs.map(exitCodeOfJob);
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

export function exitCodeOfReports(reports: readonly Report[]): ExitCode {
  return reports.some((report) => report.state === 'drifted') ? EXIT.drift : EXIT.ok;
}
