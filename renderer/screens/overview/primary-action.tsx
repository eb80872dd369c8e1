import { Button } from '@mantine/core';
import {
  IconChecks,
  IconMailX,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerTrackNext,
  IconRefresh,
  IconTool,
  type Icon,
} from '@tabler/icons-react';
import type { JSX } from 'react';
import { Link } from 'wouter';
import { openPlan } from '../../components/plan-dialog.tsx';
import { addressOf } from '../../addresses.ts';
import classes from './type-row.module.css';
import type { NextAction } from './type-state.ts';
import type { TypeStarts } from './use-type-starts.ts';

interface PrimaryActionProps {
  readonly entityType: string;
  readonly action: NextAction;
  readonly starts: TypeStarts;
  /** Its turn in a run is yet to come. */
  readonly isWaiting: boolean;
}

/** The one button that does the right next thing. */
export function PrimaryAction({ entityType, action, starts, isWaiting }: PrimaryActionProps): JSX.Element {
  switch (action.kind) {
    case 'progress':
      return button('Pause', IconPlayerPause, () => starts.pause(action.job.id), true);
    case 'resume':
      return button('Resume', IconPlayerTrackNext, () => starts.resume(action.job.id));
    case 'index':
      return button('Index', IconPlayerPlay, starts.index);
    case 'repair':
      return button('Repair', IconTool, () =>
        openPlan({ operation: 'fixDrift', input: { entityTypes: [entityType] } }),
      );
    case 'retry':
      return button('Retry', IconRefresh, starts.retry);
    case 'validate':
      return button('Validate', IconChecks, () => starts.validate(), action.isQuiet);
    case 'dead-letters':
      return (
        <Button
          component={Link}
          href={addressOf.deadLetters(entityType)}
          size="xs"
          className={classes.primary ?? ''}
          leftSection={<IconMailX size={15} aria-hidden />}
          aria-label={`See why ${entityType} failed`}
        >
          See why
        </Button>
      );
    default:
      return action satisfies never;
  }

  function button(label: string, Icon: Icon, onClick: () => void, isQuiet = false): JSX.Element {
    return (
      <Button
        size="xs"
        variant={isQuiet ? 'default' : 'filled'}
        className={classes.primary ?? ''}
        leftSection={<Icon size={15} aria-hidden />}
        disabled={isWaiting && action.kind !== 'progress'}
        loading={starts.isBusy && action.kind !== 'progress'}
        onClick={onClick}
        aria-label={`${label} ${entityType}`}
      >
        {label}
      </Button>
    );
  }
}
