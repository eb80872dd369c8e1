import { Button } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useState, type JSX } from 'react';
import { useLocation } from 'wouter';
import { problemOf, rowsOf, suggestedChoice, type TypeChoice } from '../../components/type-editor/choice.ts';
import { TypeDrawer } from '../../components/type-editor/type-drawer.tsx';
import { TypesTable } from '../../components/type-editor/types-table.tsx';
import { formatPlural } from '../../format.ts';
import { chooseType } from './draft.ts';
import { StepActions } from './step-actions.tsx';
import { addressOfStep } from './steps.ts';
import type { NewWorkspace } from './use-new-workspace.ts';

/** Which tables and views are indexed, and how their rows become text. */
export function TypesStep({ setup }: { readonly setup: NewWorkspace }): JSX.Element {
  const [, navigate] = useLocation();
  const [edited, setEdited] = useState<string | null>(null);
  const { draft, types, isChosen } = setup;
  const { tested: source } = draft;
  const open = types.find(({ type }) => type.name === edited);

  const select = (name: string, selected: boolean): void => {
    const found = types.find(({ type }) => type.name === name);
    if (found === undefined) return;
    chooseType(source, name, { ...found.choice, selected });
    // What is missing can be given nowhere else.
    if (selected && problemOf(found.choice) !== null) setEdited(name);
  };
  const selectAll = (selected: boolean): void => {
    for (const { type, choice } of types)
      if (!selected || problemOf(choice) === null) chooseType(source, type.name, { ...choice, selected });
  };
  const selected = types.filter(({ choice }) => choice.selected);
  const incomplete = selected.filter(({ choice }) => problemOf(choice) !== null);

  return (
    <>
      <TypesTable types={types} onSelect={select} onSelectAll={selectAll} onEdit={setEdited} />
      <TypeDrawer
        type={open?.type ?? null}
        choice={open?.choice ?? null}
        source={source}
        model={draft.model}
        onChange={(choice: TypeChoice) => edited !== null && chooseType(source, edited, choice)}
        onReset={() => {
          if (open === undefined) return;
          chooseType(source, open.type.name, {
            ...suggestedChoice(open.type),
            selected: open.choice.selected,
          });
        }}
        onClose={() => setEdited(null)}
      />
      <StepActions
        back={addressOfStep('source')}
        note={
          selected.length === 0
            ? 'Select at least one.'
            : incomplete.length > 0
              ? `Not yet complete: ${incomplete.map(({ type }) => type.name).join(', ')}.`
              : `${formatPlural(selected.length, 'type', 'types')} selected, ${formatPlural(rowsOf(selected.map(({ type }) => type)), 'row', 'rows')}`
        }
      >
        <Button
          disabled={!isChosen}
          onClick={() => navigate(addressOfStep('model'))}
          rightSection={<IconArrowRight size={16} aria-hidden />}
        >
          Model
        </Button>
      </StepActions>
    </>
  );
}
