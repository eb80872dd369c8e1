/** A table of up to millions of rows: only those that are seen exist, and only those looked at are read. */
import { VisuallyHidden } from '@mantine/core';
import { useEffect, useId, useRef, useState, type CSSProperties, type JSX, type KeyboardEvent } from 'react';
import { rowAfterKey } from './grid-keys.ts';
import { GridRow } from './grid-row.tsx';
import type { Column, Selecting } from './grid-types.ts';
import type { PagedList } from './paged-list.ts';
import { useRows } from './use-rows.ts';
import classes from './virtual-grid.module.css';

interface VirtualGridProps<T> {
  readonly label: string;
  readonly list: PagedList<T>;
  /** Known before the first page is there: the scroll bar is right from the beginning. */
  readonly expectedTotal: number;
  readonly columns: readonly Column<T>[];
  readonly selecting?: Selecting<T>;
  readonly isOpen: (item: T) => boolean;
  readonly onOpen: (item: T) => void;
  /** Escape. */
  readonly onClose: () => void;
  /** The focus has moved while an item is open. */
  readonly onFollow: (item: T) => void;
  readonly hasOpen: boolean;
}

const CHECK_TRACK = '36px';

export function VirtualGrid<T>(props: VirtualGridProps<T>): JSX.Element {
  const { label, list, columns, selecting, isOpen } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const anchor = useRef(-1);
  const count = list.total ?? props.expectedTotal;
  const rows = useRows(scroller, count);
  const first = rows.items[0]?.index ?? 0;
  const last = rows.items.at(-1)?.index ?? 0;

  useEffect(() => {
    list.want(first, last);
  }, [list, first, last]);

  // Where the focus went before its item was here: the detail follows once it is.
  const activeItem = active < 0 ? undefined : list.itemAt(active);
  const [hasMoved, setHasMoved] = useState(false);
  const { hasOpen, onFollow } = props;
  useEffect(() => {
    if (hasMoved && hasOpen && activeItem !== undefined && !isOpen(activeItem)) onFollow(activeItem);
  }, [hasMoved, hasOpen, activeItem, isOpen, onFollow]);

  const select = (index: number, isRange: boolean): void => {
    const item = list.itemAt(index);
    if (selecting === undefined || item === undefined || !selecting.canSelect(item)) return;
    const from = isRange && anchor.current >= 0 ? anchor.current : index;
    const range: T[] = [];
    for (let at = Math.min(from, index); at <= Math.max(from, index); at += 1) {
      const between = list.itemAt(at);
      if (between !== undefined && selecting.canSelect(between)) range.push(between);
    }
    selecting.set(range, !selecting.isSelected(item));
    anchor.current = index;
    setActive(index);
  };

  const press = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const to = rowAfterKey(event.key, { active, count, perPage: rows.perPage });
    if (to !== null) {
      setActive(to);
      setHasMoved(true);
      rows.scrollTo(to);
    } else if (event.key === ' ') select(active, event.shiftKey);
    else if (event.key === 'Enter' && activeItem !== undefined) props.onOpen(activeItem);
    else if (event.key === 'Escape') props.onClose();
    else return;
    event.preventDefault();
  };

  const tracks = [...(selecting === undefined ? [] : [CHECK_TRACK]), ...columns.map(({ width }) => width)];
  const rowId = (index: number): string => `${id}-${index}`;
  const isActiveRendered = active >= first && active <= last && active < count;
  return (
    <div
      ref={scroller}
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={count + 1}
      aria-colcount={columns.length + (selecting === undefined ? 0 : 1)}
      {...(selecting === undefined ? {} : { 'aria-multiselectable': true })}
      {...(isActiveRendered ? { 'aria-activedescendant': rowId(active) } : {})}
      className={classes.grid ?? ''}
      style={{ '--columns': tracks.join(' ') } as CSSProperties}
      onKeyDown={press}
      onFocus={() => setActive((row) => (row < 0 ? first : row))}
    >
      <div role="rowgroup" className={classes.header ?? ''}>
        <div role="row" aria-rowindex={1} className={classes.headerRow ?? ''}>
          {selecting !== undefined && (
            <div role="columnheader" className={classes.check ?? ''}>
              <VisuallyHidden>Selected</VisuallyHidden>
            </div>
          )}
          {columns.map(({ name, header, className }) => (
            <div key={name} role="columnheader" className={`${classes.cell ?? ''} ${className ?? ''}`}>
              {header}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" className={classes.body ?? ''} style={{ height: rows.height }}>
        {rows.items.map((row) => {
          const item = list.itemAt(row.index);
          return (
            <GridRow
              key={row.index}
              id={rowId(row.index)}
              index={row.index}
              item={item}
              columns={columns}
              selecting={selecting}
              top={rows.topOf(row)}
              isActive={row.index === active}
              isOpen={item !== undefined && isOpen(item)}
              onPick={(index, picked) => {
                setActive(index);
                anchor.current = index;
                props.onOpen(picked);
              }}
              onSelect={select}
            />
          );
        })}
      </div>
    </div>
  );
}
