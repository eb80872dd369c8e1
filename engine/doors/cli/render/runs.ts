/** What a verb that starts jobs has to say: jobs, reports, plans, verdicts, and what was not begun. */
import type { Output, Report } from '../../../contract.ts';
import { clean, formatCount } from '../format.ts';
import type { Terminal } from '../terminal.ts';
import { renderJob } from './jobs.ts';
import { renderPlans } from './plans.ts';
import { renderNotChecked, renderReport } from './reports.ts';

/** Jobs with their reports, plans, and what was not begun. */
export function renderJobs(output: Output<'index'>, terminal: Terminal): string[] {
  const reports = new Map((output.reports ?? []).map((report) => [report.jobId, report]));
  return [
    ...renderPlans(output.plans ?? [], terminal),
    ...output.jobs.flatMap((job) => {
      const report = reports.get(job.id);
      const sheet = report === undefined ? [] : renderReport(report, terminal);
      return [...renderJob(job, terminal), ...sheet.map((line) => `  ${line}`)];
    }),
    ...renderNotChecked(output.reports ?? [], terminal),
    ...renderNotStarted(output, terminal),
  ];
}

/** Several reports and the jobs that did not come to one, with a line that sums them up. */
export function renderValidation(output: Output<'validate'>, terminal: Terminal): string[] {
  const { reports, jobs = [] } = output;
  const unfinished = jobs.filter((job) => job.reportId === null);
  return [
    ...reports.flatMap((report) => renderReport(report, terminal)),
    ...unfinished.flatMap((job) => renderJob(job, terminal)),
    ...renderNotStarted(output, terminal),
    ...renderNotChecked(reports, terminal),
    ...summary(reports, terminal),
  ];
}

export function renderCheck(output: Output<'check'>, terminal: Terminal): string[] {
  const verdict =
    output.broken.length === 0
      ? [`policy ${terminal.style('green', 'KEPT')}`]
      : output.broken.map(
          ({ entityType, rule, found }) =>
            `policy ${terminal.style('red', 'BROKEN')}  ${clean(entityType)}: ${rule}, found ${foundOf(rule, found)}`,
        );
  // Where a validation did not come to its end there is no verdict to speak of.
  const complete = output.error === undefined && (output.notStarted ?? []).length === 0;
  return [...renderValidation(output, terminal), ...(complete || output.broken.length > 0 ? verdict : [])];
}

/** What was found, in the unit of the rule. */
export const foundOf = (rule: string, found: number): string =>
  rule.endsWith('%') ? `${Number(found.toPrecision(3))} %` : formatCount(found);

function summary(reports: readonly Report[], terminal: Terminal): string[] {
  const drifted = reports.filter((report) => report.state === 'drifted').map((report) => report.entityType);
  const [only] = drifted;
  const sum = `${reports.length - drifted.length} of ${reports.length} in sync`;
  if (only === undefined) return reports.length > 1 ? [sum] : [];
  const fix = terminal.style(
    'cyan',
    terminal.command(`fix-drift${drifted.length === 1 ? ` ${only}` : ''} --dry-run`),
  );
  return [...(reports.length > 1 ? [sum] : []), `${fix}  shows what a repair would do`];
}

/** The entity types whose turn did not come. */
function renderNotStarted(
  { notStarted = [] }: { readonly notStarted?: readonly string[] | undefined },
  terminal: Terminal,
): string[] {
  if (notStarted.length === 0) return [];
  const names = notStarted.slice(0, 8).map(clean).join(', ');
  const more = notStarted.length > 8 ? ` and ${notStarted.length - 8} more` : '';
  return [`${terminal.style('yellow', 'not started')}: ${names}${more}`];
}
