/** Keys that work everywhere, and the list of them. */
import { Group, Kbd, Modal, Stack, Table, Text } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { useRef, type JSX } from 'react';
import { useLocation } from 'wouter';
import { screens } from '../screens.ts';
import { openShortcuts } from './shortcut-events.ts';
import { useWindowEvent } from '@mantine/hooks';

/** Between `g` and the key of a screen. */
const SEQUENCE_MS = 1500;

export function Shortcuts(): JSX.Element {
  const [isOpen, list] = useDisclosure(false);
  const [, navigate] = useLocation();
  const pressedAt = useRef(-Infinity);

  useHotkeys([
    ['shift+?', list.open],
    ['g', () => (pressedAt.current = performance.now())],
    ...screens.map(({ key, paths: [path] }): [string, () => void] => [
      key,
      () => {
        if (performance.now() - pressedAt.current > SEQUENCE_MS) return;
        pressedAt.current = -Infinity;
        navigate(path);
      },
    ]),
  ]);
  useWindowEvent(openShortcuts, list.open);

  return (
    <Modal opened={isOpen} onClose={list.close} title="Keyboard shortcuts" size="md">
      <Table aria-label="Keyboard shortcuts">
        <Table.Tbody>
          <Shortcut keys={['Ctrl', 'K']} does="Open the command palette" />
          <Shortcut keys={['?']} does="Show this list" />
          {screens.map(({ name, key, title }) => (
            <Shortcut key={name} keys={['g', key]} does={`Go to ${title}`} />
          ))}
          <Shortcut keys={['Esc']} does="Close what is open" />
        </Table.Tbody>
      </Table>
      <Stack mt="md">
        <Text size="sm" c="dimmed">
          Tables scroll with the arrow keys, Page up and Page down once they have the focus.
        </Text>
      </Stack>
    </Modal>
  );
}

function Shortcut({ keys, does }: { readonly keys: readonly string[]; readonly does: string }): JSX.Element {
  return (
    <Table.Tr>
      <Table.Td w={120}>
        <Group gap={4}>
          {keys.map((key) => (
            <Kbd key={key}>{key}</Kbd>
          ))}
        </Group>
      </Table.Td>
      <Table.Td>{does}</Table.Td>
    </Table.Tr>
  );
}
