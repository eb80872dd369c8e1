import { Button, Group, Text } from '@mantine/core';
import type { JSX } from 'react';
import classes from './plan-footer.module.css';

interface Confirmation {
  /** The verb, and what it will do. */
  readonly label: string;
  /** Something is deleted. */
  readonly isDangerous: boolean;
  readonly isDisabled: boolean;
  readonly isBusy: boolean;
  readonly onConfirm: () => void;
}

interface PlanFooterProps {
  /** Null where there is nothing to confirm. */
  readonly confirm: Confirmation | null;
  readonly note?: string;
  readonly onCancel: () => void;
}

export function PlanFooter({ confirm, note, onCancel }: PlanFooterProps): JSX.Element {
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
            {...(confirm.isDangerous ? { color: 'red.8' } : {})}
            disabled={confirm.isDisabled}
            loading={confirm.isBusy}
            onClick={confirm.onConfirm}
          >
            {confirm.label}
          </Button>
        )}
      </Group>
    </Group>
  );
}
