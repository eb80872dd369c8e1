/** Which of a folder's entries a person can choose, and in which order they are shown. Pure. */
import type { SetupOutput } from '../../../engine/setup-contract.ts';

export type FileEntry = SetupOutput<'files'>['entries'][number];
/** What is looked for. */
export type Wanted = 'source' | 'workspace' | 'folder';

const RANK: Readonly<Record<FileEntry['kind'], number>> = { source: 0, workspace: 0, folder: 1, other: 2 };

/** What is looked for first, then folders, then the rest; within each, the server's own order. */
export function arrange(entries: readonly FileEntry[], wanted: Wanted, filter: string): FileEntry[] {
  const words = filter.trim().toLowerCase();
  return entries
    .filter(({ kind }) => wanted === 'source' || kind === 'folder' || kind === 'workspace')
    .filter(({ name }) => words === '' || name.toLowerCase().includes(words))
    .sort((a, b) => rank(a, wanted) - rank(b, wanted));
}

/** Where a folder is looked for, workspaces are folders like others. */
function rank({ kind }: FileEntry, wanted: Wanted): number {
  return wanted === 'folder' && kind === 'workspace' ? RANK.folder : RANK[kind];
}

/** What choosing an entry does: a folder is opened, a file or workspace that is looked for is picked. */
export function effectOf({ kind }: FileEntry, wanted: Wanted): 'open' | 'pick' {
  if (kind === 'folder') return 'open';
  if (kind === 'workspace') return wanted === 'workspace' ? 'pick' : 'open';
  return 'pick';
}
