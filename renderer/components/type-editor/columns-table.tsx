import { Button, Collapse, ScrollArea, Table } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import type { JSX } from 'react';
import type { FoundType } from './choice.ts';

/** Every column, and why it is or is not suggested. */
export function ColumnsTable({ columns }: { readonly columns: FoundType['columns'] }): JSX.Element {
  const [isOpen, { toggle }] = useDisclosure(false);
  const Chevron = isOpen ? IconChevronDown : IconChevronRight;
  return (
    <div>
      <Button
        variant="subtle"
        size="compact-sm"
        ml={-8}
        aria-expanded={isOpen}
        leftSection={<Chevron size={16} aria-hidden />}
        onClick={toggle}
      >
        Why these columns
      </Button>
      <Collapse expanded={isOpen}>
        <ScrollArea type="auto" tabIndex={0} viewportProps={{ 'aria-label': 'Columns' }}>
          <Table aria-label="Columns" mt="xs" fz="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Column</Table.Th>
                <Table.Th>Type</Table.Th>
                <Table.Th>Suggested</Table.Th>
                <Table.Th>Why</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {columns.map(({ name, declaredType, text, reason }) => (
                <Table.Tr key={name}>
                  <Table.Td className="mono">{name}</Table.Td>
                  <Table.Td>{declaredType === '' ? 'none declared' : declaredType}</Table.Td>
                  <Table.Td>{text ? 'Yes' : 'No'}</Table.Td>
                  <Table.Td>{reason}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea>
      </Collapse>
    </div>
  );
}
