import { Button, Group, Text } from '@mantine/core';
import { IconBan, IconRefresh, IconRestore } from '@tabler/icons-react';
import type { JSX } from 'react';
import { formatCount } from '../../format.ts';
import classes from './dead-letters.module.css';
import { confirmInclude, confirmRetry, openExclude } from './letter-dialogs.tsx';
import { retrySteps, type LetterFilter, type LetterGroup, type RetryStep } from './letter-groups.ts';
import { countKeys, keysByType, type LetterSelection } from './letter-selection.ts';
import { useLetterChanges } from './use-letter-changes.ts';

interface LetterActionsProps {
  readonly groups: readonly LetterGroup[];
  readonly filter: LetterFilter;
  readonly selection: LetterSelection;
  readonly onClear: () => void;
}

/** What can be done with the letters that are selected, or with all under the filters. */
export function LetterActions({ groups, filter, selection, onClear }: LetterActionsProps): JSX.Element {
  const hasSelection = selection.size > 0;
  return (
    <Group className={classes.bar ?? ''} gap="xs">
      <Text size="sm" className="numeric" miw={108} role="status">
        {hasSelection ? `${formatCount(selection.size)} selected` : 'Nothing selected'}
      </Text>
      {hasSelection && (
        <Button size="compact-sm" variant="subtle" onClick={onClear}>
          Clear
        </Button>
      )}
      <Group gap="xs" ml="auto">
        {hasSelection ? (
          <SelectedActions selection={selection} onDone={onClear} />
        ) : (
          <RetryButton steps={retrySteps(groups, filter)} verb="Retry all" onDone={onClear} />
        )}
      </Group>
    </Group>
  );
}

interface SelectedActionsProps {
  readonly selection: LetterSelection;
  readonly onDone: () => void;
}

/** Retry and exclude those that fail, include again those that were set aside. */
export function SelectedActions({ selection, onDone }: SelectedActionsProps): JSX.Element {
  const changes = useLetterChanges();
  const failed = keysByType(selection, false);
  const excluded = keysByType(selection, true);
  const doneAfter = async (change: Promise<boolean>): Promise<void> => {
    if (await change) onDone();
  };
  return (
    <>
      {countKeys(excluded) > 0 && (
        <Button
          size="compact-sm"
          variant="default"
          loading={changes.isBusy}
          leftSection={<IconRestore size={15} aria-hidden />}
          onClick={() => confirmInclude(excluded, () => void doneAfter(changes.include(excluded)))}
        >
          Include {formatCount(countKeys(excluded))} again …
        </Button>
      )}
      {countKeys(failed) > 0 && (
        <Button
          size="compact-sm"
          variant="default"
          loading={changes.isBusy}
          leftSection={<IconBan size={15} aria-hidden />}
          onClick={() => openExclude(failed, (reason) => void doneAfter(changes.exclude(failed, reason)))}
        >
          Exclude {formatCount(countKeys(failed))} …
        </Button>
      )}
      <RetryButton
        steps={[...failed].map(([target, keys]) => ({ input: { target, keys }, count: keys.length }))}
        verb="Retry"
        onDone={onDone}
      />
    </>
  );
}

interface RetryButtonProps {
  readonly steps: readonly RetryStep[];
  readonly verb: string;
  readonly onDone: () => void;
}

function RetryButton({ steps, verb, onDone }: RetryButtonProps): JSX.Element | null {
  const changes = useLetterChanges();
  const count = steps.reduce((sum, step) => sum + step.count, 0);
  if (count === 0) return null;
  const retry = async (): Promise<void> => {
    if (await changes.retry(steps)) onDone();
  };
  return (
    <Button
      size="compact-sm"
      loading={changes.isBusy}
      leftSection={<IconRefresh size={15} aria-hidden />}
      onClick={() => confirmRetry(steps, () => void retry())}
    >
      {verb} {formatCount(count)} …
    </Button>
  );
}
