import { ActionIcon, Button, Group, Modal, Stack, Text, TextInput, Tooltip } from '@mantine/core';
import { IconArrowUp, IconSearch } from '@tabler/icons-react';
import { useState, type JSX } from 'react';
import { useSetup } from '../../api/queries.ts';
import { RowsLoading } from '../loading.tsx';
import { ProblemView } from '../problem.tsx';
import { arrange, effectOf, type FileEntry, type Wanted } from './entries.ts';
import classes from './files.module.css';
import { FileList } from './file-list.tsx';
import { Places } from './places.tsx';

interface FileBrowserProps {
  readonly opened: boolean;
  readonly title: string;
  readonly wanted: Wanted;
  /** Where to begin; default: where the server suggests. */
  readonly folder?: string | undefined;
  readonly onPick: (path: string) => void;
  readonly onClose: () => void;
}

/** A file dialog for the machine that the engine runs on, which a browser's own dialog cannot see. */
export function FileBrowser({ opened, title, onClose, ...props }: FileBrowserProps): JSX.Element {
  return (
    <Modal opened={opened} onClose={onClose} title={title} size={860}>
      <Browse {...props} onClose={onClose} />
    </Modal>
  );
}

const CHOOSE: Readonly<Record<Wanted, string>> = {
  source: 'Choose',
  workspace: 'Open workspace',
  folder: 'Choose this folder',
};

function Browse({
  wanted,
  folder: start,
  onPick,
  onClose,
}: Omit<FileBrowserProps, 'opened' | 'title'>): JSX.Element {
  const [folder, setFolder] = useState(start);
  const [filter, setFilter] = useState('');
  const [picked, setPicked] = useState<string | null>(null);
  const { data, error, isPlaceholderData, refetch } = useSetup(
    'files',
    folder === undefined ? {} : { folder },
    { keepPrevious: true },
  );

  const open = (path: string): void => {
    setFolder(path);
    setFilter('');
    setPicked(null);
  };
  const act = (entry: FileEntry): void => {
    if (effectOf(entry, wanted) === 'open') open(entry.path);
    else onPick(entry.path);
  };
  const here = data?.folder ?? folder ?? '';
  const entries = data === undefined ? [] : arrange(data.entries, wanted, filter);

  return (
    <div className={classes.browser}>
      <Places places={data?.places ?? []} here={here} onOpen={open} />
      <Stack gap="sm" miw={0}>
        <Group gap="xs" wrap="nowrap" align="flex-end">
          <Tooltip label="The folder above">
            <ActionIcon
              variant="default"
              size={36}
              aria-label="The folder above"
              disabled={data?.parent == null}
              onClick={() => data?.parent != null && open(data.parent)}
            >
              <IconArrowUp size={18} aria-hidden />
            </ActionIcon>
          </Tooltip>
          <PathField key={here} folder={here} onOpen={open} />
          <TextInput
            aria-label="Filter this folder"
            placeholder="Filter"
            leftSection={<IconSearch size={16} aria-hidden />}
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
            w={170}
          />
        </Group>
        {error !== null ? (
          <ProblemView error={error} title="This folder cannot be shown" onRetry={() => void refetch()} />
        ) : data === undefined ? (
          <RowsLoading rows={8} />
        ) : (
          <FileList
            key={`${data.folder}\n${filter}`}
            entries={entries}
            wanted={wanted}
            isFiltered={filter.trim() !== ''}
            isStale={isPlaceholderData}
            onPoint={(entry) => setPicked(effectOf(entry, wanted) === 'pick' ? entry.path : null)}
            onAct={act}
            onUp={() => data.parent !== null && open(data.parent)}
          />
        )}
        {data?.truncated === true && (
          <Text size="sm" c="dimmed">
            This folder holds more than is listed here: type the path of what is missing.
          </Text>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          {wanted === 'source' && (
            <Button variant="default" disabled={here === ''} onClick={() => onPick(here)}>
              Choose this folder
            </Button>
          )}
          <Button
            disabled={wanted === 'folder' ? here === '' : picked === null}
            onClick={() => onPick(wanted === 'folder' ? here : (picked ?? here))}
          >
            {CHOOSE[wanted]}
          </Button>
        </Group>
      </Stack>
    </div>
  );
}

/** Keyed by the folder, so that it shows where the browser is whatever was typed before. */
function PathField({
  folder,
  onOpen,
}: {
  readonly folder: string;
  readonly onOpen: (path: string) => void;
}): JSX.Element {
  const [path, setPath] = useState(folder);
  return (
    <TextInput
      flex={1}
      miw={0}
      aria-label="Folder"
      value={path}
      onChange={(event) => setPath(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && path.trim() !== '') onOpen(path.trim());
      }}
    />
  );
}
