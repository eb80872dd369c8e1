/** Lists that people read: drifted keys, dead letters, hits, checks. Each function returns lines. */
import type { Check, DeadLetter, Output } from '../../../contract.ts';
import { clean, excerpt, formatAgo, formatCount, plural, shellWord, table } from '../format.ts';
import type { Terminal } from '../terminal.ts';
import { itemLine, KEY_LENGTH } from './items.ts';

export function renderDriftItems(
  { items, total, offset, searched }: Output<'drift'>,
  terminal: Terminal,
): string[] {
  if (total === 0 && searched !== null) return ['no drifted key contains this, and no text of one'];
  if (total === 0) return ['nothing drifted, as of the latest validation'];
  if (items.length === 0) return [noMoreThan(total)];
  const rows = items.map((item) => [terminal.style('yellow', item.class), itemLine(item, terminal)]);
  return [...table(rows), ...andMore(offset + items.length, total, terminal)];
}

export function renderDeadLetters(
  { items, total, groups = [] }: Output<'deadLetters'>,
  terminal: Terminal,
  offset = 0,
  now = Date.now(),
): string[] {
  const counts = groups.map(
    ({ entityType, stage, code, count, excluded }) =>
      `${clean(entityType)}  ${clean(code)} in ${stage}: ${count}${excluded === 0 ? '' : ` (${excluded} excluded)`}`,
  );
  if (total === 0) return [...counts, 'no dead letters'];
  if (items.length === 0) return [...counts, noMoreThan(total)];
  const lines = items.flatMap((item) => letterLines(item, terminal, now));
  return [...counts, ...lines, ...andMore(offset + items.length, total, terminal)];
}

/** A key as `--key` takes it: quoted where spaces around it would be lost, and with a word where it cannot be shown whole. */
function keyToGive(key: string): string {
  const shown = excerpt(key, KEY_LENGTH);
  if (shown === key && key !== '') return key;
  return shown === key.replaceAll(/^ +| +$/g, '') ? shellWord(key) : `${shown} (not as it is: see --json)`;
}

function letterLines(item: DeadLetter, terminal: Terminal, now: number): string[] {
  const name = terminal.style('bold', `${clean(item.entityType)} ${keyToGive(item.key)}`);
  const last = formatAgo(item.lastAt, now);
  const first = formatAgo(item.firstAt, now);
  const when = first === last ? last : `${last}, first ${first}`;
  return [
    `${name}  ${clean(item.code)} in ${item.stage}, ${plural(item.attempts, 'attempt')}, job ${item.jobId}, ${when}`,
    ...(item.excluded === null
      ? []
      : [
          `    ${terminal.style('yellow', `excluded ${formatAgo(item.excluded.at, now)}`)}: ${excerpt(item.excluded.reason, 200)}`,
        ]),
    `    ${excerpt(item.message, 200)}`,
    ...(item.text === null || item.text === ''
      ? []
      : [terminal.style('dim', `    “${excerpt(item.text, 70)}”`)]),
  ];
}

/** Where an offset left nothing to list. */
const noMoreThan = (total: number): string => `there are no more than ${formatCount(total)}`;

function andMore(shown: number, total: number, terminal: Terminal): string[] {
  return total > shown ? [terminal.style('dim', `and ${formatCount(total - shown)} more (--limit)`)] : [];
}

export function renderHits({ hits, warnings = [] }: Output<'search'>, terminal: Terminal): string[] {
  const told = warnings.map((line) => terminal.style('yellow', terminal.withCommands(clean(line))));
  if (hits.length === 0) return ['no hits', ...told];
  const heads = hits.map((hit, i) => [
    `${i + 1}.`,
    terminal.style('dim', hit.score.toFixed(4)),
    terminal.style('bold', excerpt(hit.key, KEY_LENGTH)),
  ]);
  const keys = Math.max(...hits.map((hit) => excerpt(hit.key, KEY_LENGTH).length));
  const room = Math.max(30, terminal.columns - keys - '10.  0.0000    '.length);
  const lines = table(
    heads.map((head, i) => [...head, excerpt(hits[i]?.excerpt ?? '', room)]),
    [0],
  );
  return [...lines, ...told];
}

export function renderChecks(checks: readonly Check[], terminal: Terminal): string[] {
  return checks.flatMap((check) => {
    const mark = check.ok ? terminal.style('green', '✓') : terminal.style('red', '✗');
    const line = `${mark} ${clean(check.name)}: ${terminal.withCommands(clean(check.detail))}`;
    return check.hint === null ? [line] : [line, `    ${terminal.withCommands(clean(check.hint))}`];
  });
}
