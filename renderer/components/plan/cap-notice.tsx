import { Alert, Checkbox, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { JSX } from 'react';
import type { Plan } from '../../../engine/contract.ts';
import { formatCount, formatPercent } from '../../format.ts';
import { capFor, exceedsCap } from './plan-summary.ts';

interface CapNoticeProps {
  readonly plan: Plan;
  readonly isAllowed: boolean;
  readonly onAllow: (entityType: string, isAllowed: boolean) => void;
}

/** More would be deleted than the configuration lets pass: why that is held back, and the decision. */
export function CapNotice({ plan, isAllowed, onAllow }: CapNoticeProps): JSX.Element | null {
  if (!exceedsCap(plan)) return null;
  return (
    <Alert
      color="orange"
      icon={<IconAlertTriangle aria-hidden />}
      title={`${plan.entityType}: more would be deleted than the cap allows`}
    >
      <Stack gap="sm">
        <Text size="sm">
          {formatCount(plan.delete)} indexed rows, {formatPercent(plan.deletePercent)}, are not in the source
          any more; the cap is {formatPercent(plan.maxDeletePercent)}. A source that was emptied, or is the
          wrong one, looks exactly like this: make sure that it is the right one and complete.
        </Text>
        <Checkbox
          checked={isAllowed}
          onChange={(event) => onAllow(plan.entityType, event.currentTarget.checked)}
          label={`Delete these ${formatCount(plan.delete)} from the index all the same: up to ${capFor(plan)} % this once`}
        />
      </Stack>
    </Alert>
  );
}
