/** Past reports, a line each. */
import { driftClasses, type PastReport } from '../../../contract.ts';
import { clean, formatAgo, formatCount, formatDuration, table } from '../format.ts';
import type { Terminal } from '../terminal.ts';

export function renderHistory(reports: readonly PastReport[], terminal: Terminal): string[] {
  if (reports.length === 0) return ['nothing was validated yet'];
  const now = Date.now();
  return table(
    reports.map((report) => [
      terminal.style('bold', clean(report.entityType)),
      terminal.style(report.state === 'in_sync' ? 'green' : 'red', `${report.inSyncPercent} %`),
      terminal.style('dim', `${formatAgo(report.finishedAt, now)}, job ${report.jobId}`),
      formatDuration(report.durationMs),
      driftOf(report),
    ]),
    [1],
  );
}

function driftOf(report: PastReport): string {
  const found = driftClasses.filter((name) => (report[name] ?? 0) > 0);
  return found.map((name) => `${formatCount(report[name] ?? 0)} ${name}`).join(', ');
}
