/** Unsaved settings. They outlive the screen: a glance at another one loses nothing. */
import { create } from 'zustand';
import type { Settings, SetupOutput } from '../../../engine/setup-contract.ts';
import { isEmpty, rebased, withSetting, type SettingsChange } from './change.ts';

export type SettingsRead = SetupOutput<'settings'>;

interface SettingsDraft {
  /** What the change was made on; null where there is none. */
  readonly base: SettingsRead | null;
  readonly change: SettingsChange;
}

const NOTHING: SettingsDraft = { base: null, change: {} };

export const useSettingsDraft = create<SettingsDraft>(() => NOTHING);

/** @param read what the screen shows; it stays the base of later changes until they are saved. */
export function set<N extends keyof Settings>(read: SettingsRead, name: N, value: Settings[N]): void {
  useSettingsDraft.setState(({ base, change }) => {
    const on = base ?? read;
    const next = withSetting(on.settings, change, name, value);
    return isEmpty(next) ? NOTHING : { base: on, change: next };
  });
}

/** Takes the change over to a newer file. */
export function rebase(newer: SettingsRead): void {
  useSettingsDraft.setState(({ base, change }) => {
    if (base === null) return NOTHING;
    const next = rebased(base.settings, change, newer.settings);
    return isEmpty(next) ? NOTHING : { base: newer, change: next };
  });
}

export function discard(): void {
  useSettingsDraft.setState(NOTHING);
}
