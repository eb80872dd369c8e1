import { letterStages, type DeadLetter } from '../../../engine/contract.ts';
import { useAddressQuery } from '../../address.ts';

/** What the address says of the screen, beside the entity type. */
export interface LetterAddress {
  readonly stage: DeadLetter['stage'] | null;
  readonly code: string | null;
  readonly open: { readonly entityType: string; readonly key: string } | null;
  readonly filter: (by: { readonly stage?: string | null; readonly code?: string | null }) => void;
  readonly openLetter: (letter: DeadLetter | null, options?: { readonly follow: boolean }) => void;
}

export function useLetterAddress(): LetterAddress {
  const { query, change } = useAddressQuery();
  const [of, key, stage] = [query.get('of'), query.get('key'), query.get('stage')];
  return {
    stage: letterStages.find((name) => name === stage) ?? null,
    code: query.get('code'),
    open: of === null || key === null ? null : { entityType: of, key },
    filter: (by) => change({ ...by, of: null, key: null }),
    openLetter: (letter, options) =>
      change(
        { of: letter?.entityType ?? null, key: letter?.key ?? null },
        { replace: options?.follow === true },
      ),
  };
}
