import { Badge, Button, Checkbox, Group, Table, Text } from '@mantine/core';
import { IconAlertTriangle, IconPencil } from '@tabler/icons-react';
import type { JSX } from 'react';
import { formatCount } from '../../format.ts';
import {
  problemOf,
  suggestedChoice,
  usesColumn,
  whyLeftOut,
  type FoundType,
  type TypeChoice,
} from './choice.ts';

interface TypeRowProps {
  readonly type: FoundType;
  readonly choice: TypeChoice;
  readonly onSelect: (selected: boolean) => void;
  readonly onEdit: () => void;
}

export function TypeRow({ type, choice, onSelect, onEdit }: TypeRowProps): JSX.Element {
  const problem = choice.selected ? problemOf(choice) : null;
  const used = type.columns.filter(({ name }) => usesColumn(choice.template, name)).map(({ name }) => name);
  return (
    <Table.Tr>
      <Table.Td>
        <Checkbox
          aria-label={`Select ${type.name}`}
          checked={choice.selected}
          onChange={(event) => onSelect(event.currentTarget.checked)}
        />
      </Table.Td>
      <Table.Td>
        <Group gap={6}>
          <Text fw={600} size="sm" className="breakable">
            {type.name}
          </Text>
          {type.kind === 'view' && (
            <Badge size="sm" variant="default" tt="none">
              View
            </Badge>
          )}
          {isChanged(type, choice) && (
            <Badge size="sm" variant="default" tt="none">
              Changed
            </Badge>
          )}
        </Group>
        {!choice.selected && (
          <Text size="xs" c="dimmed">
            {type.selected ? 'left out by you' : whyLeftOut(type)}
          </Text>
        )}
        {problem !== null && (
          <Group gap={4} wrap="nowrap" c="var(--mantine-color-error)">
            <IconAlertTriangle size={14} aria-hidden />
            <Text size="xs">{problem}</Text>
          </Group>
        )}
      </Table.Td>
      <Table.Td ta="right" className="numeric">
        {type.rows === null ? 'not counted' : formatCount(type.rows)}
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Text size="sm" className="mono">
          {choice.key.join(', ')}
        </Text>
        {choice.key.length === 0 && (
          <Text size="sm" c="dimmed">
            none declared
          </Text>
        )}
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Text size="sm" c={used.length === 0 ? 'dimmed' : ''} lineClamp={2} title={used.join(', ')}>
          {used.length === 0 ? 'none' : used.join(', ')}
        </Text>
      </Table.Td>
      <Table.Td>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPencil size={14} aria-hidden />}
          onClick={onEdit}
          aria-label={`Edit ${type.name}`}
        >
          Edit
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}

function isChanged(type: FoundType, choice: TypeChoice): boolean {
  const { key, template, filter } = suggestedChoice(type);
  return choice.template !== template || choice.filter !== filter || choice.key.join('\0') !== key.join('\0');
}
