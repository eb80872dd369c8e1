import { Card, Group, SimpleGrid, Text, ThemeIcon, Title } from '@mantine/core';
import { IconCheck } from '@tabler/icons-react';
import type { JSX } from 'react';
import type { SetupOutput } from '../../../engine/setup-contract.ts';
import { rowsOf } from '../../components/type-editor/choice.ts';
import { Figure } from '../../components/figure.tsx';
import { formatBytes, formatCount, formatPlural } from '../../format.ts';

/** What a test found. */
export function SourceFound({ found }: { readonly found: SetupOutput<'probeSource'> }): JSX.Element {
  const { source, entityTypes } = found;
  const tables = entityTypes.filter(({ kind }) => kind === 'table').length;
  const views = entityTypes.length - tables;
  const suggested = entityTypes.filter(({ selected }) => selected).length;
  return (
    <Card className="card">
      <Group gap="sm" mb="md" wrap="nowrap">
        <ThemeIcon radius="xl" size={28} variant="light" color="green">
          <IconCheck size={17} aria-hidden />
        </ThemeIcon>
        <Title order={2} className="breakable">
          {source.name} can be read
        </Title>
      </Group>
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="md" component="dl" m={0}>
        <Figure size="xl" label="Kind" value={source.kind} />
        <Figure
          size="xl"
          label="Size"
          value={source.bytes === null ? 'not known' : formatBytes(source.bytes)}
        />
        <Figure
          size="xl"
          label={views === 0 ? 'Tables' : 'Tables and views'}
          value={views === 0 ? formatCount(tables) : `${formatCount(tables)} + ${formatCount(views)}`}
        />
        <Figure size="xl" label="Rows" value={formatCount(rowsOf(entityTypes))} />
      </SimpleGrid>
      <Text size="sm" c="dimmed" mt="md">
        {suggested === 0
          ? 'Nothing has both a key and text worth embedding: choose yourself in the next step.'
          : `${formatPlural(suggested, 'of them has', 'of them have')} a key and text worth embedding.`}
      </Text>
    </Card>
  );
}
