/** Numbers, durations and excerpts for people. Pure. */
const whole = new Intl.NumberFormat('en-GB');

export const formatCount = (value: number): string => whole.format(value);

/** `1 row`, `2 rows`. */
export const plural = (value: number, singular: string, many = `${singular}s`): string =>
  `${formatCount(value)} ${value === 1 ? singular : many}`;

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** One line of at most `length` characters; control characters, which could move the cursor, become spaces. */
export function excerpt(text: string, length: number): string {
  // oxlint-disable-next-line no-control-regex -- stored text must not reach the terminal as commands
  const line = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ').trim();
  const characters = [...line];
  return characters.length <= length ? line : `${characters.slice(0, length - 1).join('')}…`;
}

/** Columns of text, left-aligned, separated by two spaces. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, width(cell))));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell + ' '.repeat((widths[i] ?? 0) - width(cell))))
      .join('  ')
      .trimEnd(),
  );
}

// oxlint-disable-next-line no-control-regex -- colour codes take no room on the screen
const width = (cell: string): number => [...cell.replaceAll(/\u001b\[[0-9;]*m/g, '')].length;
