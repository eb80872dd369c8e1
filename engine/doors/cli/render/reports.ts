/** The verdict sheet: what was read, what was found with examples, and what was not looked at. */
import { driftClasses, type DriftClass, type Report } from '../../../contract.ts';
import { clean, formatCount, formatDuration, plural } from '../format.ts';
import type { Terminal } from '../terminal.ts';
import { itemLine } from './items.ts';

/** One report. What none of several looked at is said once, by {@link renderNotChecked}. */
export function renderReport(report: Report, terminal: Terminal): string[] {
  const inSync = report.state === 'in_sync';
  const verdict = inSync ? terminal.style('green', 'IN SYNC') : terminal.style('red', 'DRIFTED');
  const seen = report.snapshot ? 'one snapshot' : 'written to meanwhile, so every finding was read twice';
  return [
    `${terminal.style('bold', clean(report.entityType))}  ${verdict}  ${report.inSyncPercent} %`,
    `  ${plural(report.source, 'row')} in the source, ${formatCount(report.indexed)} indexed, ${formatDuration(report.durationMs)} (${seen})`,
    ...driftClasses.flatMap((name) => classLines(report, name, terminal)),
    ...(report.excluded > 0 ? [`  ${'excluded'.padEnd(9)} ${formatCount(report.excluded).padStart(7)}`] : []),
  ];
}

function classLines(report: Report, name: DriftClass, terminal: Terminal): string[] {
  const count = report[name];
  if (count === null || count === 0) return [];
  const samples = report.samples[name] ?? [];
  const more = count - samples.length;
  const command = terminal.command(`drift ${report.entityType} --class ${name}`);
  return [
    `  ${terminal.style('yellow', name.padEnd(9))} ${formatCount(count).padStart(7)}`,
    ...samples.map((item) => `      ${itemLine(item, terminal)}`),
    ...(more > 0 ? [terminal.style('dim', `      and ${formatCount(more)} more: ${command}`)] : []),
  ];
}

/** Once for all reports: it is the same sentence for each. */
export function renderNotChecked(reports: readonly Report[], terminal: Terminal): string[] {
  const all = new Set(reports.flatMap((report) => report.notChecked));
  return all.size === 0 ? [] : [terminal.style('dim', `not checked: ${[...all].join('; ')}`)];
}
