/** Values of JSON and YAML as cells: each by itself, so that a value never changes because another row was added. */
import type { CellValue } from '../cell.ts';
import { stringify } from '../json.ts';

/** JSON with integers as bigints, however large, and everything else as usual. @throws SyntaxError */
export const parseExactly = (text: string): unknown => JSON.parse(text, keepIntegers);

function keepIntegers(_name: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source ?? '';
  if (typeof value !== 'number') return value;
  if (/^-?\d+$/.test(source)) return BigInt(source);
  // What is no double (1e400) stays as it was written.
  return Number.isFinite(value) ? value : source;
}

/**
 * Integers beyond 64 bits become their digits, booleans `true` and `false`. A list of plain values becomes `a, b`, which
 * is how a person would write it into a text; any other list or mapping becomes JSON.
 */
export function toCell(value: unknown): CellValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? value : value.toString();
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (Array.isArray(value) && !value.some(isNested)) {
    return value.filter((item) => item !== null).join(', ');
  }
  return stringify(value);
}

const isNested = (item: unknown): boolean => typeof item === 'object' && item !== null;
