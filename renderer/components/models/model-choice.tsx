import { Radio, SimpleGrid, TextInput } from '@mantine/core';
import { useState, type JSX } from 'react';
import { useSetup } from '../../api/queries.ts';
import { RowsLoading } from '../loading.tsx';
import { ProblemView } from '../problem.tsx';
import { ModelCard } from './model-card.tsx';

interface ModelChoiceProps {
  /** As `plumbline.yaml` names it. */
  readonly value: string;
  readonly onChange: (name: string) => void;
}

/** Models as cards, and a field for any other. */
export function ModelChoice({ value, onChange }: ModelChoiceProps): JSX.Element {
  const { data, error, refetch } = useSetup('models', {});
  const [other, setOther] = useState<string | null>(null);
  if (error !== null)
    return (
      <ProblemView error={error} title="The models cannot be listed" onRetry={() => void refetch()} />
    );
  if (data === undefined) return <RowsLoading rows={5} />;
  const isListed = data.models.some(({ name }) => name === value);
  return (
    <>
      <Radio.Group value={value} onChange={onChange} aria-label="Model">
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
          {data.models.map((model) => (
            <ModelCard key={model.name} model={model} />
          ))}
        </SimpleGrid>
      </Radio.Group>
      <TextInput
        mt="md"
        label="Another model"
        description="A folder with an ONNX model, or a name on the Hugging Face hub such as Xenova/all-MiniLM-L6-v2"
        value={other ?? (isListed ? '' : value)}
        onChange={(event) => {
          const name = event.currentTarget.value;
          setOther(name);
          if (name.trim() !== '') onChange(name.trim());
        }}
        spellCheck={false}
        autoComplete="off"
      />
    </>
  );
}
