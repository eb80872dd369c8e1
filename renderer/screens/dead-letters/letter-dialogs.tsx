/** Asks before dead letters are changed, and says exactly what will happen. */
import { List, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { openConfirmation } from '../../components/confirm.ts';
import { formatCount, formatPlural } from '../../format.ts';
import { ExcludeForm } from './exclude-form.tsx';
import type { RetryStep } from './letter-groups.ts';
import { countKeys } from './letter-selection.ts';

type Keys = ReadonlyMap<string, readonly string[]>;

const letters = (count: number): string => formatPlural(count, 'dead letter', 'dead letters');

export function confirmRetry(steps: readonly RetryStep[], onConfirm: () => void): void {
  const count = steps.reduce((sum, step) => sum + step.count, 0);
  openConfirmation({
    title: `Try ${letters(count)} again?`,
    children: (
      <Stack gap="xs">
        <Text size="sm">
          Their rows are read again from the source and embedded. What succeeds is indexed and leaves this
          list; what fails stays, with one more attempt. A rollback of the job takes it back.
        </Text>
        <List size="sm">
          {steps.map(({ input: { target, code }, count: some }) => (
            <List.Item key={`${target}:${code ?? ''}`}>
              {target}
              {code === undefined ? '' : `, ${code}`}: {formatCount(some)}
            </List.Item>
          ))}
        </List>
      </Stack>
    ),
    labels: { confirm: `Retry ${formatCount(count)}`, cancel: 'Cancel' },
    onConfirm,
  });
}

export function confirmInclude(keys: Keys, onConfirm: () => void): void {
  const count = countKeys(keys);
  openConfirmation({
    title: `Include ${letters(count)} again?`,
    children: (
      <Text size="sm">
        From then on jobs try them again, and they count as failed until one succeeds. The reason why they
        were set aside is forgotten.
      </Text>
    ),
    labels: { confirm: `Include ${formatCount(count)}`, cancel: 'Cancel' },
    onConfirm,
  });
}

export function openExclude(keys: Keys, onExclude: (reason: string) => void): void {
  const count = countKeys(keys);
  const id = modals.open({
    title: `Exclude ${letters(count)}?`,
    children: (
      <ExcludeForm
        count={count}
        onCancel={() => modals.close(id)}
        onExclude={(reason) => {
          modals.close(id);
          onExclude(reason);
        }}
      />
    ),
  });
}
