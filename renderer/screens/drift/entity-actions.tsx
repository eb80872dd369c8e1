import { Button, Group } from '@mantine/core';
import { IconSearch, IconTool } from '@tabler/icons-react';
import type { JSX } from 'react';
import { Link, useLocation } from 'wouter';
import type { Entity } from '../../../engine/contract.ts';
import { openPlan } from '../../components/plan-dialog.tsx';
import { addressOf } from '../../addresses.ts';

/** Characters of a text that make a query: its beginning says what it is about. */
const QUERY_LENGTH = 120;

export function EntityActions({ entity }: { readonly entity: Entity }): JSX.Element {
  const [, navigate] = useLocation();
  const { entityType, key, keyValues, reported, indexed, source } = entity;
  const text = (indexed?.text ?? source?.text ?? '').slice(0, QUERY_LENGTH).toWellFormed();
  return (
    <Group gap="xs">
      {reported !== null && !keyValues.includes(null) && (
        <Button
          size="compact-sm"
          leftSection={<IconTool size={15} aria-hidden />}
          onClick={() =>
            openPlan(
              { operation: 'fixDrift', input: { entityTypes: [entityType], keys: [key] } },
              { onStarted: ([job]) => job !== undefined && navigate(addressOf.job(job.id)) },
            )
          }
        >
          Repair this one …
        </Button>
      )}
      {text !== '' && (
        <Button
          size="compact-sm"
          variant="default"
          component={Link}
          href={`${addressOf.search(entityType)}?${new URLSearchParams({ q: text })}`}
          leftSection={<IconSearch size={15} aria-hidden />}
        >
          Search for similar
        </Button>
      )}
    </Group>
  );
}
