import type { JSX } from 'react';
import { Redirect } from 'wouter';
import { ScreenLoading } from '../../components/loading.tsx';
import { ScreenHeader } from '../../components/screen-header.tsx';
import { ModelStep } from './model-step.tsx';
import { SourceStep } from './source-step.tsx';
import { StepNavigation } from './step-navigation.tsx';
import { addressOfStep, furthest, isReachable, type StepName } from './steps.ts';
import { SummaryStep } from './summary-step.tsx';
import { TypesStep } from './types-step.tsx';
import { useNewWorkspace, type NewWorkspace } from './use-new-workspace.ts';
import classes from './welcome.module.css';

/** The steps to a new workspace. What was chosen is kept, so that each can be left and come back to. */
export function NewWorkspaceSteps({ step }: { readonly step: StepName }): JSX.Element {
  const setup = useNewWorkspace();
  return (
    <div className={classes.page}>
      <ScreenHeader title="New workspace" />
      <StepNavigation step={step} progress={setup} />
      {isReachable(step, setup) ? (
        <Step step={step} setup={setup} />
      ) : setup.probe.isLoading ? (
        <ScreenLoading />
      ) : (
        <Redirect to={addressOfStep(furthest(setup))} replace />
      )}
    </div>
  );
}

function Step({ step, setup }: { readonly step: StepName; readonly setup: NewWorkspace }): JSX.Element {
  switch (step) {
    case 'source':
      return <SourceStep setup={setup} />;
    case 'types':
      return <TypesStep setup={setup} />;
    case 'model':
      return <ModelStep setup={setup} />;
    case 'summary':
      return <SummaryStep setup={setup} />;
    default:
      return step satisfies never;
  }
}
