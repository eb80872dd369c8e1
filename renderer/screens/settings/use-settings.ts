import { useCallback } from 'react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { Settings } from '../../../engine/setup-contract.ts';
import { useSetup } from '../../api/queries.ts';
import { applied } from './change.ts';
import { set, useSettingsDraft, type SettingsRead } from './settings-draft.ts';

export interface SettingsInHand {
  /** As the file has them. */
  readonly saved: Settings;
  /** As the person wants them. */
  readonly settings: Settings;
  readonly set: <N extends keyof Settings>(name: N, value: Settings[N]) => void;
}

/** The settings under the person's hands; null until they were read. */
export function useSettings(): {
  readonly query: UseQueryResult<SettingsRead>;
  readonly hand: SettingsInHand | null;
} {
  const query = useSetup('settings', {});
  const { base, change } = useSettingsDraft();
  const read = base ?? query.data;
  const setOne = useCallback(
    <N extends keyof Settings>(name: N, value: Settings[N]) => {
      if (read !== undefined) set(read, name, value);
    },
    [read],
  );
  if (read === undefined) return { query, hand: null };
  return { query, hand: { saved: read.settings, settings: applied(read.settings, change), set: setOne } };
}
