import { ActionIcon, Button, Group, Kbd, Text, Tooltip } from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import { IconCommand } from '@tabler/icons-react';
import type { JSX } from 'react';
import { Link } from 'wouter';
import type { Workspaces } from '../../engine/setup-contract.ts';
import { ConnectionState } from './connection-state.tsx';
import { RunningJobs } from './running-jobs.tsx';
import classes from './shell.module.css';
import { ThemeSwitch } from './theme-switch.tsx';

const isApple = /mac|iphone|ipad/i.test(navigator.userAgent);

/** Whose workspace this is, what runs, and whether the engine answers. */
export function Header({ open }: { readonly open: Workspaces['open'] }): JSX.Element {
  return (
    <Group flex={1} gap="md" wrap="nowrap" justify="space-between" miw={0}>
      <Group gap="sm" wrap="nowrap" miw={0}>
        <Link href="/" className={classes.brand ?? ''} aria-label="Plumbline">
          <Group gap={8} wrap="nowrap">
            <img src="./icon.svg" width={26} height={26} alt="" />
            <Text fw={680} size="md" visibleFrom="xs">
              Plumbline
            </Text>
          </Group>
        </Link>
        {open !== null && (
          <Tooltip label={open.folder}>
            <Text c="dimmed" size="sm" className={classes.workspace ?? ''}>
              {open.name}
            </Text>
          </Tooltip>
        )}
      </Group>
      <Group gap="xs" wrap="nowrap">
        {open !== null && <RunningJobs />}
        {open !== null && (
          <Button
            variant="default"
            size="compact-sm"
            visibleFrom="md"
            onClick={spotlight.open}
            leftSection={<IconCommand size={15} aria-hidden />}
            rightSection={<Kbd size="xs">{isApple ? '⌘ K' : 'Ctrl K'}</Kbd>}
          >
            Commands
          </Button>
        )}
        {open !== null && (
          <ActionIcon
            variant="default"
            hiddenFrom="md"
            onClick={spotlight.open}
            aria-label="Open the command palette"
          >
            <IconCommand size={16} aria-hidden />
          </ActionIcon>
        )}
        <ThemeSwitch />
        <ConnectionState />
      </Group>
    </Group>
  );
}
