import { Stack, Title } from '@mantine/core';
import type { JSX } from 'react';
import type { Job } from '../../../engine/contract.ts';
import { useOperation } from '../../api/queries.ts';
import { DriftLinks } from '../../components/drift-links.tsx';
import { driftOf } from '../overview/type-state.ts';
import { VerdictSheet } from '../drift/verdict-sheet.tsx';

/** The report that a job ended with. */
export function JobVerdict({ job }: { readonly job: Job }): JSX.Element | null {
  const { data } = useOperation('status', { job: job.id }, { enabled: job.reportId !== null });
  const report = data?.reports?.[0];
  if (report === undefined) return null;
  return (
    <Stack gap="xs" component="section" aria-label="Verdict">
      <Title order={2}>Verdict</Title>
      <VerdictSheet report={report} />
      <DriftLinks entityType={report.entityType} drift={driftOf(report)} />
    </Stack>
  );
}
