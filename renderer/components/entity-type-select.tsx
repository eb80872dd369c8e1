import { Select } from '@mantine/core';
import type { JSX } from 'react';
import { collator, formatCount } from '../format.ts';

interface EntityTypeSelectProps {
  readonly types: readonly string[];
  /** Shown behind each name; a type without one shows none. */
  readonly counts?: ReadonlyMap<string, number>;
  /** Null for all of them, where `allLabel` offers that. */
  readonly value: string | null;
  readonly onChange: (entityType: string | null) => void;
  /** What choosing none is called: `All entity types`. */
  readonly allLabel?: string;
}

/** No entity type has an empty name. */
const ALL = '';

export function EntityTypeSelect(props: EntityTypeSelectProps): JSX.Element {
  const { types, counts, value, onChange, allLabel } = props;
  const labelOf = (name: string): string => {
    const count = counts?.get(name);
    return count === undefined ? name : `${name} (${formatCount(count)})`;
  };
  const known = types.toSorted(collator.compare).map((name) => ({ value: name, label: labelOf(name) }));
  return (
    <Select
      aria-label="Entity type"
      data={allLabel === undefined ? known : [{ value: ALL, label: allLabel }, ...known]}
      value={value ?? (allLabel === undefined ? null : ALL)}
      onChange={(chosen) => chosen !== null && onChange(chosen === ALL ? null : chosen)}
      allowDeselect={false}
      searchable={types.length > 8}
      placeholder="Entity type"
      nothingFoundMessage="No entity type by that name"
      w={{ base: '100%', xs: 240 }}
      comboboxProps={{ shadow: 'md' }}
    />
  );
}
