/** Which row a key leads to: the keyboard of a grid, as WAI-ARIA's authoring practices have it. Pure. */

export interface GridPosition {
  /** The row that has the focus; -1 for none yet. */
  readonly active: number;
  readonly count: number;
  /** Rows seen at once. */
  readonly perPage: number;
}

/** Null for keys that do not move. */
export function rowAfterKey(key: string, { active, count, perPage }: GridPosition): number | null {
  if (count === 0) return null;
  const within = (row: number): number => Math.max(0, Math.min(count - 1, row));
  switch (key) {
    case 'ArrowDown':
      return within(active + 1);
    case 'ArrowUp':
      return within(active - 1);
    case 'PageDown':
      return within(Math.max(0, active) + perPage);
    case 'PageUp':
      return within(active - perPage);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
