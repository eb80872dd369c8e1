import { Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { IconArrowRight, IconPlugConnected } from '@tabler/icons-react';
import type { JSX } from 'react';
import { useLocation } from 'wouter';
import { PathInput } from '../../components/files/path-input.tsx';
import { ProblemView } from '../../components/problem.tsx';
import { change, test } from './draft.ts';
import { SourceFound } from './source-found.tsx';
import { StepActions } from './step-actions.tsx';
import { addressOfStep } from './steps.ts';
import type { NewWorkspace } from './use-new-workspace.ts';

/** Where the data is. It is read only here, and nothing is written. */
export function SourceStep({ setup }: { readonly setup: NewWorkspace }): JSX.Element {
  const [, navigate] = useLocation();
  const { draft, probe, isRead } = setup;
  const { source, tested } = draft;
  const typed = source.trim();
  const isThisTested = typed !== '' && typed === tested;
  const look = (): void => {
    if (isThisTested) void probe.refetch();
    else test(source);
  };
  return (
    <>
      <Stack gap="lg">
        <Card className="card">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (typed !== '') look();
            }}
          >
            <Stack gap="sm">
              <Title order={2}>Where is your data?</Title>
              <PathInput
                label="Path or address"
                description="A database, a data file or a folder of documents on the machine that the engine runs on; or a URL"
                placeholder="/home/me/shop.sqlite or postgres://me@db.example/shop"
                dialogTitle="Choose a database"
                wanted="source"
                value={source}
                onChange={(value) => change({ source: value })}
                onPick={test}
                data-autofocus
              />
              <Group justify="space-between" gap="sm">
                <Text size="sm" c="dimmed" flex={1} miw={220}>
                  A password in the URL is kept beside the index, for your user alone, and stays out of
                  plumbline.yaml.
                </Text>
                <Button
                  type="submit"
                  variant={isRead ? 'default' : 'filled'}
                  disabled={typed === ''}
                  loading={probe.isFetching}
                  leftSection={<IconPlugConnected size={17} aria-hidden />}
                >
                  {isThisTested ? 'Test again' : 'Test'}
                </Button>
              </Group>
            </Stack>
          </form>
        </Card>
        <div aria-live="polite">
          {isThisTested && probe.error !== null && !probe.isFetching && (
            <ProblemView error={probe.error} title="It cannot be read" onRetry={look} />
          )}
          {isRead && probe.data !== undefined && <SourceFound found={probe.data} />}
        </div>
      </Stack>
      <StepActions
        back="/welcome"
        note={
          isRead || typed === '' || probe.isFetching
            ? null
            : isThisTested
              ? 'It has to be readable to go on.'
              : 'Test it to go on.'
        }
      >
        <Button
          disabled={!isRead}
          onClick={() => navigate(addressOfStep('types'))}
          rightSection={<IconArrowRight size={16} aria-hidden />}
        >
          Entity types
        </Button>
      </StepActions>
    </>
  );
}
