import { Title } from '@mantine/core';
import type { JSX } from 'react';
import type { Entity } from '../../../engine/contract.ts';
import classes from './fact-list.module.css';
import { FieldList } from './field-list.tsx';

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
      <FieldList fields={fields} className={classes.facts ?? ''} />
    </section>
  );
}
