import { Button } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import type { JSX } from 'react';
import { useLocation } from 'wouter';
import { ModelChoice } from '../../components/models/model-choice.tsx';
import { change } from './draft.ts';
import { StepActions } from './step-actions.tsx';
import { addressOfStep } from './steps.ts';
import type { NewWorkspace } from './use-new-workspace.ts';

/** What turns text into vectors. */
export function ModelStep({ setup }: { readonly setup: NewWorkspace }): JSX.Element {
  const [, navigate] = useLocation();
  return (
    <>
      <ModelChoice value={setup.draft.model} onChange={(model) => change({ model })} />
      <StepActions
        back={addressOfStep('types')}
        note="All models run on this machine. It can be changed later."
      >
        <Button
          onClick={() => navigate(addressOfStep('summary'))}
          rightSection={<IconArrowRight size={16} aria-hidden />}
        >
          Summary
        </Button>
      </StepActions>
    </>
  );
}
