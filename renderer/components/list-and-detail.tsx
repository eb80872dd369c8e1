import { CloseButton, Drawer, Group, Title } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useRef, type JSX, type ReactNode } from 'react';
import classes from './list-and-detail.module.css';

interface ListAndDetailProps {
  /** What is open; null where nothing is. */
  readonly title: ReactNode | null;
  readonly detail: ReactNode;
  readonly onClose: () => void;
  /** The list. */
  readonly children: ReactNode;
}

/** A list and what is open of it: beside each other where there is room, else the one over the other. */
export function ListAndDetail({ title, detail, onClose, children }: ListAndDetailProps): JSX.Element {
  const hasRoom = useMediaQuery('(min-width: 75em)', true, { getInitialValueInEffect: false });
  const list = useRef<HTMLDivElement>(null);
  const isOpen = title !== null;
  const close = (): void => {
    onClose();
    // The keyboard goes on where it was.
    list.current?.querySelector<HTMLElement>('[role=grid]')?.focus({ preventScroll: true });
  };
  return (
    <div className={classes.split ?? ''} data-open={(isOpen && hasRoom) || undefined}>
      <div ref={list} className={classes.list ?? ''}>
        {children}
      </div>
      {hasRoom ? (
        isOpen && (
          <aside className={classes.detail ?? ''} aria-label="Detail">
            <Group justify="space-between" wrap="nowrap" gap="sm" className={classes.head ?? ''}>
              <Title order={2} className="breakable">
                {title}
              </Title>
              <CloseButton aria-label="Close the detail" onClick={close} />
            </Group>
            <div className={classes.body ?? ''}>{detail}</div>
          </aside>
        )
      ) : (
        // Put together by hand: the drawer's own header would be a second banner of the page.
        <Drawer.Root opened={isOpen} onClose={onClose} position="right" size="min(100%, 720px)">
          <Drawer.Overlay />
          <Drawer.Content>
            <Group justify="space-between" wrap="nowrap" gap="sm" className={classes.head ?? ''}>
              <Drawer.Title className="breakable">{title}</Drawer.Title>
              <Drawer.CloseButton aria-label="Close the detail" />
            </Group>
            <Drawer.Body pt="md">{detail}</Drawer.Body>
          </Drawer.Content>
        </Drawer.Root>
      )}
    </div>
  );
}
