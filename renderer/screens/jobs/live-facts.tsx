import { SimpleGrid } from '@mantine/core';
import type { JSX } from 'react';
import { Figure } from '../../components/figure.tsx';
import { etaOf, rateOf } from '../../components/job-facts.ts';
import { formatBytes, formatCount } from '../../format.ts';
import { useLive } from '../../state/live.ts';

/** What a running job costs right now; a dash where that is not known yet. */
export function LiveFacts({ job }: { readonly job: string }): JSX.Element {
  const told = useLive(({ jobs }) => jobs[job]);
  const stage = told === undefined ? null : told.stages.indexOf(told.stage) + 1;
  const orDash = (text: string): string => (text === '' ? '–' : text);
  return (
    <SimpleGrid cols={{ base: 2, sm: 5 }} spacing="sm" component="dl" m={0}>
      <Figure
        label={stage === null || stage === 0 ? 'Stage' : `Stage ${stage} of ${told?.stages.length}`}
        value={told?.stage ?? '–'}
      />
      <Figure label="Rate" value={orDash(rateOf(told?.ratePerSecond ?? null))} />
      <Figure label="Time left" value={told === undefined ? '–' : orDash(etaOf(told.etaMs))} />
      <Figure label="Embedding threads" value={told === undefined ? '–' : formatCount(told.workers)} />
      <Figure label="Memory" value={told === undefined ? '–' : formatBytes(told.memoryBytes)} />
    </SimpleGrid>
  );
}
