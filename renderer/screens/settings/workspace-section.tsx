import { Anchor, Button, DataList, Group, Text } from '@mantine/core';
import { IconFolderOpen, IconPlugConnectedX, IconSwitchHorizontal } from '@tabler/icons-react';
import type { JSX } from 'react';
import { Link, useLocation } from 'wouter';
import { desktop } from '../../api/desktop.ts';
import { useOperation, useSetup } from '../../api/queries.ts';
import { useWorkspaceSwitch } from '../../api/switch.tsx';
import { CopyValue } from '../../components/copy-value.tsx';
import { notifyProblem } from '../../components/notify.ts';
import { ProblemView } from '../../components/problem.tsx';
import { addressOf } from '../../addresses.ts';
import { SettingCard } from './setting-card.tsx';

/** Which folder and which source this is, and the way to others. */
export function WorkspaceSection(): JSX.Element {
  const [, navigate] = useLocation();
  const { data: workspaces } = useSetup('workspaces', {});
  const { data: settings } = useSetup('settings', {});
  const { data: engine } = useOperation('engine', {});
  const closing = useWorkspaceSwitch('closeWorkspace');
  const open = workspaces?.open ?? null;
  const isPinned = workspaces?.pinned === true;
  const close = async (): Promise<void> => {
    // What went wrong is shown below.
    const closed = await closing.run({}).catch(() => null);
    if (closed !== null) navigate('/');
  };
  const show = (path: string): void => {
    desktop
      ?.showInFolder(path)
      .catch((error: unknown) => notifyProblem('The folder could not be shown', error));
  };
  return (
    <>
      <SettingCard title="Data folder" description="Holds plumbline.yaml, the index, models and logs.">
        <DataList size="sm" labelWidth={90}>
          <DataList.Item>
            <DataList.ItemLabel>Folder</DataList.ItemLabel>
            <DataList.ItemValue>
              {open !== null && <CopyValue value={open.folder} name="folder" />}
            </DataList.ItemValue>
          </DataList.Item>
          <DataList.Item>
            <DataList.ItemLabel>Settings</DataList.ItemLabel>
            <DataList.ItemValue>
              {settings !== undefined && <CopyValue value={settings.file} name="path of the settings" />}
            </DataList.ItemValue>
          </DataList.Item>
        </DataList>
        {desktop !== null && open !== null && (
          <Group>
            <Button
              variant="default"
              leftSection={<IconFolderOpen size={17} aria-hidden />}
              onClick={() => show(open.folder)}
            >
              Show in folder
            </Button>
          </Group>
        )}
      </SettingCard>
      <SettingCard title="Source" description="Only ever read.">
        <DataList size="sm" labelWidth={90}>
          <DataList.Item>
            <DataList.ItemLabel>Name</DataList.ItemLabel>
            <DataList.ItemValue className="breakable">{engine?.source.name ?? ''}</DataList.ItemValue>
          </DataList.Item>
          <DataList.Item>
            <DataList.ItemLabel>Kind</DataList.ItemLabel>
            <DataList.ItemValue>{engine?.source.kind ?? ''}</DataList.ItemValue>
          </DataList.Item>
          <DataList.Item>
            <DataList.ItemLabel>State</DataList.ItemLabel>
            <DataList.ItemValue>
              {engine === undefined ? '' : engine.source.reachable ? 'Can be read' : 'Cannot be read'}
            </DataList.ItemValue>
          </DataList.Item>
        </DataList>
        {engine?.source.error != null && (
          <ProblemView error={engine.source.error} title="The source cannot be read" />
        )}
        <Text size="sm" c="dimmed">
          Where it is stands in{' '}
          <Anchor component={Link} href={addressOf.settings('file')} underline="always">
            plumbline.yaml
          </Anchor>
          . Another source makes another workspace.
        </Text>
      </SettingCard>
      <SettingCard
        title="Other workspaces"
        description={
          isPinned
            ? 'This server was started for this workspace, and opens no other.'
            : 'Closing leaves everything as it is; jobs are brought to a safe point first.'
        }
      >
        {!isPinned && (
          <Group>
            <Button
              component={Link}
              href={addressOf.welcome}
              variant="default"
              leftSection={<IconSwitchHorizontal size={17} aria-hidden />}
            >
              Open or make another
            </Button>
            <Button
              variant="default"
              loading={closing.isPending}
              leftSection={<IconPlugConnectedX size={17} aria-hidden />}
              onClick={() => void close()}
            >
              Close this workspace
            </Button>
          </Group>
        )}
        {closing.error !== null && (
          <ProblemView error={closing.error} title="The workspace could not be closed" />
        )}
      </SettingCard>
    </>
  );
}
