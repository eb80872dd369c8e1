/** Which dead letters are chosen, over several entity types. Pure. */
import type { DeadLetter } from '../../../engine/contract.ts';

export interface ChosenLetter {
  readonly entityType: string;
  readonly key: string;
  readonly isExcluded: boolean;
}

/** By {@link letterId}: rows with NULL in their key that print alike are one. */
export type LetterSelection = ReadonlyMap<string, ChosenLetter>;

export const letterId = ({ entityType, key }: Pick<DeadLetter, 'entityType' | 'key'>): string =>
  JSON.stringify([entityType, key]);

export function choose(
  selection: LetterSelection,
  letters: readonly DeadLetter[],
  isChosen: boolean,
): LetterSelection {
  const next = new Map(selection);
  for (const letter of letters) {
    const { entityType, key, excluded } = letter;
    if (isChosen) next.set(letterId(letter), { entityType, key, isExcluded: excluded !== null });
    else next.delete(letterId(letter));
  }
  return next;
}

/** Keys by entity type, which is how operations take them: of those set aside, or of the others. */
export function keysByType(selection: LetterSelection, isExcluded: boolean): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  for (const letter of selection.values())
    if (letter.isExcluded === isExcluded)
      keys.set(letter.entityType, [...(keys.get(letter.entityType) ?? []), letter.key]);
  return keys;
}

export const countKeys = (keys: ReadonlyMap<string, readonly string[]>): number =>
  [...keys.values()].reduce((sum, { length }) => sum + length, 0);
