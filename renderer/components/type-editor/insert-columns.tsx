import { Button, Group, Text, Tooltip } from '@mantine/core';
import { IconCheck, IconPlus } from '@tabler/icons-react';
import type { JSX } from 'react';
import { placeholderFor } from '../../../engine/template-syntax.ts';
import { usesColumn, type FoundType } from './choice.ts';

interface InsertColumnsProps {
  readonly columns: FoundType['columns'];
  readonly template: string;
  readonly onInsert: (text: string) => void;
}

/** A button per column, text columns first: puts its placeholder into the template. */
export function InsertColumns({ columns, template, onInsert }: InsertColumnsProps): JSX.Element {
  const ordered = columns.toSorted((a, b) => Number(b.text) - Number(a.text));
  return (
    <div>
      <Text size="sm" fw={500} mb={6} id="insert-columns">
        Insert a column
      </Text>
      <Group gap={6} role="group" aria-labelledby="insert-columns">
        {ordered.map(({ name, html, reason }) => {
          const bare = placeholderFor(name);
          const isUsed = usesColumn(template, name);
          return (
            <Tooltip key={name} label={reason}>
              <Button
                size="compact-sm"
                variant="default"
                fw={500}
                // The field keeps the focus, and with it the place where the text goes.
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => onInsert(html ? bare.replace(/\}\}$/, ' | html}}') : bare)}
                leftSection={
                  isUsed ? <IconCheck size={13} aria-hidden /> : <IconPlus size={13} aria-hidden />
                }
                aria-label={isUsed ? `Insert ${name}, used already` : `Insert ${name}`}
              >
                {name}
              </Button>
            </Tooltip>
          );
        })}
      </Group>
    </div>
  );
}
