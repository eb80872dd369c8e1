import { Alert, Checkbox, ScrollArea, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { JSX } from 'react';
import type { Plan } from '../../../engine/contract.ts';
import { formatCount, formatPercent, formatPlural } from '../../format.ts';
import { capFor, exceedsCap } from './plan-summary.ts';

interface CapNoticeProps {
  readonly plans: readonly Plan[];
  /** Entity types that may delete beyond their cap. */
  readonly allowed: ReadonlySet<string>;
  readonly onAllow: (entityType: string, isAllowed: boolean) => void;
}

/** More would be deleted than the configuration lets pass: why that is held back, and the decision for each type. */
export function CapNotice({ plans, allowed, onAllow }: CapNoticeProps): JSX.Element | null {
  const beyond = plans.filter(exceedsCap);
  const [only] = beyond;
  if (only === undefined) return null;
  const isOne = beyond.length === 1;
  const what = isOne ? only.entityType : formatPlural(beyond.length, 'entity type', 'entity types');
  return (
    <Alert
      color="orange"
      icon={<IconAlertTriangle aria-hidden />}
      title={`${what}: more would be deleted than the cap allows`}
    >
      <Stack gap="sm">
        <Text size="sm">
          {isOne
            ? `${formatCount(only.delete)} indexed rows, ${formatPercent(only.deletePercent)}, are not in the source any more; the cap is ${formatPercent(only.maxDeletePercent)}. `
            : 'More of what is indexed than their caps allow is not in the source any more. '}
          A source that was emptied, or is the wrong one, looks exactly like this: make sure that it is the
          right one and complete.
        </Text>
        <ScrollArea.Autosize mah={180}>
          <Stack gap="xs">
            {beyond.map((plan) => (
              <Checkbox
                key={plan.entityType}
                checked={allowed.has(plan.entityType)}
                onChange={(event) => onAllow(plan.entityType, event.currentTarget.checked)}
                label={
                  isOne
                    ? `Delete these ${formatCount(plan.delete)} from the index all the same: up to ${formatPercent(capFor(plan))} this once`
                    : `${plan.entityType}: delete ${formatCount(plan.delete)} all the same, up to ${formatPercent(capFor(plan))} instead of ${formatPercent(plan.maxDeletePercent)} this once`
                }
              />
            ))}
          </Stack>
        </ScrollArea.Autosize>
      </Stack>
    </Alert>
  );
}
