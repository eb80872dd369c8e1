/** What the latest report of an entity type found, item by item, and the way to put it right. */
import type { JSX } from 'react';
import { useLocation } from 'wouter';
import { useAddressName } from '../../address.ts';
import { useOperation } from '../../api/queries.ts';
import { EntityTypeSelect } from '../../components/entity-type-select.tsx';
import { ScreenLoading } from '../../components/loading.tsx';
import { ProblemView } from '../../components/problem.tsx';
import { ScreenHeader } from '../../components/screen-header.tsx';
import screen from '../../components/tall-screen.module.css';
import { addressOf } from '../../addresses.ts';
import { itemCount } from './class-counts.ts';
import { DriftItems } from './drift-items.tsx';
import { NothingSelected, NotValidated, NoDrift, UnknownType } from './drift-empty.tsx';
import { WithoutItems } from './without-items.tsx';
import { ValidateButton } from './validate-button.tsx';
import { VerdictSheet } from './verdict-sheet.tsx';

export function DriftScreen(): JSX.Element {
  const named = useAddressName();
  const [, navigate] = useLocation();
  const status = useOperation('status', {});
  if (status.error !== null && status.data === undefined)
    return <ProblemView error={status.error} onRetry={() => void status.refetch()} />;
  if (status.data === undefined) return <ScreenLoading />;

  const { entityTypes: types = [], reports = [] } = status.data;
  const counts = new Map(reports.map((report) => [report.entityType, itemCount(report)]));
  // The one with the most to look at, unless the address names one.
  const entityType = named ?? types.toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0))[0];
  const report = reports.find((candidate) => candidate.entityType === entityType);
  const isKnown = entityType !== undefined && types.includes(entityType);
  return (
    <div className={screen.screen}>
      <ScreenHeader
        title="Drift"
        description="Where the index and the source disagree"
        actions={
          <>
            <EntityTypeSelect
              types={types}
              counts={counts}
              value={isKnown ? entityType : null}
              onChange={(name) => name !== null && navigate(addressOf.drift(name))}
            />
            {isKnown && <ValidateButton entityType={entityType} variant="default" />}
          </>
        }
      />
      {entityType === undefined ? (
        <NothingSelected />
      ) : !isKnown ? (
        <UnknownType name={entityType} />
      ) : report === undefined ? (
        <WithoutItems entityType={entityType}>
          <NotValidated entityType={entityType} />
        </WithoutItems>
      ) : (
        <>
          <VerdictSheet report={report} />
          {itemCount(report) === 0 ? (
            <WithoutItems entityType={entityType}>
              <NoDrift report={report} />
            </WithoutItems>
          ) : (
            <DriftItems key={report.id} report={report} />
          )}
        </>
      )}
    </div>
  );
}
