import { Stack, Table, Text } from '@mantine/core';
import type { JSX } from 'react';
import { driftClasses, type Plan } from '../../../engine/contract.ts';
import { driftClassFacts } from '../../drift-classes.ts';
import { formatCount } from '../../format.ts';
import { DriftBadge } from '../drift-badge.tsx';
import { CapNotice } from './cap-notice.tsx';
import { PlanFigures } from './plan-figures.tsx';
import { doesNothing } from './plan-summary.ts';
import { SpaceNotice } from './space-notice.tsx';

interface OnePlanProps {
  readonly plan: Plan;
  /** Entity types that may delete beyond their cap. */
  readonly allowed: ReadonlySet<string>;
  readonly onAllow: (entityType: string, isAllowed: boolean) => void;
}

export function OnePlan({ plan, allowed, onAllow }: OnePlanProps): JSX.Element {
  const classes = driftClasses.filter((name) => (plan[name] ?? 0) > 0);
  if (doesNothing(plan))
    return (
      <Text>
        Nothing to repair: {formatCount(plan.source)} rows compared just now, and the index agrees with all of
        them.
      </Text>
    );
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {plan.kind === 'rebuild'
          ? 'A second index is filled beside the one that serves. Searches go on; once it is complete and compared with the source, one step switches to it, and a rollback can switch back.'
          : 'Compared with the source just now. Rows stay searchable while they are replaced, and a rollback can take all of it back.'}
      </Text>
      {classes.length > 0 && (
        <Table aria-label="What is found, and what is done about it">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Found</Table.Th>
              <Table.Th ta="right">Rows</Table.Th>
              <Table.Th>What is done</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {classes.map((name) => (
              <Table.Tr key={name}>
                <Table.Td>
                  <DriftBadge driftClass={name} />
                </Table.Td>
                <Table.Td ta="right" className="numeric">
                  {formatCount(plan[name] ?? 0)}
                </Table.Td>
                <Table.Td>{driftClassFacts[name].repair}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <PlanFigures plan={plan} />
      <SpaceNotice plan={plan} />
      <CapNotice plans={[plan]} allowed={allowed} onAllow={onAllow} />
    </Stack>
  );
}
