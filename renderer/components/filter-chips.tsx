import { Group, Tooltip, UnstyledButton } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import type { JSX } from 'react';
import { formatCount } from '../format.ts';
import classes from './filter-chips.module.css';

export interface FilterChip {
  readonly value: string;
  readonly label: string;
  readonly count: number;
  /** Said on demand. */
  readonly meaning?: string;
  readonly icon?: Icon;
  /** Of Mantine's palette. */
  readonly color?: string;
}

interface FilterChipsProps {
  readonly label: string;
  readonly chips: readonly FilterChip[];
  /** Null for all. */
  readonly value: string | null;
  readonly onChange: (value: string | null) => void;
}

/** One of several filters, or none: each says how much it would leave. */
export function FilterChips({ label, chips, value, onChange }: FilterChipsProps): JSX.Element {
  const total = chips.reduce((sum, { count }) => sum + count, 0);
  return (
    <Group role="group" aria-label={label} gap={6}>
      <UnstyledButton
        className={classes.chip ?? ''}
        aria-pressed={value === null}
        onClick={() => onChange(null)}
      >
        All <span className="numeric">{formatCount(total)}</span>
      </UnstyledButton>
      {chips.map(({ value: own, label: name, count, meaning, icon: Icon, color }) => (
        <Tooltip key={own} label={`${name}: ${meaning ?? ''}`} disabled={meaning === undefined} maw={320}>
          <UnstyledButton
            className={classes.chip ?? ''}
            aria-pressed={value === own}
            onClick={() => onChange(value === own ? null : own)}
          >
            {Icon !== undefined && (
              <Icon
                size={15}
                aria-hidden
                {...(color === undefined
                  ? {}
                  : {
                      color: `light-dark(var(--mantine-color-${color}-8), var(--mantine-color-${color}-4))`,
                    })}
              />
            )}
            {name} <span className="numeric">{formatCount(count)}</span>
          </UnstyledButton>
        </Tooltip>
      ))}
    </Group>
  );
}
