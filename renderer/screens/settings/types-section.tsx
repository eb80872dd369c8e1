import { useState, type JSX } from 'react';
import type { ChosenType } from '../../../engine/setup-contract.ts';
import { useSetup } from '../../api/queries.ts';
import { RowsLoading } from '../../components/loading.tsx';
import { ProblemView } from '../../components/problem.tsx';
import { problemOf, toChosen, type TypeChoice } from '../../components/type-editor/choice.ts';
import { TypeDrawer } from '../../components/type-editor/type-drawer.tsx';
import { TypesTable } from '../../components/type-editor/types-table.tsx';
import { mergeTypes, savedChoice, withChoice } from './merge-types.ts';
import { SectionHeader } from './section-header.tsx';
import { SettingsLoading } from './settings-loading.tsx';
import { useSettings } from './use-settings.ts';

/** Which tables and views are indexed, and how: what is configured, and what else the source has. */
export function TypesSection(): JSX.Element {
  const { query, hand } = useSettings();
  const probe = useSetup('probeSource', {});
  const [edited, setEdited] = useState<string | null>(null);
  if (hand === null) return <SettingsLoading query={query} />;
  const { saved, settings, set } = hand;
  const types = mergeTypes(settings.entityTypes, probe.data?.entityTypes ?? []);
  const open = types.find(({ type }) => type.name === edited);

  const choose = (name: string, choice: TypeChoice): void =>
    set(
      'entityTypes',
      withChoice(saved.entityTypes, settings.entityTypes, toChosen(name, choice), choice.selected),
    );
  const select = (name: string, selected: boolean): void => {
    const found = types.find(({ type }) => type.name === name);
    if (found === undefined) return;
    choose(name, { ...found.choice, selected });
    if (selected && problemOf(found.choice) !== null) setEdited(name);
  };
  const selectAll = (selected: boolean): void => {
    let chosen: readonly ChosenType[] = settings.entityTypes;
    for (const { type, choice } of types)
      if (!selected || problemOf(choice) === null)
        chosen = withChoice(saved.entityTypes, chosen, toChosen(type.name, choice), selected);
    set('entityTypes', [...chosen]);
  };

  return (
    <>
      <SectionHeader
        title="Entity types"
        description="Each selected table or view is indexed. A change counts once it is saved and indexed."
      />
      {probe.error !== null && (
        <ProblemView
          error={probe.error}
          title="The source cannot be read: only what is configured is shown"
          onRetry={() => void probe.refetch()}
        />
      )}
      {probe.isLoading ? (
        <RowsLoading rows={6} />
      ) : (
        <TypesTable types={types} onSelect={select} onSelectAll={selectAll} onEdit={setEdited} />
      )}
      <TypeDrawer
        type={open?.type ?? null}
        choice={open?.choice ?? null}
        model={settings.model}
        onChange={(choice) => edited !== null && choose(edited, choice)}
        resetLabel="Back to what is saved"
        onReset={() =>
          open !== undefined && choose(open.type.name, savedChoice(saved.entityTypes, open.type))
        }
        onClose={() => setEdited(null)}
      />
    </>
  );
}
