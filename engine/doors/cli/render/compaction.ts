/** What people read of a compaction: what went, or would go, and the sizes before and after. */
import { formatBytes } from '../../../bytes.ts';
import type { Compaction } from '../../../contract.ts';
import { clean, formatCount, plural, table } from '../format.ts';
import type { Terminal } from '../terminal.ts';

export function renderCompaction(compaction: Compaction, terminal: Terminal): string[] {
  const { graphs, undo, generations, embeddings, catalogBytesBefore, catalogBytesAfter } = compaction;
  const removed = [
    ...(undo > 0 ? [plural(undo, 'undo record')] : []),
    ...(generations > 0 ? [plural(generations, 'retired generation')] : []),
    ...(embeddings > 0 ? [plural(embeddings, 'unused embedding')] : []),
  ];
  const rows = [
    ...graphs.map((graph) => [
      `index ${clean(graph.entityType)}`,
      sizes(graph.bytesBefore, graph.bytesAfter),
      `${formatCount(graph.tombstones)} of ${plural(graph.vectors + graph.tombstones, 'vector')} dropped`,
    ]),
    ['catalog', sizes(catalogBytesBefore, catalogBytesAfter), removed.join(', ')],
  ];
  const isNothing = removed.length === 0 && graphs.length === 0 && catalogBytesBefore === catalogBytesAfter;
  if (isNothing) return [`nothing to compact; the catalog takes ${formatBytes(catalogBytesBefore)}`];
  const head = compaction.dryRun ? 'would compact (sizes are estimates)' : 'compacted';
  return [
    terminal.style('bold', head),
    ...table(rows).map((line) => `  ${line}`),
    ...(compaction.dryRun ? [terminal.style('dim', 'nothing was written')] : []),
  ];
}

const sizes = (before: number, after: number): string =>
  before === after ? formatBytes(before) : `${formatBytes(before)} → ${formatBytes(after)}`;
