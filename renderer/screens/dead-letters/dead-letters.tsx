import { SegmentedControl, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useCallback, useMemo, useState, type JSX } from 'react';
import { letterStages, type DeadLetter } from '../../../engine/contract.ts';
import { FilterChips } from '../../components/filter-chips.tsx';
import { ListAndDetail } from '../../components/list-and-detail.tsx';
import { ProblemView } from '../../components/problem.tsx';
import type { Selecting } from '../../components/virtual-grid/grid-types.ts';
import { VirtualGrid } from '../../components/virtual-grid/virtual-grid.tsx';
import { formatPlural } from '../../format.ts';
import classes from './dead-letters.module.css';
import { LetterActions } from './letter-actions.tsx';
import { useLetterAddress } from './letter-address.ts';
import { codeFacts, stageLabels } from './letter-codes.ts';
import {
  codeColumn,
  keyColumn,
  lastColumn,
  messageColumn,
  stageColumn,
  typeColumn,
} from './letter-columns.tsx';
import { LetterDetail } from './letter-detail.tsx';
import { countBy, inFilter, type LetterFilter, type LetterGroup } from './letter-groups.ts';
import { choose, letterId, type LetterSelection } from './letter-selection.ts';
import { useLetters } from './use-letters.ts';

interface DeadLettersProps {
  /** Null for all. */
  readonly entityType: string | null;
  readonly groups: readonly LetterGroup[];
  /** Grows when the letters may have changed. */
  readonly version: number;
}

const ANY_STAGE = 'any';

export function DeadLetters({ entityType, groups, version }: DeadLettersProps): JSX.Element {
  const address = useLetterAddress();
  const { stage, code, open, openLetter } = address;
  const filter: LetterFilter = { entityType, stage, code };
  const list = useLetters(filter, version);
  const [selection, setSelection] = useState<LetterSelection>(new Map());
  const isNarrow = useMediaQuery('(max-width: 36em)', false, { getInitialValueInEffect: false });
  const hasOpen = open !== null;

  const columns = useMemo(() => {
    if (isNarrow) return [keyColumn, codeColumn];
    const which = [...(entityType === null ? [typeColumn] : []), keyColumn];
    return hasOpen ? [...which, codeColumn] : [...which, stageColumn, codeColumn, messageColumn, lastColumn];
  }, [isNarrow, entityType, hasOpen]);
  const selecting: Selecting<DeadLetter> = {
    canSelect: () => true,
    isSelected: (letter) => selection.has(letterId(letter)),
    nameOf: ({ key }) => `Select ${key}`,
    set: (letters, isChosen) => setSelection((before) => choose(before, letters, isChosen)),
  };
  const openId = open === null ? null : letterId(open);
  const isOpen = useCallback((letter: DeadLetter) => letterId(letter) === openId, [openId]);
  const follow = useCallback((letter: DeadLetter) => openLetter(letter, { follow: true }), [openLetter]);

  const ofType = inFilter(groups, { entityType });
  const stages = countBy(ofType, 'stage');
  const expected = inFilter(groups, filter).reduce((sum, { count }) => sum + count, 0);
  return (
    <>
      <div className={classes.tools ?? ''}>
        <FilterChips
          label="Code"
          value={code}
          onChange={(value) => address.filter({ code: value })}
          chips={[...countBy(inFilter(ofType, { stage }), 'code')].map(([name, count]) => ({
            value: name,
            label: name,
            count,
            meaning: codeFacts({
              code: name,
              stage: ofType.find((group) => group.code === name)?.stage ?? 'read',
            }).meaning,
          }))}
        />
        {stages.size > 1 && (
          <SegmentedControl
            size="xs"
            aria-label="Stage"
            value={stage ?? ANY_STAGE}
            onChange={(value) => address.filter({ stage: value === ANY_STAGE ? null : value, code: null })}
            data={[
              { value: ANY_STAGE, label: 'Any stage' },
              ...letterStages
                .filter((name) => stages.has(name))
                .map((name) => ({ value: name, label: stageLabels[name] })),
            ]}
          />
        )}
      </div>
      <ListAndDetail
        title={open === null ? null : <span className="mono">{open.key}</span>}
        detail={
          open !== null && <LetterDetail key={openId} open={open} onDone={() => setSelection(new Map())} />
        }
        onClose={() => openLetter(null)}
      >
        <LetterActions
          groups={groups}
          filter={filter}
          selection={selection}
          onClear={() => setSelection(new Map())}
        />
        {list.error !== null ? (
          <ProblemView
            title="The dead letters cannot be read"
            error={list.error}
            onRetry={() => list.retry()}
          />
        ) : (
          <VirtualGrid
            key={`${stage ?? ''}:${code ?? ''}`}
            label="Dead letters"
            list={list}
            expectedTotal={expected}
            columns={columns}
            selecting={selecting}
            isOpen={isOpen}
            hasOpen={hasOpen}
            onOpen={openLetter}
            onFollow={follow}
            onClose={() => openLetter(null)}
          />
        )}
        <Text size="xs" c="dimmed" role="status" className={`numeric ${classes.foot ?? ''}`}>
          {formatPlural(list.total ?? expected, 'dead letter', 'dead letters')}
        </Text>
      </ListAndDetail>
    </>
  );
}
