import { Loader, Text, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconSearch, IconZoomExclamation } from '@tabler/icons-react';
import { useCallback, useMemo, useState, type JSX } from 'react';
import type { DriftItem, Report } from '../../../engine/contract.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { FilterChips } from '../../components/filter-chips.tsx';
import { ListAndDetail } from '../../components/list-and-detail.tsx';
import { ProblemView } from '../../components/problem.tsx';
import { useTyped } from '../../components/use-typed.ts';
import type { Selecting } from '../../components/virtual-grid/grid-types.ts';
import { VirtualGrid } from '../../components/virtual-grid/virtual-grid.tsx';
import { driftClassFacts } from '../../drift-classes.ts';
import { formatCount, formatPlural } from '../../format.ts';
import { classCounts } from './class-counts.ts';
import { isOpenItem, useDriftAddress } from './drift-address.ts';
import { classColumn, keyColumn, reasonColumn, textColumn } from './drift-columns.tsx';
import { EntityDetail } from './entity-detail.tsx';
import { ExportMenu } from './export-menu.tsx';
import classes from './drift-items.module.css';
import { RepairBar } from './repair-bar.tsx';
import { canSelect, isSelected, nothing, select } from './selection.ts';
import { useDriftList } from './use-drift-list.ts';

/** As much as the operation takes. */
const MAX_QUERY = 200;

export function DriftItems({ report }: { readonly report: Report }): JSX.Element {
  const address = useDriftAddress();
  const { driftClass, text, open, openItem } = address;
  const list = useDriftList(report, driftClass, text);
  const counts = useMemo(() => classCounts(report), [report]);
  const [selection, setSelection] = useState(nothing);
  const [typed, type] = useTyped(text, address.find);
  const isNarrow = useMediaQuery('(max-width: 36em)', false, { getInitialValueInEffect: false });
  const isWide = useMediaQuery('(min-width: 90em)', false, { getInitialValueInEffect: false });

  const columns = useMemo(() => {
    if (isNarrow) return [classColumn, keyColumn];
    // Beside its detail the list has no room for reasons.
    return [classColumn, keyColumn, textColumn, ...(open === null || isWide ? [reasonColumn] : [])];
  }, [isNarrow, isWide, open]);
  const selecting: Selecting<DriftItem> = {
    canSelect,
    isSelected: (item) => isSelected(selection, item),
    nameOf: (item) => `Select ${item.key}`,
    set: (items, chosen) => setSelection((before) => select(before, items, chosen)),
  };
  const isOpen = useCallback((item: DriftItem) => isOpenItem(open, item), [open]);
  const follow = useCallback((item: DriftItem) => openItem(item, { follow: true }), [openItem]);

  const expected = driftClass === null ? sum(counts) : (counts.get(driftClass) ?? 0);
  const found = list.total ?? (text === '' ? expected : 0);
  return (
    <>
      <div className={classes.tools ?? ''}>
        <FilterChips
          label="Drift class"
          value={driftClass}
          onChange={address.chooseClass}
          chips={[...counts].map(([name, count]) => ({
            value: name,
            count,
            ...driftClassFacts[name],
          }))}
        />
        <TextInput
          aria-label="Find in keys and texts"
          placeholder="Find in keys and texts"
          value={typed}
          maxLength={MAX_QUERY}
          leftSection={<IconSearch size={15} aria-hidden />}
          rightSection={list.isComplete ? null : <Loader size={14} aria-hidden />}
          onChange={(event) => type(event.currentTarget.value)}
          className={classes.find ?? ''}
        />
        <ExportMenu
          entityType={report.entityType}
          reportId={report.id}
          driftClass={driftClass}
          text={text}
          count={found}
        />
      </div>
      <ListAndDetail
        title={open === null ? null : <span className="mono">{open.key}</span>}
        detail={open !== null && <EntityDetail key={open.key} open={open} entityType={report.entityType} />}
        onClose={() => openItem(null)}
      >
        <RepairBar
          report={report}
          counts={counts}
          driftClass={driftClass}
          text={text}
          found={found}
          selection={selection}
          onSelect={setSelection}
        />
        {list.error !== null && list.total === null ? (
          <ProblemView title="The items cannot be read" error={list.error} onRetry={() => list.retry()} />
        ) : found === 0 && list.total !== null && list.isComplete ? (
          <EmptyState icon={IconZoomExclamation} title="Nothing found">
            None of {formatPlural(expected, 'item', 'items')} has “{text}” in its key or texts.
          </EmptyState>
        ) : (
          <VirtualGrid
            key={`${driftClass ?? ''}:${text}`}
            label={`Drift of ${report.entityType}`}
            list={list}
            expectedTotal={found}
            columns={columns}
            selecting={selecting}
            isOpen={isOpen}
            hasOpen={open !== null}
            onOpen={openItem}
            onFollow={follow}
            onClose={() => openItem(null)}
          />
        )}
        {list.error !== null && list.total !== null && (
          <ProblemView title="Some items cannot be read" error={list.error} onRetry={() => list.retry()} />
        )}
        <Text size="xs" c="dimmed" role="status" className={`numeric ${classes.foot ?? ''}`}>
          {text === ''
            ? formatPlural(found, 'item', 'items')
            : `${formatCount(found)}${list.isComplete ? '' : ' or more'} of ${formatPlural(expected, 'item', 'items')}`}
        </Text>
      </ListAndDetail>
    </>
  );
}

const sum = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((total, count) => total + count, 0);
