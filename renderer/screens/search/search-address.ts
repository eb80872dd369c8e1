import { searchModes, type SearchMode } from '../../../engine/contract.ts';
import { useAddressQuery } from '../../address.ts';

/** Offered numbers of hits. */
export const HIT_COUNTS = [10, 25, 50, 100] as const;
const DEFAULT_K = HIT_COUNTS[0];

export interface Wanted {
  readonly query: string;
  readonly mode: SearchMode;
  readonly k: number;
}

export interface SearchAddress extends Wanted {
  /** `keep`: the search that is left is one to come back to. */
  readonly change: (wanted: Partial<Wanted>, options: { readonly keep: boolean }) => void;
}

/** The search that the address stands for: a link to it, and Back, find it again. */
export function useSearchAddress(): SearchAddress {
  const { query, change } = useAddressQuery();
  const given = { mode: query.get('mode'), k: Number(query.get('k')) };
  return {
    query: query.get('q') ?? '',
    mode: searchModes.find((mode) => mode === given.mode) ?? 'hybrid',
    k: HIT_COUNTS.find((count) => count === given.k) ?? DEFAULT_K,
    change: ({ query: text, mode, k }, { keep }) =>
      change(
        {
          ...(text === undefined ? {} : { q: text === '' ? null : text }),
          ...(mode === undefined ? {} : { mode: mode === 'hybrid' ? null : mode }),
          ...(k === undefined ? {} : { k: k === DEFAULT_K ? null : String(k) }),
        },
        { replace: !keep },
      ),
  };
}
