/** Lists that people read: drifted keys, dead letters, hits, checks. Each function returns lines. */
import type { Check, Hit, Output } from '../../../contract.ts';
import { clean, excerpt, formatCount, plural, table } from '../format.ts';
import type { Terminal } from '../terminal.ts';
import { itemLine, KEY_LENGTH } from './items.ts';

export function renderDriftItems({ items, total }: Output<'drift'>, terminal: Terminal): string[] {
  if (total === 0) return ['nothing drifted, as of the latest validation'];
  const rows = items.map((item) => [terminal.style('yellow', item.class), itemLine(item, terminal)]);
  return [...table(rows), ...andMore(items.length, total, terminal)];
}

export function renderDeadLetters({ items, total }: Output<'deadLetters'>, terminal: Terminal): string[] {
  if (total === 0) return ['no dead letters'];
  const lines = items.flatMap((item) => [
    `${terminal.style('bold', `${clean(item.entityType)} ${excerpt(item.key, KEY_LENGTH)}`)}  ${item.code} in ${item.stage}, ${plural(item.attempts, 'attempt')}, job ${item.jobId}`,
    `    ${excerpt(item.message, 200)}`,
    ...(item.text === null || item.text === ''
      ? []
      : [terminal.style('dim', `    “${excerpt(item.text, 70)}”`)]),
  ]);
  return [...lines, ...andMore(items.length, total, terminal)];
}

function andMore(shown: number, total: number, terminal: Terminal): string[] {
  return total > shown ? [terminal.style('dim', `and ${formatCount(total - shown)} more (--limit)`)] : [];
}

export function renderHits(hits: readonly Hit[], terminal: Terminal): string[] {
  if (hits.length === 0) return ['no hits'];
  const heads = hits.map((hit, i) => [
    `${i + 1}.`,
    terminal.style('dim', hit.score.toFixed(4)),
    terminal.style('bold', excerpt(hit.key, KEY_LENGTH)),
  ]);
  const keys = Math.max(...hits.map((hit) => excerpt(hit.key, KEY_LENGTH).length));
  const room = Math.max(30, terminal.columns - keys - '10.  0.0000    '.length);
  return table(
    heads.map((head, i) => [...head, excerpt(hits[i]?.excerpt ?? '', room)]),
    [0],
  );
}

export function renderChecks(checks: readonly Check[], terminal: Terminal): string[] {
  return checks.flatMap((check) => {
    const mark = check.ok ? terminal.style('green', '✓') : terminal.style('red', '✗');
    const line = `${mark} ${clean(check.name)}: ${clean(check.detail)}`;
    return check.hint === null ? [line] : [line, `    ${terminal.withCommands(clean(check.hint))}`];
  });
}
