/** What a person has chosen so far for a new workspace. Kept for this tab, so that neither going back nor a reload loses it. */
import { create } from 'zustand';
import { createJSONStorage, persist } from 'zustand/middleware';
import type { TypeChoice } from '../../components/type-editor/choice.ts';

export interface Draft {
  /** As it is typed. */
  readonly source: string;
  /** The source that was last asked to be tested; '' before the first. */
  readonly tested: string;
  /** What the person changed of what was suggested: by source, then by entity type. */
  readonly choices: Readonly<Record<string, Readonly<Record<string, TypeChoice>>>>;
  /** As `plumbline.yaml` names it. */
  readonly model: string;
  /** '' for what is suggested. */
  readonly name: string;
  readonly folder: string;
  readonly indexAtOnce: boolean;
}

const EMPTY: Draft = {
  source: '',
  tested: '',
  choices: {},
  model: 'builtin',
  name: '',
  folder: '',
  indexAtOnce: true,
};

export const useDraft = create<Draft>()(
  persist(() => EMPTY, {
    name: 'plumbline-new-workspace',
    version: 1,
    storage: createJSONStorage(() => sessionStorage),
  }),
);

export function change(part: Partial<Draft>): void {
  useDraft.setState(part);
}

/** Takes what was typed as the source, and tests it. */
export function test(source: string): void {
  change({ source, tested: source.trim() });
}

export function chooseType(source: string, name: string, choice: TypeChoice): void {
  useDraft.setState(({ choices }) => ({
    choices: { ...choices, [source]: { ...choices[source], [name]: choice } },
  }));
}

/** The workspace is made. */
export function discardDraft(): void {
  useDraft.setState(EMPTY, true);
}
