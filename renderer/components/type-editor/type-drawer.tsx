import { Button, Drawer, Group } from '@mantine/core';
import type { JSX } from 'react';
import type { FoundType, TypeChoice } from './choice.ts';
import { TypeEditor } from './type-editor.tsx';

interface TypeDrawerProps {
  /** Null: the drawer is closed. */
  readonly type: FoundType | null;
  readonly choice: TypeChoice | null;
  readonly source?: string | undefined;
  readonly model?: string | undefined;
  readonly onChange: (choice: TypeChoice) => void;
  /** Back to what it was before anything was changed. */
  readonly onReset: () => void;
  /** What that was, on its button. */
  readonly resetLabel?: string;
  readonly onClose: () => void;
}

/** The editor of one entity type, beside the table of all. What is typed counts at once; closing keeps it. */
export function TypeDrawer(props: TypeDrawerProps): JSX.Element {
  const {
    type,
    choice,
    source,
    model,
    onChange,
    onReset,
    resetLabel = 'Back to what was suggested',
    onClose,
  } = props;
  return (
    <Drawer
      opened={type !== null}
      onClose={onClose}
      position="right"
      size="min(1040px, 100%)"
      title={type?.name ?? ''}
      closeButtonProps={{ 'aria-label': 'Close' }}
      // Its `header` would be a second banner of the page.
      attributes={{ header: { role: 'none' } }}
      styles={{ title: { fontWeight: 650, fontSize: 'var(--mantine-font-size-lg)' } }}
    >
      {type !== null && choice !== null && (
        <>
          <TypeEditor
            key={type.name}
            type={type}
            choice={choice}
            source={source}
            model={model}
            onChange={onChange}
          />
          <Group justify="flex-end" mt="lg">
            <Button variant="default" onClick={onReset}>
              {resetLabel}
            </Button>
            <Button onClick={onClose}>Done</Button>
          </Group>
        </>
      )}
    </Drawer>
  );
}
