import { Text } from '@mantine/core';
import type { JSX } from 'react';
import type { Entity } from '../../../engine/contract.ts';
import { LongText } from '../long-text.tsx';

interface FieldListProps {
  readonly fields: NonNullable<Entity['source']>['fields'];
  /** Of the `dl`: how its rows are laid out. */
  readonly className: string;
}

/** A row's columns and what stands in them. */
export function FieldList({ fields, className }: FieldListProps): JSX.Element {
  return (
    <dl className={className}>
      {fields.map(({ name, value }) => (
        <div key={name}>
          <dt className="mono">{name}</dt>
          <dd className="breakable">
            {value === null ? (
              <Text span size="sm" c="dimmed" fs="italic">
                NULL
              </Text>
            ) : (
              <LongText text={value} />
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
