/** Settings that a person has changed and not saved yet: what they are, and how they meet a file that has changed meanwhile. Pure. */
import type { ChosenType, Settings } from '../../../engine/setup-contract.ts';

export type SettingsChange = Partial<Settings>;
type Name = keyof Settings;

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

export const isEmpty = (change: SettingsChange): boolean => Object.keys(change).length === 0;

/** The change with one more setting in it; without those that are back at what they were. */
export function withSetting<N extends Name>(
  base: Settings,
  change: SettingsChange,
  name: N,
  value: Settings[N],
): SettingsChange {
  const { [name]: _former, ...rest } = change;
  return isSame(base[name], value) ? (rest as SettingsChange) : { ...rest, [name]: value };
}

/** What the file would say. */
export const applied = (base: Settings, change: SettingsChange): Settings => ({ ...base, ...change });

/**
 * A change that was made on `base`, to be made on `newer` instead. Entity types are taken one by one, so that those that the
 * person left alone are as the newer file has them.
 */
export function rebased(base: Settings, change: SettingsChange, newer: Settings): SettingsChange {
  let result: SettingsChange = {};
  for (const [name, value] of Object.entries(change) as [Name, never][])
    result = withSetting(
      newer,
      result,
      name,
      name === 'entityTypes' ? (rebasedTypes(base.entityTypes, value, newer.entityTypes) as never) : value,
    );
  return result;
}

function rebasedTypes(
  base: readonly ChosenType[],
  mine: readonly ChosenType[],
  newer: readonly ChosenType[],
): ChosenType[] {
  const before = byName(base);
  const after = byName(mine);
  const isMine = ({ name }: ChosenType): boolean => !isSame(before.get(name), after.get(name));
  const kept = newer.flatMap((type) => (isMine(type) ? (after.get(type.name) ?? []) : type));
  const names = new Set(kept.map(({ name }) => name));
  return [...kept, ...mine.filter((type) => isMine(type) && !names.has(type.name))];
}

const byName = (types: readonly ChosenType[]): Map<string, ChosenType> =>
  new Map(types.map((type) => [type.name, type]));

/** One clause for each thing that was changed. */
export function describeChange(base: Settings, change: SettingsChange): string[] {
  const lines: string[] = [];
  if (change.model !== undefined) lines.push(`Model: ${base.model} → ${change.model}`);
  if (change.workers !== undefined) lines.push(`Threads: ${shown(base.workers)} → ${shown(change.workers)}`);
  if (change.chunking !== undefined) {
    const { maxTokens, overlapTokens } = change.chunking;
    if (maxTokens !== base.chunking.maxTokens)
      lines.push(`Tokens a chunk: ${shown(base.chunking.maxTokens)} → ${shown(maxTokens)}`);
    if (overlapTokens !== base.chunking.overlapTokens)
      lines.push(`Tokens of overlap: ${shown(base.chunking.overlapTokens)} → ${shown(overlapTokens)}`);
  }
  if (change.maxDeletePercent !== undefined)
    lines.push(`Deletion cap: ${base.maxDeletePercent} % → ${change.maxDeletePercent} %`);
  if (change.failOn !== undefined)
    lines.push(`Policy: ${base.failOn ?? 'any drift'} → ${change.failOn ?? 'any drift'}`);
  if (change.entityTypes !== undefined) lines.push(...describeTypes(base.entityTypes, change.entityTypes));
  return lines;
}

const shown = (value: number | null): string => (value === null ? 'default' : String(value));

function describeTypes(before: readonly ChosenType[], after: readonly ChosenType[]): string[] {
  const former = byName(before);
  const kept = new Set(after.map(({ name }) => name));
  return [
    ...after.flatMap((type) => {
      const was = former.get(type.name);
      if (was === undefined) return [`${type.name}: added`];
      const parts = (['key', 'template', 'filter'] as const).filter((part) => !isSame(was[part], type[part]));
      return parts.length === 0 ? [] : [`${type.name}: ${parts.join(', ')} changed`];
    }),
    ...before.filter(({ name }) => !kept.has(name)).map(({ name }) => `${name}: taken out`),
  ];
}
