import { Collapse, Group, List, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { useId, type JSX } from 'react';
import type { DeepResult } from '../../../engine/contract.ts';
import { describeDeep } from './describe-deep.ts';

/** What a deep validation found out about the index itself. */
export function DeepResults({ deep }: { readonly deep: DeepResult }): JSX.Element {
  const [isOpen, { toggle }] = useDisclosure(false);
  const id = useId();
  const [first, ...more] = describeDeep(deep);
  const Chevron = isOpen ? IconChevronDown : IconChevronRight;
  return (
    <div>
      <UnstyledButton onClick={toggle} aria-expanded={isOpen} aria-controls={id} fz="sm" mt={6}>
        <Group gap={4} wrap="nowrap">
          <Chevron size={15} aria-hidden />
          <span>
            <strong>Index:</strong> {first}
          </span>
        </Group>
      </UnstyledButton>
      <Collapse expanded={isOpen} id={id}>
        <List size="sm" mt={4} ml="md" c="dimmed">
          {more.map((line) => (
            <List.Item key={line}>{line}</List.Item>
          ))}
        </List>
      </Collapse>
    </div>
  );
}
