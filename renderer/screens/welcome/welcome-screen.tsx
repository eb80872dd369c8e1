import { Center } from '@mantine/core';
import { IconPin } from '@tabler/icons-react';
import type { JSX } from 'react';
import { useLocation } from 'wouter';
import { useSetup } from '../../api/queries.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ScreenLoading } from '../../components/loading.tsx';
import { ProblemView } from '../../components/problem.tsx';
import { ScreenHeader } from '../../components/screen-header.tsx';
import { NewWorkspaceSteps } from './new-workspace-steps.tsx';
import { StartStep } from './start-step.tsx';
import { stepOf } from './steps.ts';

/** From nothing to an index: the sample, a recent workspace, or a new one in four steps. */
export function WelcomeScreen(): JSX.Element {
  const [location] = useLocation();
  const { data, error, refetch } = useSetup('workspaces', {});
  if (data === undefined)
    return error === null ? (
      <ScreenLoading />
    ) : (
      <ProblemView error={error} title="The workspaces cannot be read" onRetry={() => void refetch()} />
    );
  if (data.pinned) return <Pinned />;
  const step = stepOf(location);
  return step === null ? <StartStep workspaces={data} /> : <NewWorkspaceSteps step={step} />;
}

function Pinned(): JSX.Element {
  return (
    <>
      <ScreenHeader title="Another workspace" />
      <Center>
        <EmptyState icon={IconPin} title="This server serves one workspace">
          It was started for it, and opens no other. Start Plumbline without a workspace to go from one to
          another.
        </EmptyState>
      </Center>
    </>
  );
}
