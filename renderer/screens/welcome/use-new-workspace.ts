import { useMemo } from 'react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ChosenType, SetupOutput } from '../../../engine/setup-contract.ts';
import { useSetup } from '../../api/queries.ts';
import {
  problemOf,
  suggestedChoice,
  toChosen,
  type FoundType,
  type TypeChoice,
} from '../../components/type-editor/choice.ts';
import { useDraft, type Draft } from './draft.ts';

export interface SetUpType {
  readonly type: FoundType;
  readonly choice: TypeChoice;
}

export interface NewWorkspace {
  readonly draft: Draft;
  /** What the source holds; idle until one was asked to be tested. */
  readonly probe: UseQueryResult<SetupOutput<'probeSource'>>;
  /** All types of the source; none before it was read. */
  readonly types: readonly SetUpType[];
  /** As the engine takes them. */
  readonly chosen: readonly ChosenType[];
  /** The source is the one that was read. */
  readonly isRead: boolean;
  /** There is something to index, and nothing wrong with any of it. */
  readonly isChosen: boolean;
}

/** What was chosen so far, together with what the source says. */
export function useNewWorkspace(): NewWorkspace {
  const draft = useDraft();
  const { source, tested, choices } = draft;
  const probe = useSetup('probeSource', { source: tested }, { enabled: tested !== '' });
  const { data } = probe;
  const types = useMemo(
    () =>
      (data?.entityTypes ?? []).map((type) => ({
        type,
        choice: choices[tested]?.[type.name] ?? suggestedChoice(type),
      })),
    [data, choices, tested],
  );
  const selected = types.filter(({ choice }) => choice.selected);
  const isRead = data !== undefined && source.trim() === tested;
  return {
    draft,
    probe,
    types,
    chosen: selected.map(({ type, choice }) => toChosen(type.name, choice)),
    isRead,
    isChosen: isRead && selected.length > 0 && selected.every(({ choice }) => problemOf(choice) === null),
  };
}
