import { IconCheck } from '@tabler/icons-react';
import type { JSX } from 'react';
import { Link } from 'wouter';
import { addressOfStep, indexOf, isReachable, steps, type StepName } from './steps.ts';
import classes from './welcome.module.css';

interface StepNavigationProps {
  readonly step: StepName;
  readonly progress: { readonly isRead: boolean; readonly isChosen: boolean };
}

/** Where the person is, and the way back and forth between steps that can be reached. */
export function StepNavigation({ step, progress }: StepNavigationProps): JSX.Element {
  return (
    <nav aria-label="Steps">
      <ol className={classes.steps}>
        {steps.map(({ name, title }, index) => {
          const isHere = name === step;
          const isDone = index < indexOf(step);
          const label = (
            <>
              <span className={classes.stepNumber} aria-hidden>
                {isDone ? <IconCheck size={15} stroke={2.5} /> : index + 1}
              </span>
              <span className={classes.stepTitle}>{title}</span>
            </>
          );
          return (
            <li key={name} data-here={isHere || undefined} data-done={isDone || undefined}>
              {isReachable(name, progress) && !isHere ? (
                <Link href={addressOfStep(name)} className={classes.step ?? ''}>
                  {label}
                </Link>
              ) : (
                <span className={classes.step} aria-current={isHere ? 'step' : undefined}>
                  {label}
                </span>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
