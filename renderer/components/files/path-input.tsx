import { Button, TextInput, type TextInputProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconFolderOpen } from '@tabler/icons-react';
import type { JSX } from 'react';
import { desktop } from '../../api/desktop.ts';
import type { Wanted } from './entries.ts';
import { FileBrowser } from './file-browser.tsx';
import classes from './path-input.module.css';

interface PathInputProps extends Omit<TextInputProps, 'onChange' | 'value' | 'wrapperProps'> {
  readonly value: string;
  /** What the dialog is called. */
  readonly dialogTitle: string;
  readonly wanted: Wanted;
  readonly onChange: (path: string) => void;
  /** Chosen in a dialog, not typed; default: as typed. */
  readonly onPick?: (path: string) => void;
}

/** A path that can be typed or looked for: in the system's own dialog where there is one, in the page's otherwise. */
export function PathInput({
  value,
  dialogTitle,
  wanted,
  onChange,
  onPick = onChange,
  ...props
}: PathInputProps): JSX.Element {
  const [isOpen, dialog] = useDisclosure(false);
  const isFile = wanted === 'source';
  const browse = async (): Promise<void> => {
    if (desktop === null) return dialog.open();
    const path = await (isFile ? desktop.pickFile : desktop.pickFolder)({ title: dialogTitle });
    if (path !== null) onPick(path);
  };
  const browseFolders = async (): Promise<void> => {
    const path = (await desktop?.pickFolder({ title: dialogTitle })) ?? null;
    if (path !== null) onPick(path);
  };
  return (
    <div className={classes.row}>
      <TextInput
        {...props}
        className={classes.field}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        spellCheck={false}
        autoComplete="off"
      />
      <Button
        variant="default"
        leftSection={<IconFolderOpen size={17} aria-hidden />}
        onClick={() => void browse()}
      >
        Browse…
      </Button>
      {/* A dialog of the system shows files or folders, not both. */}
      {desktop !== null && isFile && (
        <Button variant="default" onClick={() => void browseFolders()}>
          Folder…
        </Button>
      )}
      <FileBrowser
        opened={isOpen}
        title={dialogTitle}
        wanted={wanted}
        onClose={dialog.close}
        onPick={(path) => {
          dialog.close();
          onPick(path);
        }}
      />
    </div>
  );
}
