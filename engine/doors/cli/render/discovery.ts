/** What people read of a source: its tables and views, and what `init` made of them. */
import type { Output } from '../../../contract.ts';
import type { InitOutput } from '../../../operations/init.ts';
import { clean, excerpt, plural } from '../format.ts';
import type { Terminal } from '../terminal.ts';

type EntityType = Output<'discover'>['entityTypes'][number];

/** Those that are selected first, the others with the reason and the remedy. */
export function renderDiscovery(types: readonly EntityType[], terminal: Terminal): string[] {
  if (types.length === 0) return ['the source has no tables or views'];
  return [
    ...types.filter((type) => type.selected).flatMap((type) => selectedLines(type, terminal)),
    ...types.filter((type) => !type.selected).flatMap((type) => otherLines(type, terminal)),
  ];
}

function selectedLines(type: EntityType, terminal: Terminal): string[] {
  const [preview = ''] = type.preview;
  return [
    `${terminal.style('green', '✓')} ${headOf(type, terminal)}, key ${list(type.keyColumns)}, text ${textOf(type)}`,
    ...(preview === ''
      ? []
      : [terminal.style('dim', `    “${excerpt(preview, Math.min(100, terminal.columns - 6))}”`)]),
  ];
}

function otherLines(type: EntityType, terminal: Terminal): string[] {
  return [`${terminal.style('dim', '–')} ${headOf(type, terminal)}`, `    ${clean(type.reason)}`];
}

function headOf(type: EntityType, terminal: Terminal): string {
  const view = type.kind === 'view' ? ' (view)' : '';
  const rows = type.rows === null ? 'rows unknown' : plural(type.rows, 'row');
  return `${terminal.style('bold', clean(type.name))}${view}  ${rows}`;
}

/** Text columns; those with HTML say so, because the default template takes it off. */
function textOf(type: EntityType): string {
  const html = new Set(type.columns.filter((column) => column.html).map((column) => column.name));
  if (type.textColumns.length === 0) return 'none of its own';
  return type.textColumns.map((name) => `${clean(name)}${html.has(name) ? ' (HTML)' : ''}`).join(', ');
}

const list = (names: readonly string[]): string => names.map(clean).join(', ');

export function renderInit(output: InitOutput, terminal: Terminal): string[] {
  const selected = output.entityTypes.filter((type) => type.selected).length;
  const sum = `${clean(output.workspace)} is ready: ${selected} of ${plural(output.entityTypes.length, 'table or view', 'tables and views')} selected in plumbline.yaml.`;
  const next =
    selected === 0
      ? `Next: select one under entityTypes: there, then ${terminal.style('cyan', terminal.command('index'))}`
      : `Next: ${terminal.style('cyan', terminal.command('index'))}`;
  return [...renderDiscovery(output.entityTypes, terminal), '', sum, next];
}
