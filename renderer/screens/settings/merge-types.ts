/** Entity types as they are configured, beside what the source has. Pure. */
import type { ChosenType } from '../../../engine/setup-contract.ts';
import { suggestedChoice, type FoundType, type TypeChoice } from '../../components/type-editor/choice.ts';

export interface MergedType {
  readonly type: FoundType;
  readonly choice: TypeChoice;
}

/** What the source has, in its order; then what is configured and not found there. */
export function mergeTypes(chosen: readonly ChosenType[], found: readonly FoundType[]): MergedType[] {
  const known = new Set(found.map(({ name }) => name));
  return [
    ...found.map((type) => ({ type, choice: savedChoice(chosen, type) })),
    ...chosen
      .filter(({ name }) => !known.has(name))
      .map((type) => ({ type: absent(type), choice: toChoice(type) })),
  ];
}

/** As configured; as suggested, and not selected, where it is not. */
export function savedChoice(chosen: readonly ChosenType[], type: FoundType): TypeChoice {
  const configured = chosen.find(({ name }) => name === type.name);
  return configured === undefined ? { ...suggestedChoice(type), selected: false } : toChoice(configured);
}

const toChoice = ({ key, template, filter = '' }: ChosenType): TypeChoice => ({
  selected: true,
  key,
  template,
  filter,
});

function absent({ name, key }: ChosenType): FoundType {
  return {
    name,
    kind: 'table',
    keyColumns: key,
    textColumns: [],
    rows: null,
    selected: true,
    reason: 'the source has no such table or view',
    columns: [],
    preview: [],
    template: '',
  };
}

/**
 * The list with a type as it is chosen now: in its place, where `saved` has it where it was there, and at the end where it is
 * new; so that undoing a choice gives the saved list again.
 */
export function withChoice(
  saved: readonly ChosenType[],
  chosen: readonly ChosenType[],
  type: ChosenType,
  selected: boolean,
): ChosenType[] {
  const others = new Map(chosen.filter(({ name }) => name !== type.name).map((it) => [it.name, it]));
  if (selected) others.set(type.name, type);
  const inOrder = saved.flatMap(({ name }) => others.get(name) ?? []);
  const placed = new Set(inOrder.map(({ name }) => name));
  return [...inOrder, ...[...others.values()].filter(({ name }) => !placed.has(name))];
}
