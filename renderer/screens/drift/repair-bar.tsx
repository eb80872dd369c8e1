import { Button, Group, Text } from '@mantine/core';
import { IconTool } from '@tabler/icons-react';
import { useState, type JSX } from 'react';
import { useLocation } from 'wouter';
import type { DriftClass, Report } from '../../../engine/contract.ts';
import { notifyProblem } from '../../components/notify.ts';
import { openPlan } from '../../components/plan-dialog.tsx';
import { driftClassFacts } from '../../drift-classes.ts';
import { formatCount, formatPlural } from '../../format.ts';
import { addressOf } from '../../addresses.ts';
import { ask } from '../../api/ask.ts';
import classes from './repair-bar.module.css';
import { countSelected, nothing, repairInput, select, type Selection } from './selection.ts';

/** Keys that are chosen one by one; a whole class has no such bound. */
const MAX_KEYS = 10_000;

interface RepairBarProps {
  readonly report: Report;
  readonly counts: ReadonlyMap<DriftClass, number>;
  readonly driftClass: DriftClass | null;
  /** '' where there is no filter. */
  readonly text: string;
  /** Items under the filters. */
  readonly found: number;
  readonly selection: Selection;
  readonly onSelect: (selection: Selection) => void;
}

/** What is selected, what else could be, and the repair of it: its plan comes first. */
export function RepairBar(props: RepairBarProps): JSX.Element {
  const { report, counts, driftClass, text, found, selection, onSelect } = props;
  const [, navigate] = useLocation();
  const [isReading, setReading] = useState(false);
  const count = countSelected(selection, counts);

  const selectFound = async (): Promise<void> => {
    setReading(true);
    try {
      const { items } = await ask(({ client }) =>
        client.call('drift', {
          entityType: report.entityType,
          query: text,
          limit: MAX_KEYS,
          ...(driftClass === null ? {} : { class: driftClass }),
        }),
      );
      onSelect(select(nothing, items, true));
    } catch (error) {
      notifyProblem('The items could not be selected', error);
    } finally {
      setReading(false);
    }
  };

  return (
    <Group className={classes.bar ?? ''} gap="xs">
      <Text size="sm" className={`numeric ${classes.count ?? ''}`} role="status">
        {count === 0 ? 'Nothing selected' : `${formatCount(count)} selected`}
      </Text>
      {count > 0 && (
        <Button size="compact-sm" variant="subtle" onClick={() => onSelect(nothing)}>
          Clear
        </Button>
      )}
      {text === '' && driftClass !== null && selection.kind !== 'class' && (
        <Button size="compact-sm" variant="subtle" onClick={() => onSelect({ kind: 'class', driftClass })}>
          Select all {formatCount(found)} {driftClassFacts[driftClass].label.toLowerCase()}
        </Button>
      )}
      {text !== '' && found > 0 && found <= MAX_KEYS && (
        <Button size="compact-sm" variant="subtle" loading={isReading} onClick={() => void selectFound()}>
          Select all {formatCount(found)} found
        </Button>
      )}
      <Button
        ml="auto"
        size="compact-sm"
        leftSection={<IconTool size={15} aria-hidden />}
        onClick={() =>
          openPlan(
            { operation: 'fixDrift', input: repairInput(selection, report.entityType) },
            {
              onStarted: ([job]) => {
                onSelect(nothing);
                if (job !== undefined) navigate(addressOf.job(job.id));
              },
            },
          )
        }
      >
        {count === 0 ? 'Repair all …' : `Repair ${formatPlural(count, 'item', 'items')} …`}
      </Button>
    </Group>
  );
}
