import { ActionIcon, CopyButton, Group, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { JSX } from 'react';

interface CopyValueProps {
  readonly value: string;
  /** What is copied, for readers of the screen: `folder`. */
  readonly name: string;
}

/** Something to be pasted elsewhere, as it is, with a button that copies it. */
export function CopyValue({ value, name }: CopyValueProps): JSX.Element {
  return (
    <Group gap={6} wrap="nowrap" align="flex-start" component="span">
      <span className="mono breakable">{value}</span>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? 'Copied' : 'Copy'}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={22}
              aria-label={copied ? `Copied the ${name}` : `Copy the ${name}`}
              onClick={copy}
            >
              {copied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  );
}
