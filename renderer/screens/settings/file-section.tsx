import { Button, CopyButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { JSX } from 'react';
import { CodeBlock } from './code-block.tsx';
import { SettingCard } from './setting-card.tsx';
import { SettingsLoading } from './settings-loading.tsx';
import { useSettings } from './use-settings.ts';

/** The configuration as it lies on disk. */
export function FileSection(): JSX.Element {
  const { query } = useSettings();
  const { data } = query;
  if (data === undefined) return <SettingsLoading query={query} />;
  return (
    <SettingCard
      title="plumbline.yaml"
      description={`As it is on disk, at ${data.file}. What is saved here changes this file and leaves its comments.`}
      actions={
        <CopyButton value={data.text}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
              onClick={copy}
            >
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      }
    >
      <CodeBlock label="plumbline.yaml">{data.text}</CodeBlock>
    </SettingCard>
  );
}
