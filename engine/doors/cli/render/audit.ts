/** A job's audit trail, in lines. */
import type { Audit } from '../../../contract.ts';
import { clean, excerpt, formatCount, table } from '../format.ts';
import type { Terminal } from '../terminal.ts';
import { renderJob } from './jobs.ts';
import { KEY_LENGTH } from './items.ts';

/** A repair may be of ten thousand keys: `--json` has them all. */
const OPTION_LENGTH = 200;

export function renderAudit(audit: Audit, terminal: Terminal): string[] {
  const { job, options, recipe, generation, warnings } = audit;
  return [
    ...renderJob(job, terminal),
    ...Object.entries(options).map(
      ([name, value]) => `  ${name}: ${excerpt(JSON.stringify(value), OPTION_LENGTH)}`,
    ),
    ...(recipe === null
      ? []
      : [
          `with model ${clean(recipe.model.name)} (${recipe.model.dimensions} dimensions), recipe ${recipe.recipe.fingerprint.slice(0, 12)}`,
        ]),
    ...(generation === null ? [] : [generationLine(generation)]),
    ...eventLines(audit, terminal),
    ...changeLines(audit, terminal),
    ...(audit.deadLetters === 0 ? [] : [`dead letters: ${formatCount(audit.deadLetters)}`]),
    ...warnings.map((line) => terminal.style('yellow', clean(line))),
  ];
}

const generationLine = ({ number, state, previous }: NonNullable<Audit['generation']>): string =>
  `generation ${number} (${state})${previous === null ? '' : `, in the place of ${previous}`}`;

function eventLines({ events }: Audit, terminal: Terminal): string[] {
  if (events.length === 0) return [];
  const rows = events.map(({ at, state, pid, error }) => [
    `  ${new Date(at).toISOString()}`,
    state.replaceAll('_', ' '),
    terminal.style('dim', `process ${pid}`),
    error === null ? '' : `${error.code}: ${excerpt(error.message, 80)}`,
  ]);
  return ['what it went through:', ...table(rows)];
}

function changeLines({ changes }: Audit, terminal: Terminal): string[] {
  const { added, changed, removed, items, offset } = changes;
  if (added === null || changed === null || removed === null) return [];
  const counts = `${formatCount(added)} added, ${formatCount(changed)} changed, ${formatCount(removed)} removed`;
  const rows = items.map(({ key, change }) => [
    `  ${terminal.style('yellow', change)}`,
    excerpt(key, KEY_LENGTH),
  ]);
  const more = added + changed + removed - offset - items.length;
  return [
    `what it changed: ${counts}`,
    ...table(rows),
    ...(more > 0 ? [terminal.style('dim', `  and ${formatCount(more)} more (--limit, --offset)`)] : []),
  ];
}
