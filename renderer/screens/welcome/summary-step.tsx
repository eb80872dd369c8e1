import { Button, Card, Checkbox, Stack, TextInput, Title } from '@mantine/core';
import type { JSX } from 'react';
import { useLocation } from 'wouter';
import { useStart } from '../../api/queries.ts';
import { useWorkspaceSwitch } from '../../api/switch.tsx';
import { PathInput } from '../../components/files/path-input.tsx';
import { notifyProblem } from '../../components/notify.ts';
import { ProblemView } from '../../components/problem.tsx';
import { change, discardDraft } from './draft.ts';
import { Estimate } from './estimate.tsx';
import { below } from './below.ts';
import { StepActions } from './step-actions.tsx';
import { addressOfStep } from './steps.ts';
import type { NewWorkspace } from './use-new-workspace.ts';

/** What is about to be made, what it takes, and where. */
export function SummaryStep({ setup }: { readonly setup: NewWorkspace }): JSX.Element {
  const [, navigate] = useLocation();
  const { draft, chosen, probe } = setup;
  const creating = useWorkspaceSwitch('createWorkspace');
  const index = useStart('index');

  const create = async (): Promise<void> => {
    const folder = draft.folder.trim();
    const name = draft.name.trim();
    const opened = await creating
      .run({
        source: draft.tested,
        model: draft.model,
        entityTypes: [...chosen],
        ...(folder === '' ? {} : { folder }),
        ...(name === '' ? {} : { name }),
      })
      // What went wrong is shown below.
      .catch(() => null);
    if (opened === null) return;
    const { indexAtOnce } = draft;
    discardDraft();
    navigate('/');
    if (indexAtOnce)
      index.mutate({}, { onError: (error) => notifyProblem('Indexing could not be started', error) });
  };

  return (
    <>
      <Stack gap="lg">
        <Estimate source={draft.tested} model={draft.model} chosen={chosen} />
        <Card className="card">
          <Stack gap="md">
            <Title order={2}>Workspace</Title>
            <TextInput
              label="Name"
              description="What the source is called in this window"
              placeholder={probe.data?.source.name ?? ''}
              value={draft.name}
              onChange={(event) => change({ name: event.currentTarget.value })}
            />
            <PathInput
              label="Folder"
              description="Holds plumbline.yaml, the index and downloaded models. It is made if it is not there."
              placeholder={probe.data?.folder ?? ''}
              dialogTitle="Make the workspace in which folder?"
              wanted="folder"
              value={draft.folder}
              onChange={(folder) => change({ folder })}
              onPick={(parent) => change({ folder: below(parent, probe.data?.folder ?? '') })}
            />
            <Checkbox
              label="Start indexing at once"
              checked={draft.indexAtOnce}
              onChange={(event) => change({ indexAtOnce: event.currentTarget.checked })}
            />
          </Stack>
        </Card>
        {creating.error !== null && (
          <ProblemView error={creating.error} title="The workspace could not be made" />
        )}
      </Stack>
      <StepActions back={addressOfStep('model')}>
        <Button loading={creating.isPending} onClick={() => void create()}>
          {draft.indexAtOnce ? 'Create and index' : 'Create'}
        </Button>
      </StepActions>
    </>
  );
}
