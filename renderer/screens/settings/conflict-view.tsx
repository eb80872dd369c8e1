import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconArrowMerge } from '@tabler/icons-react';
import { diffLines } from 'diff';
import type { JSX } from 'react';
import { useSetup } from '../../api/queries.ts';
import { RowsLoading } from '../../components/loading.tsx';
import { CodeBlock } from './code-block.tsx';
import { describeChange, rebased, type SettingsChange } from './change.ts';
import { discard, rebase, type SettingsRead } from './settings-draft.ts';
import classes from './settings.module.css';

interface ConflictViewProps {
  readonly base: SettingsRead;
  readonly change: SettingsChange;
}

/** The file was changed by somebody else meanwhile: both changes, and what to do about them. */
export function ConflictView({ base, change }: ConflictViewProps): JSX.Element {
  const { data: newer, isFetching } = useSetup('settings', {});
  if (newer === undefined || isFetching) return <RowsLoading rows={2} />;
  const mine = describeChange(newer.settings, rebased(base.settings, change, newer.settings));
  return (
    <Alert
      color="gray"
      role="alert"
      icon={<IconArrowMerge aria-hidden />}
      title="plumbline.yaml has changed since you began"
    >
      <Stack gap="sm">
        <Text size="sm">Nothing was saved. What changed in the file meanwhile:</Text>
        <CodeBlock label="Changes in the file" maxHeight={200}>
          {diffLines(base.text, newer.text)
            .filter(({ added, removed }) => added || removed)
            .map(({ value, added }, index) => (
              // Parts have no name of their own, and never move.
              // eslint-disable-next-line react/no-array-index-key
              <div key={index} className={added ? classes.added : classes.removed}>
                {marked(value, added ? '+' : '−')}
              </div>
            ))}
        </CodeBlock>
        <Text size="sm">
          {mine.length === 0
            ? 'It says by now what you wanted to save.'
            : `What you would change in it: ${mine.join('; ')}.`}
        </Text>
        <Group gap="xs">
          <Button size="xs" onClick={() => rebase(newer)}>
            Take both
          </Button>
          <Button size="xs" variant="default" onClick={discard}>
            Discard mine
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

const marked = (lines: string, mark: string): string =>
  lines
    .trimEnd()
    .split('\n')
    .map((line) => `${mark} ${line}`)
    .join('\n');
