import { Alert, DataList, Text } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import type { JSX } from 'react';
import type { SetupOutput } from '../../../engine/setup-contract.ts';
import { rowsOf } from '../../components/type-editor/choice.ts';
import { formatBytes, formatPlural } from '../../format.ts';
import classes from './welcome.module.css';

/** What a test found. */
export function SourceFound({ found }: { readonly found: SetupOutput<'probeSource'> }): JSX.Element {
  const { source, entityTypes } = found;
  const tables = entityTypes.filter(({ kind }) => kind === 'table').length;
  const views = entityTypes.length - tables;
  const suggested = entityTypes.filter(({ selected }) => selected).length;
  const facts: readonly (readonly [string, string])[] = [
    ['Kind', source.kind],
    ...(source.bytes === null ? [] : ([['Size', formatBytes(source.bytes)]] as const)),
    [
      'Holds',
      views === 0
        ? formatPlural(tables, 'table', 'tables')
        : `${formatPlural(tables, 'table', 'tables')}, ${formatPlural(views, 'view', 'views')}`,
    ],
    ['Rows', formatPlural(rowsOf(entityTypes), 'row', 'rows')],
  ];
  return (
    <Alert
      color="green"
      icon={<IconCircleCheck aria-hidden />}
      title={`${source.name} can be read`}
      className={classes.found}
    >
      <DataList size="sm" gap={4} labelWidth={70}>
        {facts.map(([label, value]) => (
          <DataList.Item key={label}>
            <DataList.ItemLabel c="inherit">{label}</DataList.ItemLabel>
            <DataList.ItemValue className="numeric">{value}</DataList.ItemValue>
          </DataList.Item>
        ))}
      </DataList>
      <Text size="sm" mt="xs">
        {suggested === 0
          ? 'None has both a key and text columns: choose yourself in the next step.'
          : `${formatPlural(suggested, 'entity type has', 'entity types have')} a key and text worth embedding.`}
      </Text>
    </Alert>
  );
}
