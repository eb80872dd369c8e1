import { Card, SimpleGrid, Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import type { JSX } from 'react';
import type { ChosenType, SetupOutput } from '../../../engine/setup-contract.ts';
import { useSetup } from '../../api/queries.ts';
import { ProblemView } from '../../components/problem.tsx';
import { Figure } from '../../components/figure.tsx';
import { formatBytes, formatCompact, formatCount, formatDuration } from '../../format.ts';

interface EstimateProps {
  readonly source: string;
  readonly model: string;
  readonly chosen: readonly ChosenType[];
}

/** Time and disk that indexing takes, from a sample that is embedded here and now. */
export function Estimate({ source, model, chosen }: EstimateProps): JSX.Element {
  const { data, error, isFetching, refetch } = useSetup('estimate', {
    source,
    model,
    entityTypes: [...chosen],
  });
  return (
    <Card className="card">
      <Stack gap="md">
        <Title order={2}>What indexing takes</Title>
        {error !== null && !isFetching ? (
          <ProblemView error={error} title="It cannot be estimated" onRetry={() => void refetch()} />
        ) : (
          <Figures estimate={data ?? null} />
        )}
      </Stack>
    </Card>
  );
}

function Figures({ estimate }: { readonly estimate: SetupOutput<'estimate'> | null }): JSX.Element {
  const isTight = estimate !== null && estimate.freeBytes !== null && estimate.diskBytes > estimate.freeBytes;
  return (
    <>
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="md" component="dl" m={0} aria-busy={estimate === null}>
        <Figure size="xl" label="Time" value={estimate === null ? <Waiting /> : timeOf(estimate)} />
        <Figure
          size="xl"
          label="Disk"
          value={estimate === null ? <Waiting /> : formatBytes(estimate.diskBytes)}
        />
        <Figure size="xl" label="Rows" value={estimate === null ? <Waiting /> : formatCount(estimate.rows)} />
        <Figure
          size="xl"
          label="Texts to embed"
          value={estimate === null ? <Waiting /> : formatCount(estimate.chunks)}
        />
      </SimpleGrid>
      {estimate === null ? (
        <Text size="sm" c="dimmed" role="status">
          Embedding a sample of your rows to measure how fast this machine is…
        </Text>
      ) : (
        <Text size="sm" c={isTight ? 'var(--mantine-color-error)' : 'dimmed'}>
          {estimate.durationMs === null
            ? 'The model is downloaded first: how long indexing takes is known once it is here.'
            : 'Measured on a sample of your rows, on this machine, just now.'}
          {estimate.freeBytes !== null &&
            (isTight
              ? ` Only ${formatBytes(estimate.freeBytes)} are free: choose a folder on another disk, or fewer types.`
              : ` ${formatBytes(estimate.freeBytes)} are free.`)}
        </Text>
      )}
      {estimate !== null && (
        <Table fz="sm" aria-label="By entity type">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Entity type</Table.Th>
              <Table.Th ta="right">Rows</Table.Th>
              <Table.Th ta="right">Texts</Table.Th>
              <Table.Th ta="right">Tokens</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="numeric">
            {estimate.entityTypes.map(({ name, rows, chunks, tokens }) => (
              <Table.Tr key={name}>
                <Table.Td className="breakable">{name}</Table.Td>
                <Table.Td ta="right">{formatCount(rows)}</Table.Td>
                <Table.Td ta="right">{formatCount(chunks)}</Table.Td>
                <Table.Td ta="right">{formatCompact(tokens)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </>
  );
}

/** To the second: more would claim more than a sample can tell. */
function timeOf({ durationMs }: SetupOutput<'estimate'>): string {
  if (durationMs === null) return 'not known yet';
  return durationMs < 1000
    ? 'under a second'
    : `about ${formatDuration(Math.ceil(durationMs / 1000) * 1000)}`;
}

/** In the place of a figure, and as high. */
const Waiting = (): JSX.Element => <Skeleton h={22} w={84} my={4} component="span" display="block" />;
