import { Card, Checkbox, Table, Text, TextInput, VisuallyHidden } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState, type JSX } from 'react';
import { problemOf, type FoundType, type TypeChoice } from './choice.ts';
import { TypeRow } from './type-row.tsx';
import classes from './types-table.module.css';

interface TypesTableProps {
  readonly types: readonly { readonly type: FoundType; readonly choice: TypeChoice }[];
  readonly onSelect: (name: string, selected: boolean) => void;
  /** Of all that nothing is missing for. */
  readonly onSelectAll: (selected: boolean) => void;
  readonly onEdit: (name: string) => void;
}

/** Fewer are overseen at a glance. */
const FILTER_FROM = 12;

/** Every table and view of a source: what would be indexed of it, or why it is left out. */
export function TypesTable({ types, onSelect, onSelectAll, onEdit }: TypesTableProps): JSX.Element {
  const [filter, setFilter] = useState('');
  const words = filter.trim().toLowerCase();
  const shown = types.filter(({ type }) => type.name.toLowerCase().includes(words));
  const possible = types.filter(({ choice }) => problemOf(choice) === null);
  const selected = types.filter(({ choice }) => choice.selected).length;
  const isAll = possible.length > 0 && possible.every(({ choice }) => choice.selected);
  return (
    <Card className="card" p={0}>
      {types.length >= FILTER_FROM && (
        <TextInput
          m="md"
          mb={0}
          aria-label="Filter entity types"
          placeholder="Filter entity types"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      )}
      <div className={classes.scroll}>
        <Table className={classes.table} highlightOnHover aria-label="Entity types">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={44}>
                <Checkbox
                  aria-label="Select all that can be indexed"
                  checked={isAll}
                  indeterminate={!isAll && selected > 0}
                  onChange={() => onSelectAll(!isAll)}
                />
              </Table.Th>
              <Table.Th>Entity type</Table.Th>
              <Table.Th ta="right" w={100}>
                Rows
              </Table.Th>
              <Table.Th w="22%" visibleFrom="sm">
                Key
              </Table.Th>
              <Table.Th visibleFrom="sm">Text columns</Table.Th>
              <Table.Th w={100}>
                <VisuallyHidden>Edit</VisuallyHidden>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map(({ type, choice }) => (
              <TypeRow
                key={type.name}
                type={type}
                choice={choice}
                onSelect={(isSelected) => onSelect(type.name, isSelected)}
                onEdit={() => onEdit(type.name)}
              />
            ))}
          </Table.Tbody>
        </Table>
        {shown.length === 0 && (
          <Text size="sm" c="dimmed" p="md">
            None has that in its name.
          </Text>
        )}
      </div>
    </Card>
  );
}
