import type { ReactNode } from 'react';

export interface Column<T> {
  readonly name: string;
  readonly header: string;
  /** A track of a CSS grid: `140px`, `minmax(0, 1fr)`. */
  readonly width: string;
  readonly cell: (item: T) => ReactNode;
  readonly className?: string | undefined;
}

/** What of the items can be selected, and is. */
export interface Selecting<T> {
  readonly canSelect: (item: T) => boolean;
  readonly isSelected: (item: T) => boolean;
  /** The checkbox's name: `Select 42`. */
  readonly nameOf: (item: T) => string;
  /** Selects or leaves these. */
  readonly set: (items: readonly T[], isSelected: boolean) => void;
}
