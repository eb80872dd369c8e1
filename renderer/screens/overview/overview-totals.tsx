import { Card, SimpleGrid } from '@mantine/core';
import type { JSX } from 'react';
import { Figure } from '../../components/figure.tsx';
import { formatCount, formatPercent, formatPlural } from '../../format.ts';
import type { Totals } from './totals.ts';

interface OverviewTotalsProps {
  readonly totals: Totals;
  /** Entity types that are selected. */
  readonly types: number;
}

/** What all entity types come to, as of their latest validations. */
export function OverviewTotals({ totals, types }: OverviewTotalsProps): JSX.Element {
  const { rows, indexed, drift, inSyncPercent, validated } = totals;
  const known = (value: string): string => (validated === 0 ? '–' : value);
  const of =
    validated === 0
      ? 'not validated yet'
      : validated === types
        ? formatPlural(types, 'entity type', 'entity types')
        : `${formatCount(validated)} of ${formatPlural(types, 'entity type', 'entity types')}`;
  return (
    <Card className="card" padding="md" h="100%">
      <SimpleGrid my="auto" cols={{ base: 2, xs: 4 }} spacing="md" component="dl" m={0}>
        <Figure
          size="xl"
          label="In sync"
          value={inSyncPercent === null ? '–' : formatPercent(inSyncPercent)}
          detail={of}
        />
        <Figure size="xl" label="Rows" value={known(formatCount(rows))} detail="in the source" />
        <Figure size="xl" label="Indexed" value={known(formatCount(indexed))} detail="in the catalog" />
        <Figure
          size="xl"
          label="Drift"
          value={known(formatCount(drift))}
          detail={validated === 0 ? 'not known yet' : drift === 0 ? 'nothing to put right' : 'to put right'}
        />
      </SimpleGrid>
    </Card>
  );
}
