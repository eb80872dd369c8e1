/** What of the guide cannot be read from the workspace. Kept in this browser, by workspace. */
import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type { GuideMemory } from './guide-step.ts';

interface Remembered extends GuideMemory {
  readonly isDismissed: boolean;
}

const NOTHING: Remembered = { changedAt: null, hasLooked: false, isDismissed: false };

const useStore = create<{ readonly byFolder: Readonly<Record<string, Remembered>> }>()(
  persist(() => ({ byFolder: {} }), { name: 'plumbline-sample-guide', version: 1 }),
);

export const useGuideMemory = (folder: string): Remembered =>
  useStore(({ byFolder }) => byFolder[folder] ?? NOTHING);

export function remember(folder: string, part: Partial<Remembered>): void {
  useStore.setState(({ byFolder }) => ({
    byFolder: { ...byFolder, [folder]: { ...NOTHING, ...byFolder[folder], ...part } },
  }));
}
