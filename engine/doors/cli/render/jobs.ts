/** What people read of jobs. Each function returns lines. */
import type { Job } from '../../../contract.ts';
import { clean, excerpt, formatAgo, formatCount, formatDuration, plural, table } from '../format.ts';
import type { Terminal } from '../terminal.ts';

export function renderJob(job: Job, terminal: Terminal): string[] {
  const name = terminal.style('bold', `${job.kind} ${clean(job.entityType)}`);
  const lines = [
    `${stateMark(job, terminal)} ${name}  ${stateOf(job)}  (job ${job.id}${job.ofJob === null ? '' : `, of job ${job.ofJob}`})`,
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

/** `rollback of 12`: of which job matters as much as what. */
const kindOf = ({ kind, ofJob }: Job): string => (ofJob === null ? kind : `${kind} of ${ofJob}`);

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
  if (job.error?.code === 'CANCELLED' && hasWritten(job) && job.reversible)
    steps.push([terminal.command(`rollback ${job.id}`), 'takes back what it changed']);
  if (job.kind === 'rebuild' && job.state.startsWith('completed') && job.reversible)
    steps.push([terminal.command(`rollback ${job.id}`), 'switches back to the former index']);
  return table(steps.map(([command, effect]) => [`  ${terminal.style('cyan', command)}`, effect]));
}

const isAtEnd = ({ state }: Job): boolean => state.startsWith('completed');

const isResumable = ({ state }: Job): boolean => state === 'interrupted' || state === 'paused';

/** True where a job has changed anything that is indexed. */
export const hasWritten = (job: Job): boolean => job.embedded + job.reused + job.deleted > 0;

/** One line a job, for lists. */
export function renderJobList(jobs: readonly Job[], terminal: Terminal): string[] {
  if (jobs.length === 0) return ['no jobs'];
  const now = Date.now();
  const lines = table(
    jobs.map((job) => [
      `${stateMark(job, terminal)} ${job.id}`,
      kindOf(job),
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

const COUNTS = ['embedded', 'reused', 'unchanged', 'deleted', 'failed'] as const;
type Words = Readonly<Record<(typeof COUNTS)[number], string>>;

const WORDS: Words = {
  embedded: 'embedded',
  reused: 'without embedding (identical or empty text)',
  unchanged: 'unchanged',
  deleted: 'deleted',
  failed: 'failed',
};

/** What the same counts mean elsewhere. */
const WORDS_OF_KIND: Readonly<Partial<Record<Job['kind'], Partial<Words>>>> = {
  rebuild: { reused: 'with the vectors they had' },
  rollback: {
    reused: 'as they were before',
    deleted: 'removed again',
    unchanged: 'left alone: changed since',
    failed: 'damaged and left alone',
  },
};

/** What a job goes through, one by one. */
const UNITS: Readonly<Record<Job['kind'], { readonly unit: string; readonly read: string }>> = {
  index: { unit: 'row', read: ' read' },
  validate: { unit: 'row', read: ' read' },
  rebuild: { unit: 'row', read: ' read' },
  retry: { unit: 'row', read: ' read' },
  repair: { unit: 'item', read: '' },
  rollback: { unit: 'change', read: ' taken back' },
};

function countsOf(job: Job): string {
  if (job.kind === 'index' && job.processed > 0 && job.unchanged === job.processed) {
    return `${formatCount(job.processed)} unchanged: nothing to embed`;
  }
  // A validation counts at its end.
  if (job.kind === 'validate' && !isAtEnd(job)) return 'no verdict yet';
  if (job.kind === 'repair' && job.processed === 0 && job.state === 'completed')
    return 'nothing to put right';
  const words = { ...WORDS, ...WORDS_OF_KIND[job.kind] };
  const shown = COUNTS.filter((name) => job[name] > 0).map(
    (name) => `${formatCount(job[name])} ${words[name]}`,
  );
  if (job.kind === 'rollback' && job.state === 'completed' && job.processed === 0)
    return 'it had changed nothing';
  if (job.kind === 'retry' && job.state === 'completed' && job.processed === 0)
    return 'no dead letter to try again';
  const isDone = isAtEnd(job) || job.total === null;
  const { unit, read } = UNITS[job.kind];
  // What a rollback leaves alone it has looked at and not taken back.
  const through = job.kind === 'rollback' ? job.processed - job.unchanged - job.failed : job.processed;
  const done = isDone
    ? plural(through, unit)
    : // Rows come while others are read.
      `${formatCount(job.processed)} of ${plural(Math.max(job.total ?? 0, job.processed), unit)}`;
  return [`${done}${read}`, ...shown].join(', ');
}

function stateMark(job: Job, terminal: Terminal): string {
  if (job.state === 'completed') return terminal.style('green', '✓');
  if (job.state === 'completed_with_failures') return terminal.style('yellow', '!');
  if (job.state === 'running' || job.state === 'queued') return '…';
  return job.state === 'paused' ? terminal.style('yellow', '‖') : terminal.style('red', '✗');
}
