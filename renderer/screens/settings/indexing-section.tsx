import { Anchor, NumberInput, Select, SimpleGrid, TextInput } from '@mantine/core';
import type { JSX } from 'react';
import { Link } from 'wouter';
import { toErrorData } from '../../../engine/errors.ts';
import { parsePolicy } from '../../../engine/policy.ts';
import { useSetup } from '../../api/queries.ts';
import { addressOf } from '../../addresses.ts';
import { SettingCard } from './setting-card.tsx';
import { SettingsLoading } from './settings-loading.tsx';
import { useSettings } from './use-settings.ts';

/** How rows become vectors, and what a repair and a check may do. */
export function IndexingSection(): JSX.Element {
  const { query, hand } = useSettings();
  const { data: models } = useSetup('models', {});
  if (hand === null) return <SettingsLoading query={query} />;
  const { settings, set } = hand;
  const { chunking } = settings;
  const names = (models?.models ?? []).map(({ name, title }) => ({
    value: name,
    label: title === name ? name : `${title} (${name})`,
  }));
  const isListed = names.some(({ value }) => value === settings.model);
  return (
    <>
      <SettingCard title="Embedding">
        <Select
          label="Model"
          description={
            <>
              What turns text into vectors. More in{' '}
              <Anchor underline="always" component={Link} href={addressOf.settings('models')} inherit>
                Models
              </Anchor>
              .
            </>
          }
          data={isListed ? names : [{ value: settings.model, label: settings.model }, ...names]}
          value={settings.model}
          allowDeselect={false}
          searchable
          onChange={(model) => model !== null && set('model', model)}
        />
        <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="md">
          <Whole
            label="Threads"
            description="That embed; empty for what suits this machine"
            min={1}
            max={64}
            value={settings.workers}
            onChange={(workers) => set('workers', workers)}
          />
          <Whole
            label="Tokens a chunk"
            description="At most; empty for all that the model takes"
            min={8}
            value={chunking.maxTokens}
            onChange={(maxTokens) => set('chunking', { ...chunking, maxTokens })}
          />
          <Whole
            label="Tokens of overlap"
            description="That neighbours share; empty for 32"
            min={0}
            value={chunking.overlapTokens}
            error={overlapProblem(chunking)}
            onChange={(overlapTokens) => set('chunking', { ...chunking, overlapTokens })}
          />
        </SimpleGrid>
      </SettingCard>
      <SettingCard title="Safety">
        <NumberInput
          label="Deletion cap"
          description="A repair that would delete more than this share of an entity type stops and asks"
          suffix=" %"
          min={0}
          max={100}
          clampBehavior="strict"
          maw={320}
          value={settings.maxDeletePercent}
          onChange={(value) => typeof value === 'number' && set('maxDeletePercent', value)}
        />
        <TextInput
          label="Policy"
          description="What plumbline check fails on, for example missing>0,stale>1%. Empty for any drift."
          classNames={{ input: 'mono' }}
          value={settings.failOn ?? ''}
          error={settings.failOn === null ? null : policyProblem(settings.failOn)}
          onChange={(event) => {
            const text = event.currentTarget.value;
            set('failOn', text.trim() === '' ? null : text);
          }}
          spellCheck={false}
          autoComplete="off"
        />
      </SettingCard>
    </>
  );
}

interface WholeProps {
  readonly label: string;
  readonly description: string;
  readonly min: number;
  readonly max?: number;
  readonly value: number | null;
  readonly error?: string | null;
  readonly onChange: (value: number | null) => void;
}

/** A whole number, or nothing for the default. */
function Whole({ value, onChange, ...props }: WholeProps): JSX.Element {
  return (
    <NumberInput
      {...props}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      value={value ?? ''}
      placeholder="default"
      allowDecimal={false}
      allowNegative={false}
      onChange={(given) => onChange(typeof given === 'number' ? given : null)}
    />
  );
}

function overlapProblem({
  maxTokens,
  overlapTokens,
}: {
  readonly maxTokens: number | null;
  readonly overlapTokens: number | null;
}): string | null {
  const isTooMuch = maxTokens !== null && overlapTokens !== null && overlapTokens >= maxTokens;
  return isTooMuch ? 'Must be less than the tokens of a chunk' : null;
}

function policyProblem(text: string): string | null {
  try {
    parsePolicy(text);
    return null;
  } catch (error) {
    const { message, hint } = toErrorData(error);
    return `${message}. ${hint ?? ''}`;
  }
}
