import { driftClasses, type DriftClass, type DriftItem } from '../../../engine/contract.ts';
import { useAddressQuery } from '../../address.ts';

/** What the address says of the screen, so that links and Back lead to the same rows. */
export interface DriftAddress {
  readonly driftClass: DriftClass | null;
  readonly text: string;
  readonly open: OpenItem | null;
  readonly chooseClass: (driftClass: string | null) => void;
  readonly find: (text: string) => void;
  /** `follow`: the address that is left is not one to come back to. */
  readonly openItem: (item: DriftItem | null, options?: { readonly follow: boolean }) => void;
}

export interface OpenItem {
  readonly key: string;
  /** A vector of the index that belongs to no entity: its key is a label. */
  readonly isGhost: boolean;
}

export const isOpenItem = (open: OpenItem | null, item: DriftItem): boolean =>
  open !== null && item.key === open.key && (item.class === 'ghost') === open.isGhost;

export function useDriftAddress(): DriftAddress {
  const { query, change } = useAddressQuery();
  const given = query.get('class');
  const [key, label] = [query.get('key'), query.get('ghost')];
  return {
    driftClass: driftClasses.find((name) => name === given) ?? null,
    text: query.get('find') ?? '',
    open: label !== null ? { key: label, isGhost: true } : key !== null ? { key, isGhost: false } : null,
    chooseClass: (driftClass) => change({ class: driftClass, key: null, ghost: null }),
    find: (text) => change({ find: text === '' ? null : text, key: null, ghost: null }, { replace: true }),
    openItem: (item, options) =>
      change(
        {
          key: item === null || item.class === 'ghost' ? null : item.key,
          ghost: item?.class === 'ghost' ? item.key : null,
        },
        { replace: options?.follow === true },
      ),
  };
}
