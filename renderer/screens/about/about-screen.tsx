import { Anchor, DataList, Group, Stack, Text } from '@mantine/core';
import type { JSX, ReactNode } from 'react';
import { API } from '../../../engine/routes.ts';
import { useOperation, useSetup } from '../../api/queries.ts';
import { CopyValue } from '../../components/copy-value.tsx';
import { ScreenHeader } from '../../components/screen-header.tsx';
import { formatBytes, formatDateTime } from '../../format.ts';
import { SettingCard } from '../settings/setting-card.tsx';
import { HealthCheck } from './health-check.tsx';
import { LicenceList } from './licence-list.tsx';
import { useVersion } from './use-version.ts';

/** What this is, whether it is well, where its things lie, and whose work it contains. */
export function AboutScreen(): JSX.Element {
  const version = useVersion();
  const { data: engine } = useOperation('engine', {});
  const { data: settings } = useSetup('settings', {});
  return (
    <>
      <ScreenHeader
        title="About Plumbline"
        description="Keeps a vector index true to the data it was built from: finds every missing, stale, orphaned and outdated entry and puts it right, on this machine."
      />
      <Stack gap="lg" maw={1000}>
        <SettingCard title="This installation">
          <DataList size="sm" labelWidth={110}>
            <Fact label="Version">{version ?? ''}</Fact>
            <Fact label="Workspace">
              {engine !== undefined && <CopyValue value={engine.workspace} name="path of the workspace" />}
            </Fact>
            <Fact label="Settings">
              {settings !== undefined && <CopyValue value={settings.file} name="path of the settings" />}
            </Fact>
            <Fact label="Engine">
              {engine !== undefined &&
                `process ${engine.pid}, running since ${formatDateTime(engine.startedAt)}, ${formatBytes(engine.memoryBytes)} of memory`}
            </Fact>
          </DataList>
        </SettingCard>
        <HealthCheck />
        <SettingCard title="Documentation" description="Served by the engine itself, also without a network.">
          <Group gap="lg">
            <Anchor href={`${API}/docs`} target="_blank" rel="noopener" size="sm">
              REST: routes, inputs and answers
            </Anchor>
            <Anchor href={`${API}/openapi.json`} target="_blank" rel="noopener" size="sm">
              OpenAPI document
            </Anchor>
          </Group>
          <Text size="sm" c="dimmed">
            Guides on drift, templates, models and the command line lie in the folder docs of the project.
          </Text>
        </SettingCard>
        <LicenceList />
      </Stack>
    </>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }): JSX.Element {
  return (
    <DataList.Item>
      <DataList.ItemLabel>{label}</DataList.ItemLabel>
      <DataList.ItemValue className="numeric breakable">{children}</DataList.ItemValue>
    </DataList.Item>
  );
}
