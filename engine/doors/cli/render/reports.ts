/** The verdict sheet: what was read, what was found with examples, and what was not looked at. */
import { driftClasses, type DriftClass, type Report } from '../../../contract.ts';
import { clean, formatCount, formatDuration, plural } from '../format.ts';
import type { Terminal } from '../terminal.ts';
import { deepLines } from './deep.ts';
import { itemLine } from './items.ts';

/** One report. What plain ones did not look at is said once for all, by {@link renderNotChecked}. */
export function renderReport(report: Report, terminal: Terminal): string[] {
  const inSync = report.state === 'in_sync';
  const verdict = inSync ? terminal.style('green', 'IN SYNC') : terminal.style('red', 'DRIFTED');
  const seen = report.snapshot ? 'one snapshot' : 'written to meanwhile, so every finding was read twice';
  return [
    `${terminal.style('bold', clean(report.entityType))}  ${verdict}  ${report.inSyncPercent} %`,
    `  ${plural(report.source, 'row')} in the source, ${formatCount(report.indexed)} indexed, ${formatDuration(report.durationMs)} (${seen})`,
    ...(report.deep === null ? [] : deepLines(report.deep)).map((line) => `  ${line}`),
    ...(report.deep === null ? [] : notCheckedLine(report.notChecked, terminal)).map((line) => `  ${line}`),
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

/** Once for all plain reports: it is the same sentence for each. Deep ones have numbers of their own, and say it themselves. */
export function renderNotChecked(reports: readonly Report[], terminal: Terminal): string[] {
  const plain = reports.filter((report) => report.deep === null);
  return notCheckedLine([...new Set(plain.flatMap((report) => report.notChecked))], terminal);
}

const notCheckedLine = (parts: readonly string[], terminal: Terminal): string[] =>
  parts.length === 0 ? [] : [terminal.style('dim', `not checked: ${parts.join('; ')}`)];
