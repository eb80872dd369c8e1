import { Button, Group, Text } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import type { JSX, ReactNode } from 'react';
import { Link } from 'wouter';
import classes from './welcome.module.css';

interface StepActionsProps {
  /** Where the way back leads. */
  readonly back: string;
  /** What stands between the person and the next step, or what there is to know before it. */
  readonly note?: ReactNode;
  /** The button that goes on. */
  readonly children: ReactNode;
}

/** Back and forth: always in sight, however long the step is. */
export function StepActions({ back, note, children }: StepActionsProps): JSX.Element {
  return (
    <div className={classes.actions}>
      <Button
        component={Link}
        href={back}
        variant="default"
        leftSection={<IconArrowLeft size={16} aria-hidden />}
      >
        Back
      </Button>
      <Text size="sm" c="dimmed" className={classes.note ?? ''} component="div" aria-live="polite">
        {note}
      </Text>
      <Group>{children}</Group>
    </div>
  );
}
