/** What people read: jobs, verdict sheets, plans, hits. Each function returns lines. */
import type { Check, DeadLetter, DriftItem, Hit, Job, Output, Plan, Report } from '../../contract.ts';
import { driftClasses } from '../../contract.ts';
import { excerpt, formatCount, formatDuration, plural, table } from './format.ts';
import type { Terminal } from './terminal.ts';

/** Characters of a text shown in a list. */
const TEXT = 70;
/** Characters of a key shown in a list. */
const KEY = 40;

export function renderJob(job: Job, terminal: Terminal): string[] {
  const done = `${job.kind} ${job.entityType}`;
  const head = `${stateMark(job, terminal)} ${terminal.style('bold', done)}  ${job.state.replaceAll('_', ' ')} in ${formatDuration(job.durationMs)}  (job ${job.id})`;
  const lines = [head, `  ${countsOf(job).join(', ')}`];
  if (job.error !== null) {
    lines.push(`  ${terminal.style('red', `${job.error.code}: ${job.error.message}`)}`);
    if (job.error.hint !== null) lines.push(`  ${job.error.hint}`);
  }
  if (job.failed > 0) lines.push(`  plumbline dead-letters ${job.entityType}   shows why, retry tries again`);
  if (job.state === 'interrupted') lines.push(`  plumbline resume ${job.id}   goes on where it stopped`);
  return lines;
}

function countsOf(job: Job): string[] {
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
  if (job.kind === 'index' && job.processed > 0 && job.unchanged === job.processed) {
    return [`${formatCount(job.processed)} unchanged: nothing to embed`];
  }
  const read = job.kind === 'repair' ? plural(job.processed, 'item') : `${plural(job.processed, 'row')} read`;
  return [read, ...shown];
}

function stateMark(job: Job, terminal: Terminal): string {
  if (job.state === 'completed') return terminal.style('green', '✓');
  if (job.state === 'completed_with_failures') return terminal.style('yellow', '!');
  return job.state === 'running' || job.state === 'queued' ? '…' : terminal.style('red', '✗');
}

/** The verdict sheet: what was read, what was found with examples, and what was not looked at. */
export function renderReport(report: Report, terminal: Terminal): string[] {
  const inSync = report.state === 'in_sync';
  const verdict = inSync ? terminal.style('green', 'IN SYNC') : terminal.style('red', 'DRIFTED');
  const read = `${plural(report.source, 'row')} in the source, ${formatCount(report.indexed)} indexed, ${formatDuration(report.durationMs)}`;
  const seen = report.snapshot
    ? 'one snapshot'
    : 'the source was written to meanwhile; every finding was read twice';
  const lines = [
    `${terminal.style('bold', report.entityType)}  ${verdict}  ${report.inSyncPercent} %`,
    `  ${read} (${seen})`,
  ];
  if (!inSync) lines.push(...driftLines(report, terminal));
  if (report.notChecked.length > 0)
    lines.push(`  ${terminal.style('dim', `not checked: ${report.notChecked.join('; ')}`)}`);
  return lines;
}

function driftLines(report: Report, terminal: Terminal): string[] {
  return driftClasses.flatMap((name) => {
    const count = report[name];
    if (count === null || count === 0) return [];
    const samples = report.samples[name] ?? [];
    return [
      `  ${terminal.style('yellow', name.padEnd(9))} ${formatCount(count).padStart(7)}`,
      ...samples.map((item) => `      ${itemLine(item)}`),
    ];
  });
}

function itemLine(item: DriftItem): string {
  const key = excerpt(item.key, KEY);
  const now = item.text === null ? null : excerpt(item.text, TEXT);
  const before = item.indexedText === null ? null : excerpt(item.indexedText, TEXT);
  if (item.class === 'stale' && now !== null && before !== null) return `${key}  was: ${before}  now: ${now}`;
  return `${key}  ${now ?? before ?? item.reason}`;
}

export function renderPlan(plan: Plan, terminal: Terminal): string[] {
  const what = plan.kind === 'index' ? 'index' : 'fix-drift';
  const time = plan.estimatedMs === null ? 'nothing to embed' : `about ${formatDuration(plan.estimatedMs)}`;
  const classes = (['missing', 'stale', 'outdated', 'failed', 'orphaned'] as const)
    .filter((name) => plan[name] > 0)
    .map((name) => `${formatCount(plan[name])} ${name}`);
  const lines = [
    `${terminal.style('bold', `${what} ${plan.entityType}`)}  would embed ${plural(plan.embed, 'entity', 'entities')} of ${plural(plan.source, 'row')} (${classes.join(', ') || 'nothing drifted'})`,
    `  ${plural(plan.chunks, 'new text')}, ${plural(plan.tokens, 'token')}, ${time}`,
  ];
  if (plan.kind === 'repair') {
    lines.push(
      `  would delete ${plural(plan.delete, 'entity', 'entities')}: ${plan.deletePercent.toFixed(1)} % of what is indexed (cap ${plan.maxDeletePercent} %)`,
    );
  }
  return [...lines, '  nothing was written'];
}

export function renderDiscovery(types: Output<'discover'>['entityTypes'], terminal: Terminal): string[] {
  return types.flatMap((type) => {
    const mark = type.selected ? terminal.style('green', '✓') : terminal.style('dim', '–');
    const rows = type.rows === null ? 'rows unknown' : plural(type.rows, 'row');
    const key = type.keyColumns.length === 0 ? 'no key' : `key ${type.keyColumns.join(', ')}`;
    const view = type.kind === 'view' ? ' (view)' : '';
    const lines = [
      `${mark} ${terminal.style('bold', type.name)}${view}  ${rows}, ${key}`,
      `    ${type.reason}`,
    ];
    if (type.textColumns.length > 0) lines.push(`    text: ${type.textColumns.join(', ')}`);
    const [preview] = type.preview;
    if (preview !== undefined && preview !== '')
      lines.push(`    ${terminal.style('dim', `“${excerpt(preview, 100)}”`)}`);
    return lines;
  });
}

export function renderDriftItems(items: readonly DriftItem[], total: number, terminal: Terminal): string[] {
  if (total === 0) return ['nothing drifted, as of the latest validation'];
  const rows = items.map((item) => [terminal.style('yellow', item.class), itemLine(item)]);
  const more =
    total > items.length ? [`… and ${formatCount(total - items.length)} more (--limit ${total})`] : [];
  return [...table(rows), ...more];
}

export function renderDeadLetters(items: readonly DeadLetter[], total: number): string[] {
  if (total === 0) return ['no dead letters'];
  const lines = items.flatMap((item) => [
    `${item.entityType}  ${excerpt(item.key, KEY)}  ${item.stage}, ${plural(item.attempts, 'attempt')}, job ${item.jobId}`,
    `    ${item.code}: ${excerpt(item.message, 160)}`,
    ...(item.text === null ? [] : [`    “${excerpt(item.text, TEXT)}”`]),
  ]);
  return total > items.length ? [...lines, `… and ${formatCount(total - items.length)} more`] : lines;
}

export function renderHits(hits: readonly Hit[], terminal: Terminal): string[] {
  if (hits.length === 0) return ['no hits'];
  return table(
    hits.map((hit, i) => [
      `${String(i + 1).padStart(3)}.`,
      terminal.style('dim', hit.score.toFixed(4)),
      terminal.style('bold', excerpt(hit.key, KEY)),
      excerpt(hit.excerpt, 100),
    ]),
  );
}

export function renderChecks(checks: readonly Check[], terminal: Terminal): string[] {
  return checks.flatMap((check) => {
    const mark = check.ok ? terminal.style('green', '✓') : terminal.style('red', '✗');
    const line = `${mark} ${check.name}: ${check.detail}`;
    return check.hint === null ? [line] : [line, `    ${check.hint}`];
  });
}

/** `status` without a job: one line per entity type. */
export function renderOverview(output: Output<'status'>, terminal: Terminal): string[] {
  if (output.jobs.length === 0) return ['nothing was indexed yet: plumbline index'];
  const reports = new Map((output.reports ?? []).map((report) => [report.entityType, report]));
  return table(
    output.jobs.map((job) => {
      const report = reports.get(job.entityType);
      const verdict = report === undefined ? 'never validated' : `${report.inSyncPercent} % in sync`;
      return [
        terminal.style('bold', job.entityType),
        verdict,
        `last: ${job.kind} ${job.state.replaceAll('_', ' ')} (job ${job.id}, ${new Date(job.createdAt).toISOString()})`,
      ];
    }),
  );
}
