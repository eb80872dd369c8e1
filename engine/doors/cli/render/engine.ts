/** The engine's process and its source, in lines. */
import { formatBytes } from '../../../bytes.ts';
import type { EngineState } from '../../../contract.ts';
import { clean, formatDuration, plural } from '../format.ts';
import type { Terminal } from '../terminal.ts';

export function renderEngine(state: EngineState, terminal: Terminal): string[] {
  const { source } = state;
  const mark = source.reachable ? terminal.style('green', '✓') : terminal.style('red', '✗');
  const error = source.error === null ? [] : [`    ${source.error.code}: ${clean(source.error.message)}`];
  const hint = source.error?.hint ?? null;
  return [
    `process ${state.pid}, for ${formatDuration(state.uptimeMs)}, ${formatBytes(state.memoryBytes)} of memory`,
    `${plural(state.jobsRunning, 'job')} running, ${state.queued} queued, ${plural(state.threads, 'embedding thread')}`,
    `${mark} source ${clean(source.name)} (${source.kind}) ${source.reachable ? 'can be read' : 'cannot be read'}`,
    ...error,
    ...(hint === null ? [] : [`    ${terminal.withCommands(clean(hint))}`]),
  ];
}
