import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFolderPlus } from '@tabler/icons-react';
import type { JSX } from 'react';
import { desktop } from '../../api/desktop.ts';
import { useSetup, useSetupChange } from '../../api/queries.ts';
import { FileBrowser } from '../../components/files/file-browser.tsx';
import { RowsLoading } from '../../components/loading.tsx';
import { notifyDone } from '../../components/notify.ts';
import { ProblemView } from '../../components/problem.tsx';
import { ModelRow } from './model-row.tsx';
import { SectionHeader } from './section-header.tsx';

/** While one is downloading. */
const POLL_MS = 700;

/** Models that are here, and those that can be brought here. */
export function ModelsSection(): JSX.Element {
  const [isBrowsing, browser] = useDisclosure(false);
  const first = useSetup('models', {});
  const isDownloading = first.data?.models.some(({ state }) => state === 'downloading') === true;
  const { data, error, refetch } = useSetup('models', {}, { everyMs: isDownloading ? POLL_MS : false });
  const importing = useSetupChange('importModel');
  const take = (folder: string): void =>
    importing.mutate(
      { folder },
      { onSuccess: () => notifyDone('Model imported', 'It can be chosen in Indexing.') },
    );
  const browse = async (): Promise<void> => {
    if (desktop === null) return browser.open();
    const folder = await desktop.pickFolder({ title: 'Import a model' });
    if (folder !== null) take(folder);
  };
  return (
    <>
      <SectionHeader
        title="Models"
        description="All run on this machine. Downloaded and imported ones lie in the workspace."
        actions={
          <Button
            variant="default"
            loading={importing.isPending}
            leftSection={<IconFolderPlus size={17} aria-hidden />}
            onClick={() => void browse()}
          >
            Import a folder…
          </Button>
        }
      />
      {importing.error !== null && (
        <ProblemView error={importing.error} title="The model could not be imported" />
      )}
      {error !== null && (
        <ProblemView error={error} title="The models cannot be listed" onRetry={() => void refetch()} />
      )}
      {data === undefined
        ? error === null && <RowsLoading rows={5} />
        : data.models.map((model) => <ModelRow key={model.name} model={model} />)}
      <FileBrowser
        opened={isBrowsing}
        title="Import the folder of a model"
        wanted="folder"
        onClose={browser.close}
        onPick={(folder) => {
          browser.close();
          take(folder);
        }}
      />
    </>
  );
}
