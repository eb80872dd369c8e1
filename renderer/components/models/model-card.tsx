import { Badge, DataList, Group, Radio, Text } from '@mantine/core';
import type { JSX } from 'react';
import type { ModelSummary } from '../../../engine/setup-contract.ts';
import { factsOf, stateOf } from './model-facts.ts';
import classes from './models.module.css';

/** One model to choose from, in a `Radio.Group`. */
export function ModelCard({ model }: { readonly model: ModelSummary }): JSX.Element {
  return (
    <Radio.Card value={model.name} className={classes.card} aria-label={model.title}>
      <Group gap="sm" wrap="nowrap" align="flex-start" w="100%">
        <Radio.Indicator aria-hidden mt={2} />
        <div className={classes.body}>
          <Group gap="xs" justify="space-between">
            <Text fw={650}>{model.title}</Text>
            <Badge variant="default" tt="none">
              {stateOf(model)}
            </Badge>
          </Group>
          {model.title !== model.name && (
            <Text size="xs" c="dimmed" className="mono breakable">
              {model.name}
            </Text>
          )}
          <Text size="sm" mt={6}>
            {model.description}
          </Text>
          <ModelFacts model={model} />
        </div>
      </Group>
    </Radio.Card>
  );
}

function ModelFacts({ model }: { readonly model: ModelSummary }): JSX.Element {
  return (
    <DataList size="sm" gap={2} mt="sm" labelWidth={118}>
      {factsOf(model).map(([label, value]) => (
        <DataList.Item key={label}>
          <DataList.ItemLabel>{label}</DataList.ItemLabel>
          <DataList.ItemValue className="numeric breakable">{value}</DataList.ItemValue>
        </DataList.Item>
      ))}
    </DataList>
  );
}
