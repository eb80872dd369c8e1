import type { JSX, ReactNode } from 'react';
import { ListAndDetail } from '../../components/list-and-detail.tsx';
import { useDriftAddress } from './drift-address.ts';
import { EntityDetail } from './entity-detail.tsx';

interface WithoutItemsProps {
  readonly entityType: string;
  /** Why there are none. */
  readonly children: ReactNode;
}

/** Where nothing drifted, or nobody has looked, an entity can be looked at all the same: links from hits lead here. */
export function WithoutItems({ entityType, children }: WithoutItemsProps): JSX.Element {
  const { open, openItem } = useDriftAddress();
  return (
    <ListAndDetail
      title={open === null ? null : <span className="mono">{open.key}</span>}
      detail={open !== null && <EntityDetail key={open.key} open={open} entityType={entityType} />}
      onClose={() => openItem(null)}
    >
      {children}
    </ListAndDetail>
  );
}
