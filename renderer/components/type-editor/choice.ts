/** An entity type while a person sets it up: what was found, what was chosen, and what is still wrong. Pure. */
import type { ChosenType, SetupOutput } from '../../../engine/setup-contract.ts';
import { placeholderFor } from '../../../engine/template-syntax.ts';

export type FoundType = SetupOutput<'probeSource'>['entityTypes'][number];

export interface TypeChoice {
  readonly selected: boolean;
  readonly key: readonly string[];
  readonly template: string;
  /** SQL condition; '' for none. */
  readonly filter: string;
}

/** What discovery suggests. */
export function suggestedChoice({ selected, keyColumns, template }: FoundType): TypeChoice {
  return { selected, key: keyColumns, template, filter: '' };
}

/** As the engine takes it. */
export function toChosen(name: string, { key, template, filter }: TypeChoice): ChosenType {
  return {
    name,
    key: [...key],
    template,
    ...(filter.trim() === '' ? {} : { filter: filter.trim() }),
  };
}

/** What has to be put right before the type can be indexed, in words; null where nothing has. */
export function problemOf({ key, template }: TypeChoice): string | null {
  if (key.length === 0) return 'Choose its key columns';
  if (template.trim() === '') return 'Write its template';
  if (!template.includes('{{')) return 'Its template names no column';
  return null;
}

/** Why discovery does not suggest a type, with what to do about it here. */
export function whyLeftOut({ keyColumns, textColumns, columns, reason }: FoundType): string {
  if (columns.length === 0) return reason;
  if (keyColumns.length === 0) return 'no key is declared: choose one to include it';
  if (textColumns.length === 0) return 'no column reads like text: write a template to include it';
  return reason;
}

/** Whether a template has a placeholder for a column. */
export function usesColumn(template: string, column: string): boolean {
  const [, ...rest] = template.split(placeholderFor(column).slice(0, -2));
  return rest.some((after) => /^\s*(\||\}\})/.test(after));
}

/** Rows of all types, views that cannot be counted left out. */
export const rowsOf = (types: readonly FoundType[]): number =>
  types.reduce((sum, { rows }) => sum + (rows ?? 0), 0);
