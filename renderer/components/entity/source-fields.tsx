import { Text, Title } from '@mantine/core';
import type { JSX } from 'react';
import type { Entity } from '../../../engine/contract.ts';
import { LongText } from '../long-text.tsx';
import classes from './fact-list.module.css';

interface SourceFieldsProps {
  readonly fields: NonNullable<Entity['source']>['fields'];
}

/** The row's columns as they are now: those of its key and those that the template names. */
export function SourceFields({ fields }: SourceFieldsProps): JSX.Element {
  return (
    <section>
      <Title order={3} mb={6}>
        Source fields
      </Title>
      <dl className={classes.facts ?? ''}>
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
    </section>
  );
}
