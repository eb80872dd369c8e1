import { Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, type JSX } from 'react';
import { hasCode } from '../../../engine/errors.ts';
import { keepSetup, useOperation, useSetupChange } from '../../api/queries.ts';
import { notifyDone } from '../../components/notify.ts';
import { ProblemView } from '../../components/problem.tsx';
import { formatPlural } from '../../format.ts';
import { applied, describeChange, isEmpty } from './change.ts';
import { ConflictView } from './conflict-view.tsx';
import { consequencesOf } from './consequences.ts';
import { discard, useSettingsDraft } from './settings-draft.ts';
import classes from './settings.module.css';
import { useLeaveGuard } from './use-leave-guard.tsx';

/** What was changed and is not saved, what it does to the index, and the way to save it or not. */
export function UnsavedChanges(): JSX.Element | null {
  const { base, change } = useSettingsDraft();
  const queries = useQueryClient();
  const { data: status } = useOperation('status', {});
  const saving = useSetupChange('changeSettings');
  const { reset } = saving;
  const isDirty = base !== null && !isEmpty(change);

  const save = async (): Promise<boolean> => {
    const { base: on, change: latest } = useSettingsDraft.getState();
    if (on === null) return true;
    try {
      const saved = await saving.mutateAsync({ ...latest, basedOn: on.text });
      keepSetup(queries, 'settings', saved);
      discard();
      // Entity types and policies stand in what other screens have read.
      void queries.invalidateQueries();
      notifyDone('Saved', 'Jobs that start from now on go by it.');
      return true;
    } catch {
      // It is shown below.
      return false;
    }
  };
  useLeaveGuard(isDirty, save);
  useEffect(() => reset(), [change, reset]);

  if (!isDirty) return null;
  const lines = describeChange(base.settings, change);
  const indexed = new Map((status?.reports ?? []).map((report) => [report.entityType, report.indexed]));
  const consequences = consequencesOf(base.settings, applied(base.settings, change), indexed);
  return (
    <section className={classes.unsaved} aria-label="Unsaved changes">
      <Stack gap="sm">
        {hasCode(saving.error, 'CONFIG_CHANGED') ? (
          <ConflictView base={base} change={change} />
        ) : (
          saving.error !== null && <ProblemView error={saving.error} title="Nothing was saved" />
        )}
        {consequences.length > 0 && (
          <div className={classes.consequences}>
            <IconAlertTriangle size={18} aria-hidden />
            <Stack gap={4}>
              {consequences.map((sentence) => (
                <Text key={sentence} size="sm">
                  {sentence}
                </Text>
              ))}
            </Stack>
          </div>
        )}
        <Group justify="space-between" gap="sm">
          <div>
            <Text fw={600} size="sm">
              {formatPlural(lines.length, 'unsaved change', 'unsaved changes')}
            </Text>
            <ul className={classes.lines}>
              {lines.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </div>
          <Group gap="xs">
            <Button variant="default" onClick={discard}>
              Discard
            </Button>
            <Button loading={saving.isPending} onClick={() => void save()}>
              Save
            </Button>
          </Group>
        </Group>
      </Stack>
    </section>
  );
}
