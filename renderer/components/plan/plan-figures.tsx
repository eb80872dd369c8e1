import { SimpleGrid } from '@mantine/core';
import type { JSX } from 'react';
import type { Plan } from '../../../engine/contract.ts';
import { formatBytes, formatCount, formatPercent } from '../../format.ts';
import { Figure } from '../figure.tsx';
import { estimateOf } from './plan-summary.ts';

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
        label="Time"
        value={estimateOf(plan.estimatedMs)}
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
