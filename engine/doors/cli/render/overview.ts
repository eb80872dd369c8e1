/** `status` without a job: one line per entity type, and what to do next. */
import type { Job, Output, Report } from '../../../contract.ts';
import { clean, excerpt, formatAgo, table } from '../format.ts';
import { hasWritten } from './jobs.ts';
import type { Terminal } from '../terminal.ts';

export function renderOverview(output: Output<'status'>, terminal: Terminal): string[] {
  const names = output.entityTypes ?? output.jobs.map((job) => job.entityType);
  if (names.length === 0) return ['no entity type is selected in plumbline.yaml'];
  const jobs = new Map(output.jobs.map((job) => [job.entityType, job]));
  const reports = new Map((output.reports ?? []).map((report) => [report.entityType, report]));
  const now = Date.now();
  const rows = names.map((name) => overviewRow(name, jobs.get(name), reports.get(name), now, terminal));
  return [...table(rows), ...nextStep(output, names, terminal)];
}

function overviewRow(
  name: string,
  job: Job | undefined,
  report: Report | undefined,
  now: number,
  terminal: Terminal,
): string[] {
  const title = terminal.style('bold', excerpt(name, 40));
  const last =
    job === undefined
      ? [terminal.style('dim', 'never indexed')]
      : [
          `${job.kind} ${job.state.replaceAll('_', ' ')}`,
          terminal.style('dim', `${formatAgo(job.createdAt, now)}, job ${job.id}`),
        ];
  return [title, verdict(report, job, now, terminal), ...last];
}

/**
 * How true the index was, and when, unless the last job is what found it out; and that a job has written since, which may
 * have made it untrue.
 */
function verdict(report: Report | undefined, job: Job | undefined, now: number, terminal: Terminal): string {
  if (report === undefined) return terminal.style('dim', 'never validated');
  const percent = `${report.inSyncPercent} % in sync`;
  const coloured = terminal.style(report.state === 'in_sync' ? 'green' : 'red', percent);
  if (job === undefined || job.reportId === report.id) return coloured;
  const since = hasWritten(job) && job.id > report.jobId ? `, before job ${job.id}` : '';
  return `${coloured} ${terminal.style('dim', `${formatAgo(report.finishedAt, now)}${since}`)}`;
}

/** The one thing that is most worth doing now. */
function nextStep(output: Output<'status'>, names: readonly string[], terminal: Terminal): string[] {
  const step = (command: string, effect: string): string[] => [
    `${terminal.style('cyan', terminal.command(command))}  ${effect}`,
  ];
  const interrupted = output.jobs.find((job) => job.state === 'interrupted');
  if (interrupted !== undefined) return step(`resume ${interrupted.id}`, 'takes up the interrupted job');
  if (output.jobs.some((job) => job.state === 'running')) return [];
  if (names.some((name) => !output.jobs.some((job) => job.entityType === name))) {
    return step('index', 'indexes what is not indexed yet');
  }
  const drifted = (output.reports ?? []).filter((report) => report.state === 'drifted');
  const [first] = drifted;
  if (first !== undefined) return step(`drift ${clean(first.entityType)}`, 'shows what drifted');
  return drifted.length === 0 && (output.reports ?? []).length === 0
    ? step('validate', 'compares source and index')
    : [];
}
