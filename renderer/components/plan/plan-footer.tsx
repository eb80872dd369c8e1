import { Button, Group, Text } from '@mantine/core';
import type { JSX } from 'react';
import classes from './plan-footer.module.css';

interface PlanFooterProps {
  /** The verb, and what it will do. Null where there is nothing to confirm. */
  readonly confirm: string | null;
  /** Something is deleted. */
  readonly isDangerous: boolean;
  readonly isDisabled?: boolean;
  readonly isBusy: boolean;
  readonly note?: string;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}

export function PlanFooter(props: PlanFooterProps): JSX.Element {
  const { confirm, isDangerous, isDisabled = false, isBusy, note, onConfirm, onCancel } = props;
  return (
    <Group justify="space-between" className={classes.footer ?? ''}>
      <Text size="sm" c="dimmed">
        {note}
      </Text>
      <Group gap="xs" ml="auto">
        <Button variant="default" onClick={onCancel}>
          {confirm === null ? 'Close' : 'Cancel'}
        </Button>
        {confirm !== null && (
          <Button
            className="numeric"
            {...(isDangerous ? { color: 'red.8' } : {})}
            disabled={isDisabled}
            loading={isBusy}
            onClick={onConfirm}
          >
            {confirm}
          </Button>
        )}
      </Group>
    </Group>
  );
}
