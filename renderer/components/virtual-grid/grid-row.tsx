import { Checkbox, Skeleton } from '@mantine/core';
import type { JSX } from 'react';
import classes from './virtual-grid.module.css';
import type { Column, Selecting } from './grid-types.ts';

interface GridRowProps<T> {
  readonly id: string;
  /** From 0. */
  readonly index: number;
  /** Undefined while it is being read. */
  readonly item: T | undefined;
  readonly columns: readonly Column<T>[];
  readonly selecting: Selecting<T> | undefined;
  /** Pixels. */
  readonly top: number;
  readonly isActive: boolean;
  readonly isOpen: boolean;
  readonly onPick: (index: number, item: T) => void;
  readonly onSelect: (index: number, isRange: boolean) => void;
}

export function GridRow<T>(props: GridRowProps<T>): JSX.Element {
  const { id, index, item, columns, selecting, top, isActive, isOpen } = props;
  const isSelected = item !== undefined && selecting?.isSelected(item) === true;
  return (
    // The keyboard is the grid's, which owns the focus.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      {...(selecting === undefined ? {} : { 'aria-selected': isSelected })}
      {...(item === undefined ? { 'aria-busy': true } : {})}
      data-active={isActive || undefined}
      data-open={isOpen || undefined}
      data-selected={isSelected || undefined}
      data-loading={item === undefined || undefined}
      className={classes.row ?? ''}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => item !== undefined && props.onPick(index, item)}
    >
      {selecting !== undefined && (
        <div role="gridcell" className={classes.check ?? ''}>
          {item !== undefined && selecting.canSelect(item) && (
            <Checkbox
              size="xs"
              tabIndex={-1}
              aria-label={selecting.nameOf(item)}
              checked={isSelected}
              onChange={() => {}}
              onClick={(event) => {
                event.stopPropagation();
                props.onSelect(index, event.shiftKey);
              }}
            />
          )}
        </div>
      )}
      {columns.map(({ name, cell, className }) => (
        <div key={name} role="gridcell" className={`${classes.cell ?? ''} ${className ?? ''}`}>
          {item === undefined ? <Skeleton h={12} w="70%" animate={false} /> : cell(item)}
        </div>
      ))}
    </div>
  );
}
