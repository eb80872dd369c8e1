/** Numbers, durations, moments and excerpts for people. Pure. */
import { stripVTControlCharacters } from 'node:util';

export { shellWord } from '../../shell-word.ts';

const whole = new Intl.NumberFormat('en-GB');

export const formatCount = (value: number): string => whole.format(value);

/** `1 row`, `2 rows`. */
export const plural = (value: number, singular: string, many = `${singular}s`): string =>
  `${formatCount(value)} ${value === 1 ? singular : many}`;

/** `40 ms`, `2.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 99.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 9_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  return formatSeconds(milliseconds);
}

/** The same without fractions: `3 s`, `3 min 20 s`. What is left to wait is an estimate, and should look like one. */
export function formatSeconds(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** `just now`, `4 min ago`, `3 h ago`; from two days on the date. */
export function formatAgo(at: number, now: number): string {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : new Date(at).toISOString().slice(0, 10);
}

/**
 * Stored text as one line that cannot act: control characters (escape sequences among them) and the invisible marks
 * that reorder text would change what the terminal shows.
 */
export function clean(text: string): string {
  return text
    .replaceAll(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}

/** One harmless line of at most `length` characters; where the text breaks its lines, ` · `. */
export function excerpt(text: string, length: number): string {
  // Cut first: a document may have megabytes, and nothing that is dropped needs to be cleaned.
  const start = text.trim().slice(0, length * 8);
  const characters = [...clean(start.replaceAll(/\s*\n\s*/g, ' · '))];
  const isWhole = characters.length <= length && text.length <= length * 8;
  return isWhole ? characters.join('') : `${characters.slice(0, length - 1).join('')}…`;
}

/** Columns of text, separated by two spaces; left-aligned but for those listed in `right`. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, width(cell))));
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const space = ' '.repeat((widths[i] ?? 0) - width(cell));
        return right.includes(i) ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Cells that a text takes on the screen: colours and combining marks none, emoji and East Asian characters two. */
function width(text: string): number {
  const plain = stripVTControlCharacters(text).replaceAll(/\p{M}|[\u200b-\u200d]/gu, '');
  const wide =
    plain.match(
      /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/gu,
    ) ?? [];
  return [...plain].length + wide.length;
}
