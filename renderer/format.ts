/** Numbers, times and sizes in the reader's own language. Pure: the locale is the browser's, the time is passed in. */

const locale = navigator.language;
const whole = new Intl.NumberFormat(locale);
const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
const twoDecimals = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
const oneDecimal = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const percentFormat = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 });
const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
const pluralRules = new Intl.PluralRules(locale);
export const collator = new Intl.Collator(locale, { numeric: true });

export const formatCount = (count: number): string => whole.format(count);
export const formatCompact = (count: number): string => compact.format(count);
export const formatScore = (score: number): string => twoDecimals.format(score);
export const formatDate = (at: number): string => date.format(at);
export const formatDateTime = (at: number): string => dateTime.format(at);

/** 0-100. 100 % stands for 100 alone: what is short of it never rounds up to it. */
export function formatPercent(percent: number): string {
  return percentFormat.format(percent >= 100 ? 1 : Math.min(percent, 99.99) / 100);
}

/** `1 row`, `2 rows`: with the number, in the reader's format. */
export function formatPlural(count: number, one: string, other: string): string {
  return `${formatCount(count)} ${pluralRules.select(count) === 'one' ? one : other}`;
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

export function formatBytes(bytes: number): string {
  const power = Math.min(BYTE_UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const unit = BYTE_UNITS[power] ?? 'byte';
  const format = new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: power === 0 ? 0 : 1,
  });
  return format.format(bytes / 1000 ** power);
}

/** `340 ms`, `12.4 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${whole.format(Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${oneDecimal.format(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const RELATIVE_UNITS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, milliseconds: number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** `3 minutes ago`. Under a minute it is `just now`, so that nothing has to tick every second. */
export function formatAgo(at: number, now: number): string {
  const elapsed = Math.max(0, now - at);
  for (const [unit, milliseconds] of RELATIVE_UNITS)
    if (elapsed >= milliseconds) return relative.format(-Math.floor(elapsed / milliseconds), unit);
  return 'just now';
}
