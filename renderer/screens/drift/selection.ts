/** Which items of a report are chosen to be repaired. Pure. */
import type { DriftClass, DriftItem } from '../../../engine/contract.ts';

/** `class`: all of a class, those that were never looked at included. */
export type Selection =
  | { readonly kind: 'keys'; readonly keys: ReadonlyMap<string, DriftItem['class']> }
  | { readonly kind: 'class'; readonly driftClass: DriftClass };

export const nothing: Selection = { kind: 'keys', keys: new Map() };

/** What can be repaired by itself: a ghost is no entity, a row with NULL in its key cannot be named. */
export const canSelect = (item: DriftItem): boolean =>
  item.class !== 'ghost' && !item.keyValues.includes(null);

export function isSelected(selection: Selection, item: DriftItem): boolean {
  return selection.kind === 'class'
    ? item.class === selection.driftClass
    : canSelect(item) && selection.keys.has(item.key);
}

/** Selecting single items gives up the choice of a class. */
export function select(selection: Selection, items: readonly DriftItem[], chosen: boolean): Selection {
  const keys = new Map(selection.kind === 'keys' ? selection.keys : []);
  for (const item of items.filter(canSelect)) {
    if (chosen) keys.set(item.key, item.class);
    else keys.delete(item.key);
  }
  return { kind: 'keys', keys };
}

export function countSelected(selection: Selection, counts: ReadonlyMap<DriftClass, number>): number {
  return selection.kind === 'keys' ? selection.keys.size : (counts.get(selection.driftClass) ?? 0);
}

/** What a repair is asked to do: the selection, or everything where nothing is selected. */
export function repairInput(
  selection: Selection,
  entityType: string,
): { entityTypes: string[]; keys?: string[]; classes?: DriftClass[] } {
  const entityTypes = [entityType];
  if (selection.kind === 'class') return { entityTypes, classes: [selection.driftClass] };
  return selection.keys.size === 0 ? { entityTypes } : { entityTypes, keys: [...selection.keys.keys()] };
}
