import { ActionIcon, Badge, Button, Card, Group, Stack, Text, Title, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFolderOpen, IconX } from '@tabler/icons-react';
import { useState, type JSX } from 'react';
import { useLocation } from 'wouter';
import type { Workspaces } from '../../../engine/setup-contract.ts';
import { desktop } from '../../api/desktop.ts';
import { useSetupChange } from '../../api/queries.ts';
import { useWorkspaceSwitch } from '../../api/switch.tsx';
import { FileBrowser } from '../../components/files/file-browser.tsx';
import { notifyProblem } from '../../components/notify.ts';
import { ProblemView } from '../../components/problem.tsx';
import { TimeAgo } from '../../components/time-ago.tsx';
import classes from './welcome.module.css';

/** Workspaces that were open lately, and any other one. */
export function RecentWorkspaces({ workspaces }: { readonly workspaces: Workspaces }): JSX.Element {
  const [, navigate] = useLocation();
  const [isBrowsing, browser] = useDisclosure(false);
  const { run, isPending, error } = useWorkspaceSwitch('openWorkspace');
  const [opening, setOpening] = useState<string | null>(null);
  const forget = useSetupChange('forgetWorkspace');

  const open = async (folder: string): Promise<void> => {
    setOpening(folder);
    // What went wrong is shown below.
    const opened = await run({ folder }).catch(() => null);
    if (opened !== null) navigate('/');
  };
  const browse = async (): Promise<void> => {
    if (desktop === null) return browser.open();
    const folder = await desktop.pickFolder({ title: 'Open a workspace' });
    if (folder !== null) await open(folder);
  };

  return (
    <Stack gap="sm" component="section" aria-labelledby="recent-workspaces">
      <Group justify="space-between">
        <Title order={2} id="recent-workspaces">
          Recent workspaces
        </Title>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconFolderOpen size={16} aria-hidden />}
          onClick={() => void browse()}
        >
          Open a workspace…
        </Button>
      </Group>
      {error !== null && <ProblemView error={error} title={`${opening} cannot be opened`} />}
      <Card className="card" p={0}>
        {workspaces.recent.length === 0 ? (
          <Text size="sm" c="dimmed" p="md">
            None yet. A workspace is a folder with a plumbline.yaml: the ones that you open are listed here.
          </Text>
        ) : (
          <ul className={classes.recent}>
            {workspaces.recent.map(({ folder, name, lastOpenedAt, exists }) => (
              <li key={folder}>
                <div className={classes.recentName}>
                  <Group gap="xs">
                    <Text fw={600} className="breakable">
                      {name}
                    </Text>
                    {folder === workspaces.open?.folder && (
                      <Badge variant="default" tt="none">
                        Open now
                      </Badge>
                    )}
                    {!exists && (
                      <Badge variant="default" tt="none" c="var(--mantine-color-error)">
                        Not found
                      </Badge>
                    )}
                  </Group>
                  <Text size="xs" c="dimmed" className="mono breakable">
                    {folder}
                  </Text>
                </div>
                <Text size="sm" c="dimmed" visibleFrom="sm">
                  <TimeAgo at={lastOpenedAt} />
                </Text>
                <Group gap="xs" wrap="nowrap">
                  <Button
                    variant="default"
                    size="xs"
                    disabled={!exists}
                    loading={isPending && opening === folder}
                    onClick={() => (folder === workspaces.open?.folder ? navigate('/') : void open(folder))}
                    aria-label={`Open ${name}, ${folder}`}
                  >
                    Open
                  </Button>
                  <Tooltip label="Take it off this list; the folder stays">
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      aria-label={`Forget ${name}, ${folder}`}
                      onClick={() =>
                        forget.mutate(
                          { folder },
                          { onError: (cause) => notifyProblem('The list could not be changed', cause) },
                        )
                      }
                    >
                      <IconX size={16} aria-hidden />
                    </ActionIcon>
                  </Tooltip>
                </Group>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <FileBrowser
        opened={isBrowsing}
        title="Open a workspace"
        wanted="workspace"
        folder={workspaces.recent.length === 0 ? undefined : workspaces.defaultFolder}
        onClose={browser.close}
        onPick={(folder) => {
          browser.close();
          void open(folder);
        }}
      />
    </Stack>
  );
}
