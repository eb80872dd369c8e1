/** What people read of jobs. Each function returns lines. */
import type { Job } from '../../../contract.ts';
import { clean, excerpt, formatAgo, formatCount, formatDuration, plural, table } from '../format.ts';
import type { Terminal } from '../terminal.ts';

export function renderJob(job: Job, terminal: Terminal): string[] {
  const name = terminal.style('bold', `${job.kind} ${clean(job.entityType)}`);
  const lines = [
    `${stateMark(job, terminal)} ${name}  ${stateOf(job)}  (job ${job.id})`,
    `  ${countsOf(job)}`,
  ];
  if (job.error !== null && !isSaidByState(job)) {
    lines.push(`  ${terminal.style('red', `error ${job.error.code}`)}: ${clean(job.error.message)}`);
    if (job.error.hint !== null) lines.push(`    ${terminal.withCommands(clean(job.error.hint))}`);
  }
  return [...lines, ...nextSteps(job, terminal)];
}

/** That a person stopped it is no error to look into. */
const isSaidByState = ({ error }: Job): boolean =>
  error?.code === 'INTERRUPTED' || error?.code === 'PAUSED' || error?.code === 'CANCELLED';

function stateOf(job: Job): string {
  const words = job.state.replaceAll('_', ' ');
  if (job.state === 'queued' || job.durationMs === 0) return words;
  return `${words} ${job.state === 'running' ? 'for' : 'in'} ${formatDuration(job.durationMs)}`;
}

function nextSteps(job: Job, terminal: Terminal): string[] {
  const steps: [string, string][] = [];
  if (job.failed > 0) {
    steps.push([terminal.command(`dead-letters ${job.entityType}`), 'shows why']);
    steps.push([terminal.command(`retry ${job.entityType}`), 'tries them again']);
  }
  if (isResumable(job)) {
    steps.push([
      terminal.command(`resume ${job.id}`),
      job.kind === 'index' ? 'goes on where it stopped' : 'takes it up again',
    ]);
  }
  if (job.state === 'cancelled' && hasWritten(job))
    steps.push([terminal.command(`rollback ${job.id}`), 'takes back what it changed']);
  return table(steps.map(([command, effect]) => [`  ${terminal.style('cyan', command)}`, effect]));
}

const isResumable = ({ state }: Job): boolean => state === 'interrupted' || state === 'paused';

const hasWritten = (job: Job): boolean => job.embedded + job.reused + job.deleted > 0;

/** One line a job, for lists. */
export function renderJobList(jobs: readonly Job[], terminal: Terminal): string[] {
  if (jobs.length === 0) return ['no jobs'];
  const now = Date.now();
  const lines = table(
    jobs.map((job) => [
      `${stateMark(job, terminal)} ${job.id}`,
      job.kind,
      terminal.style('bold', excerpt(job.entityType, 40)),
      stateOf(job),
      terminal.style('dim', formatAgo(job.createdAt, now)),
      job.error === null || isSaidByState(job) ? countsOf(job) : job.error.code,
    ]),
  );
  const resumable = jobs.find(isResumable);
  if (resumable === undefined) return lines;
  return [
    ...lines,
    `${terminal.style('cyan', terminal.command(`resume ${resumable.id}`))}  takes up job ${resumable.id} again`,
  ];
}

function countsOf(job: Job): string {
  if (job.kind === 'index' && job.processed > 0 && job.unchanged === job.processed) {
    return `${formatCount(job.processed)} unchanged: nothing to embed`;
  }
  if (job.kind === 'repair' && job.processed === 0 && job.state === 'completed')
    return 'nothing to put right';
  const counts: [number, string][] = [
    [job.embedded, 'embedded'],
    [job.reused, 'without embedding (identical or empty text)'],
    [job.unchanged, 'unchanged'],
    [job.deleted, 'deleted'],
    [job.failed, 'failed'],
  ];
  const shown = counts
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${formatCount(count)} ${words}`);
  const isDone = job.state.startsWith('completed') || job.total === null;
  const rows = isDone
    ? plural(job.processed, 'row')
    : `${formatCount(job.processed)} of ${plural(job.total ?? 0, 'row')}`;
  const read = job.kind === 'repair' ? plural(job.processed, 'item') : `${rows} read`;
  return [read, ...shown].join(', ');
}

function stateMark(job: Job, terminal: Terminal): string {
  if (job.state === 'completed') return terminal.style('green', '✓');
  if (job.state === 'completed_with_failures') return terminal.style('yellow', '!');
  if (job.state === 'running' || job.state === 'queued') return '…';
  return job.state === 'paused' ? terminal.style('yellow', '‖') : terminal.style('red', '✗');
}
