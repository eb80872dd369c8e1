import { Group, ScrollArea, Stack, Table, Text } from '@mantine/core';
import type { JSX } from 'react';
import { driftClasses, type Plan } from '../../../engine/contract.ts';
import { formatCount, formatPlural } from '../../format.ts';
import { DriftBadge } from '../drift-badge.tsx';
import { CapNotice } from './cap-notice.tsx';
import { agreedPlans, doesNothing, estimateOf, totalsOf } from './plan-summary.ts';
import classes from './many-plans.module.css';

interface ManyPlansProps {
  readonly plans: readonly Plan[];
  /** Entity types that may delete beyond their cap. */
  readonly allowed: ReadonlySet<string>;
  readonly onAllow: (entityType: string, isAllowed: boolean) => void;
}

/** The combined plan of several entity types: a row each, and what they come to. */
export function ManyPlans({ plans, allowed, onAllow }: ManyPlansProps): JSX.Element {
  const planned = plans.filter((plan) => !doesNothing(plan));
  const inSync = plans.length - planned.length;
  const totals = totalsOf(agreedPlans(plans, allowed));
  if (planned.length === 0)
    return (
      <Text>
        Nothing to repair: {formatPlural(plans.length, 'entity type', 'entity types')} compared just now, and
        the index agrees with all of them.
      </Text>
    );
  return (
    <Stack>
      <ScrollArea.Autosize mah={360} viewportProps={{ tabIndex: 0, 'aria-label': 'Plans', role: 'region' }}>
        <Table aria-label="What is done per entity type" stickyHeader>
          <Table.Thead className={classes.head}>
            <Table.Tr>
              <Table.Th>Entity type</Table.Th>
              <Table.Th>Found</Table.Th>
              <Table.Th ta="right">Embed</Table.Th>
              <Table.Th ta="right">Delete</Table.Th>
              <Table.Th ta="right">Time</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {planned.map((plan) => (
              <Table.Tr key={plan.entityType}>
                <Table.Th scope="row" fw={500} className="breakable">
                  {plan.entityType}
                </Table.Th>
                <Table.Td>
                  <Group gap={4}>
                    {driftClasses
                      .filter((name) => (plan[name] ?? 0) > 0)
                      .map((name) => (
                        <DriftBadge key={name} driftClass={name} count={plan[name] ?? 0} />
                      ))}
                  </Group>
                </Table.Td>
                <Table.Td ta="right" className="numeric">
                  {formatCount(plan.embed)}
                </Table.Td>
                <Table.Td ta="right" className="numeric">
                  {formatCount(plan.delete)}
                </Table.Td>
                <Table.Td ta="right" className={`numeric ${classes.time ?? ''}`}>
                  {estimateOf(plan.estimatedMs)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
          <Table.Tfoot>
            <Table.Tr>
              <Table.Th scope="row">Together</Table.Th>
              <Table.Td />
              <Table.Th ta="right" className="numeric">
                {formatCount(totals.embed)}
              </Table.Th>
              <Table.Th ta="right" className="numeric">
                {formatCount(totals.deleted)}
              </Table.Th>
              <Table.Th ta="right" className={`numeric ${classes.time ?? ''}`}>
                {estimateOf(totals.estimatedMs)}
              </Table.Th>
            </Table.Tr>
          </Table.Tfoot>
        </Table>
      </ScrollArea.Autosize>
      {inSync > 0 && (
        <Text size="sm" c="dimmed">
          {formatPlural(inSync, 'entity type is', 'entity types are')} in sync and left alone.
        </Text>
      )}
      <CapNotice plans={planned} allowed={allowed} onAllow={onAllow} />
    </Stack>
  );
}
