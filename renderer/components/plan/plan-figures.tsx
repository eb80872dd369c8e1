import { SimpleGrid, Stack, Text } from '@mantine/core';
import type { JSX } from 'react';
import type { Plan } from '../../../engine/contract.ts';
import { formatBytes, formatCount, formatDuration, formatPercent } from '../../format.ts';

/** What a plan costs: rows, texts, time, disk. */
export function PlanFigures({ plan }: { readonly plan: Plan }): JSX.Element {
  const { disk } = plan;
  return (
    <SimpleGrid cols={{ base: 2, xs: 4 }} spacing="sm" component="dl" m={0}>
      <Figure
        label="Embed"
        value={formatCount(plan.embed)}
        detail={`${formatCount(plan.chunks)} new texts`}
      />
      <Figure
        label="Delete"
        value={formatCount(plan.delete)}
        detail={`${formatPercent(plan.deletePercent)} of what is indexed; cap ${formatPercent(plan.maxDeletePercent)}`}
      />
      <Figure label="Tokens" value={formatCount(plan.tokens)} detail="in the new texts" />
      <Figure
        label="About"
        value={plan.estimatedMs === null ? 'moments' : formatDuration(plan.estimatedMs)}
        detail={plan.estimatedMs === null ? 'nothing to embed' : 'measured on a sample of them'}
      />
      {disk !== undefined && (
        <Figure
          label="Disk"
          value={formatBytes(disk.neededBytes)}
          detail={`${formatBytes(disk.freeBytes)} free`}
        />
      )}
    </SimpleGrid>
  );
}

function Figure({
  label,
  value,
  detail,
}: {
  readonly label: string;
  readonly value: string;
  readonly detail: string;
}): JSX.Element {
  return (
    <Stack gap={0}>
      <Text component="dt" size="xs" c="dimmed">
        {label}
      </Text>
      <Text component="dd" m={0} fw={600} className="numeric">
        {value}
        <Text span display="block" size="xs" c="dimmed" fw={400}>
          {detail}
        </Text>
      </Text>
    </Stack>
  );
}
