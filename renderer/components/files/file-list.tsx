import { Badge, Text } from '@mantine/core';
import { IconDatabase, IconFile, IconFolder, IconStack2, type Icon } from '@tabler/icons-react';
import { useId, useRef, useState, type JSX, type KeyboardEvent } from 'react';
import { formatBytes, formatDate } from '../../format.ts';
import { effectOf, type FileEntry, type Wanted } from './entries.ts';
import classes from './files.module.css';

interface FileListProps {
  readonly entries: readonly FileEntry[];
  readonly wanted: Wanted;
  readonly isFiltered: boolean;
  /** Of the folder before, while the next one is read. */
  readonly isStale: boolean;
  /** The entry that is pointed at, with the mouse or the keyboard. */
  readonly onPoint: (entry: FileEntry) => void;
  /** Opens a folder, picks anything else. */
  readonly onAct: (entry: FileEntry) => void;
  readonly onUp: () => void;
}

const LOOKS: Readonly<Record<FileEntry['kind'], { readonly icon: Icon; readonly badge: string | null }>> = {
  folder: { icon: IconFolder, badge: null },
  workspace: { icon: IconStack2, badge: 'Workspace' },
  source: { icon: IconDatabase, badge: 'Data' },
  other: { icon: IconFile, badge: null },
};

/** A list box: arrows move, Enter opens or picks, Backspace goes up. One click opens a folder, two pick a file. */
export function FileList(props: FileListProps): JSX.Element {
  const { entries, wanted, isFiltered, isStale, onPoint, onAct, onUp } = props;
  const [active, setActive] = useState(-1);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);

  const point = (index: number): void => {
    const entry = entries[index];
    if (entry === undefined) return;
    setActive(index);
    onPoint(entry);
    list.current?.children[index]?.scrollIntoView({ block: 'nearest' });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const act = (): void => {
      const entry = entries[active];
      if (entry !== undefined) onAct(entry);
    };
    const actions: Readonly<Record<string, () => void>> = {
      ArrowDown: () => point(Math.min(active + 1, entries.length - 1)),
      ArrowUp: () => point(Math.max(active - 1, 0)),
      Home: () => point(0),
      End: () => point(entries.length - 1),
      Enter: act,
      ArrowRight: act,
      Backspace: onUp,
      ArrowLeft: onUp,
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  };

  return (
    <div
      ref={list}
      role="listbox"
      aria-label="Entries of the folder"
      aria-activedescendant={active < 0 ? undefined : `${id}-${active}`}
      aria-busy={isStale}
      tabIndex={0}
      className={classes.list}
      onKeyDown={onKeyDown}
    >
      {entries.map((entry, index) => (
        <Row
          key={entry.path}
          id={`${id}-${index}`}
          entry={entry}
          isActive={index === active}
          onClick={() => (effectOf(entry, wanted) === 'open' ? onAct(entry) : point(index))}
          onDoubleClick={() => effectOf(entry, wanted) === 'pick' && onAct(entry)}
        />
      ))}
      {entries.length === 0 && (
        <Text size="sm" c="dimmed" p="md" role="option" aria-disabled aria-selected={false}>
          {isFiltered ? 'Nothing here has that in its name.' : EMPTY[wanted]}
        </Text>
      )}
    </div>
  );
}

const EMPTY: Readonly<Record<Wanted, string>> = {
  source: 'This folder is empty.',
  workspace: 'No workspace and no folder in here.',
  folder: 'No folder in here.',
};

interface RowProps {
  readonly id: string;
  readonly entry: FileEntry;
  readonly isActive: boolean;
  readonly onClick: () => void;
  readonly onDoubleClick: () => void;
}

function Row({ id, entry, isActive, onClick, onDoubleClick }: RowProps): JSX.Element {
  const { icon: Icon, badge } = LOOKS[entry.kind];
  return (
    // The list box has the focus and the keys.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={isActive}
      data-kind={entry.kind}
      className={classes.row}
      onClick={onClick}
      onDoubleClick={onDoubleClick}
    >
      <Icon size={18} stroke={1.6} aria-hidden />
      <span className={classes.name}>{entry.name}</span>
      {badge !== null && (
        <Badge size="sm" tt="none" variant="default">
          {badge}
        </Badge>
      )}
      <span className={classes.size}>{entry.bytes === null ? '' : formatBytes(entry.bytes)}</span>
      <span className={classes.time}>{entry.modifiedAt === null ? '' : formatDate(entry.modifiedAt)}</span>
    </div>
  );
}
