import { Group, Select } from '@mantine/core';
import type { JSX } from 'react';
import { jobKinds, jobStates, type JobKind, type JobState } from '../../../engine/contract.ts';
import { useAddressQuery } from '../../address.ts';
import { useOperation } from '../../api/queries.ts';
import { EntityTypeSelect } from '../../components/entity-type-select.tsx';
import { jobKindLooks } from '../../components/job-kinds.ts';
import { jobStateLooks } from '../../components/job-state-badge.tsx';

/** What jobs are shown; a field that is not there leaves all of them. */
export interface JobFilter {
  readonly kind?: JobKind;
  readonly state?: JobState;
  readonly entityType?: string;
}

/** What stands in the address, as far as it means something. */
export function useJobFilter(): JobFilter {
  const { query } = useAddressQuery();
  const kind = jobKinds.find((name) => name === query.get('kind'));
  const state = jobStates.find((name) => name === query.get('state'));
  const entityType = query.get('type');
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(state === undefined ? {} : { state }),
    ...(entityType === null ? {} : { entityType }),
  };
}

export function JobFilters({ filter }: { readonly filter: JobFilter }): JSX.Element {
  const { change } = useAddressQuery();
  const { data: status } = useOperation('status', {});
  const choose = (field: string, value: string | null): void => change({ [field]: value, before: null });
  return (
    <Group gap="xs">
      <LookSelect
        label="Kind of job"
        anyLabel="Any kind"
        width={150}
        values={jobKinds}
        looks={jobKindLooks}
        value={filter.kind}
        onChange={(kind) => choose('kind', kind)}
      />
      <LookSelect
        label="State of the job"
        anyLabel="Any state"
        width={200}
        values={jobStates}
        looks={jobStateLooks}
        value={filter.state}
        onChange={(state) => choose('state', state)}
      />
      <EntityTypeSelect
        types={status?.entityTypes ?? []}
        value={filter.entityType ?? null}
        onChange={(name) => choose('type', name)}
        allLabel="Any entity type"
      />
    </Group>
  );
}

interface LookSelectProps<T extends string> {
  readonly label: string;
  readonly anyLabel: string;
  readonly width: number;
  readonly values: readonly T[];
  readonly looks: Readonly<Record<T, { readonly label: string }>>;
  readonly value: T | undefined;
  /** Null for any. */
  readonly onChange: (value: string | null) => void;
}

const ANY = '';

function LookSelect<T extends string>(props: LookSelectProps<T>): JSX.Element {
  const { label, anyLabel, width, values, looks, value, onChange } = props;
  return (
    <Select
      aria-label={label}
      w={width}
      allowDeselect={false}
      value={value ?? ANY}
      onChange={(chosen) => onChange(chosen === ANY ? null : chosen)}
      data={[
        { value: ANY, label: anyLabel },
        ...values.map((name) => ({ value: name, label: looks[name].label })),
      ]}
    />
  );
}
