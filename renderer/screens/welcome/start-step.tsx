import { Button, Card, Group, SimpleGrid, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { IconArrowRight, IconDatabase, IconFlask2, type Icon } from '@tabler/icons-react';
import type { JSX, ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import type { Workspaces } from '../../../engine/setup-contract.ts';
import { useWorkspaceSwitch } from '../../api/switch.tsx';
import { ProblemView } from '../../components/problem.tsx';
import { ScreenHeader } from '../../components/screen-header.tsx';
import { useDraft } from './draft.ts';
import { HowItWorks } from './how-it-works.tsx';
import { RecentWorkspaces } from './recent-workspaces.tsx';
import { addressOfStep } from './steps.ts';
import classes from './welcome.module.css';

/** The first thing that anybody sees. */
export function StartStep({ workspaces }: { readonly workspaces: Workspaces }): JSX.Element {
  const [, navigate] = useLocation();
  const sample = useWorkspaceSwitch('createSample');
  const hasDraft = useDraft(({ source }) => source !== '');
  const trySample = async (): Promise<void> => {
    // What went wrong is shown below.
    const opened = await sample.run({}).catch(() => null);
    if (opened !== null) navigate('/');
  };
  return (
    <div className={classes.page}>
      <ScreenHeader
        title={workspaces.open === null ? 'Welcome to Plumbline' : 'Another workspace'}
        description="Keeps a vector index true to the data it was built from. Everything happens on this machine."
      />
      <Stack gap="xl">
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
          <Way
            icon={IconFlask2}
            title="Try it on sample data"
            action={
              <Button loading={sample.isPending} onClick={() => void trySample()}>
                Make the sample shop
              </Button>
            }
          >
            A small shop with customers, products, orders and reviews. Index it, change its data with one
            button, and see the drift found and repaired. Nothing is downloaded.
          </Way>
          <Way
            icon={IconDatabase}
            title="Choose a database"
            action={
              <Button
                component={Link}
                href={addressOfStep('source')}
                variant={hasDraft ? 'filled' : 'default'}
                rightSection={<IconArrowRight size={16} aria-hidden />}
              >
                {hasDraft ? 'Go on where you were' : 'Choose'}
              </Button>
            }
          >
            Plumbline looks at what it holds, suggests what to index, and says how long that takes before
            anything starts. Your data is only ever read.
          </Way>
        </SimpleGrid>
        {sample.error !== null && (
          <ProblemView
            error={sample.error}
            title="The sample could not be made"
            onRetry={() => void trySample()}
          />
        )}
        {workspaces.open === null && <HowItWorks />}
        <RecentWorkspaces workspaces={workspaces} />
      </Stack>
    </div>
  );
}

interface WayProps {
  readonly icon: Icon;
  readonly title: string;
  readonly children: ReactNode;
  readonly action: ReactNode;
}

function Way({ icon: Icon, title, children, action }: WayProps): JSX.Element {
  return (
    <Card className="card">
      <Stack gap="sm" h="100%" justify="space-between">
        <Stack gap="sm">
          <Group gap="sm" wrap="nowrap">
            <ThemeIcon size={40} radius="md" variant="light">
              <Icon size={22} stroke={1.6} aria-hidden />
            </ThemeIcon>
            <Title order={2}>{title}</Title>
          </Group>
          <Text size="sm" c="dimmed">
            {children}
          </Text>
        </Stack>
        <Group mt="xs">{action}</Group>
      </Stack>
    </Card>
  );
}
