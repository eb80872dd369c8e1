import { Card, Grid, Group, SegmentedControl, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconDatabaseOff, IconSearch } from '@tabler/icons-react';
import { useMemo, useState, type JSX } from 'react';
import { useOperation } from '../../api/queries.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { RowsLoading } from '../../components/loading.tsx';
import { ProblemView } from '../../components/problem.tsx';
import { SampleGuide } from '../../components/sample-guide/sample-guide.tsx';
import { ScreenHeader } from '../../components/screen-header.tsx';
import { formatCount } from '../../format.ts';
import { ConnectionCard } from './connection-card.tsx';
import { EverythingNow } from './everything-now.tsx';
import { Notices } from './notices.tsx';
import { OverviewTotals } from './overview-totals.tsx';
import { totalsOf } from './totals.ts';
import { TypeRow } from './type-row.tsx';
import classes from './type-row.module.css';
import { needsAttention, type TypeFacts } from './type-state.ts';
import { useTypeFacts } from './use-type-facts.ts';

/** Below this many there is nothing to look for. */
const MANY_TYPES = 8;
const SPARKLINE_REPORTS = 30;

export function OverviewScreen(): JSX.Element {
  const { facts, error, refetch } = useTypeFacts();
  const isEmpty = facts?.length === 0;
  return (
    <>
      <ScreenHeader
        title="Overview"
        description="How true the index is to its source"
        {...(facts === undefined || isEmpty ? {} : { actions: <EverythingNow /> })}
      />
      <SampleGuide />
      {facts === undefined ? (
        error === null ? (
          <RowsLoading rows={5} />
        ) : (
          <ProblemView error={error} title="The overview cannot be read" onRetry={refetch} />
        )
      ) : isEmpty ? (
        <EmptyState icon={IconDatabaseOff} title="No entity type is selected">
          plumbline.yaml names no table or view of the source that is to be indexed. Select some in the
          settings, or in the file itself.
        </EmptyState>
      ) : (
        <Everything facts={facts} />
      )}
    </>
  );
}

function Everything({ facts }: { readonly facts: readonly TypeFacts[] }): JSX.Element {
  const reports = facts.flatMap(({ report }) => (report === null ? [] : [report]));
  return (
    <>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <OverviewTotals totals={totalsOf(reports)} types={facts.length} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <ConnectionCard />
        </Grid.Col>
      </Grid>
      <Notices />
      <Types facts={facts} />
    </>
  );
}

function Types({ facts }: { readonly facts: readonly TypeFacts[] }): JSX.Element {
  const { data: history } = useOperation('history', { limit: SPARKLINE_REPORTS });
  const [text, setText] = useState('');
  const [isWaitingOnly, setWaitingOnly] = useState(false);
  const [openedAt] = useState(Date.now);
  const waiting = facts.filter((type) => needsAttention(type, openedAt));
  const shown = (isWaitingOnly ? waiting : facts).filter(({ entityType }) =>
    entityType.toLowerCase().includes(text.trim().toLowerCase()),
  );
  const reportsOf = useMemo(
    () => Map.groupBy(history?.reports ?? [], ({ entityType }) => entityType),
    [history],
  );
  return (
    <Stack gap="sm" mt="lg" component="section" aria-label="Entity types">
      <Group justify="space-between">
        <Title order={2}>Entity types</Title>
        {facts.length > MANY_TYPES && (
          <Group gap="sm">
            <SegmentedControl
              size="xs"
              value={isWaitingOnly ? 'waiting' : 'all'}
              onChange={(value) => setWaitingOnly(value === 'waiting')}
              data={[
                { value: 'all', label: `All ${formatCount(facts.length)}` },
                { value: 'waiting', label: `To do ${formatCount(waiting.length)}` },
              ]}
              aria-label="Which entity types"
            />
            <TextInput
              size="xs"
              placeholder="Find"
              aria-label="Find an entity type"
              leftSection={<IconSearch size={14} aria-hidden />}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          </Group>
        )}
      </Group>
      <Card className="card" padding={0}>
        {shown.length === 0 ? (
          <Text p="lg" c="dimmed">
            {text === '' ? 'Nothing waits: every entity type is in sync.' : 'No entity type by that name.'}
          </Text>
        ) : (
          <ul className={classes.list}>
            {shown.map((type) => (
              <TypeRow key={type.entityType} facts={type} history={reportsOf.get(type.entityType) ?? []} />
            ))}
          </ul>
        )}
      </Card>
    </Stack>
  );
}
