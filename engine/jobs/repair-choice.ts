/**
 * Which items of a report a repair is about: all, or those that a person has chosen by key, class, or both. What was chosen is
 * stored with the job, each key with its own classes, so that a resumed job means the same items in a newer report, and leaves
 * alone what has become something else meanwhile: a chosen stale row that is gone by now is not deleted unseen.
 */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { ItemChoice, ReportReader, StoredDriftItem } from '../catalog/reports.ts';
import { driftClasses, type DriftClass, type Report } from '../contract.ts';
import { PlumblineError } from '../errors.ts';
import { decodeKey, encodeKey, formatKey, hasNull, mayBeLossyForm, parseKeyCandidates } from '../key.ts';
import { nameKeys } from './letter-keys.ts';

/** What a repair was asked for. */
export interface ChosenItems {
  /** External forms of keys. */
  readonly keys?: readonly string[] | undefined;
  readonly classes?: readonly DriftClass[] | undefined;
  /** For each of the keys the classes that its items were in when they were chosen; default: any of `classes`. */
  readonly keyClasses?: readonly (readonly DriftClass[])[] | undefined;
}

export const isChosen = ({ keys, classes }: ChosenItems): boolean =>
  keys !== undefined || classes !== undefined;

/** Items read at once. */
const PAGE_ITEMS = 1000;
/** Keys looked up before others get their turn: some milliseconds. */
const SLICE_KEYS = 200;

interface Named {
  readonly choice: ItemChoice;
  /** Classes of the items that keys name: of all of them, and for each of the distinct keys. */
  readonly classes: readonly DriftClass[];
  readonly keyClasses: readonly (readonly DriftClass[])[] | undefined;
  /** Keys that no item of these classes has. */
  readonly unknown: readonly string[];
}

/** The choice in a report. Keys that it does not name, in these classes, are well by now: they are left out, and named. */
export async function chooseItems(
  reports: ReportReader,
  reportId: number,
  keyColumns: number,
  { keys, classes, keyClasses }: ChosenItems,
): Promise<Named> {
  if (keys === undefined)
    return {
      choice: { classes: classes ?? null, numbers: null },
      classes: classes ?? driftClasses,
      keyClasses: undefined,
      unknown: [],
    };
  const found = new Map<string, StoredDriftItem[]>();
  for (const form of new Set(keys)) {
    if (found.size % SLICE_KEYS === SLICE_KEYS - 1) await letOthersRun();
    const candidates = parseKeyCandidates(form, keyColumns).map(encodeKey);
    found.set(
      form,
      [...candidates, ...labelsOf(form, keyColumns)].flatMap((key) => reports.itemsOf(reportId, key)),
    );
  }
  await addPrinted(reports, reportId, found);
  const meant = [...found].map(([form, items], i) => {
    const wanted = keyClasses?.[i] ?? classes;
    return { form, items: items.filter((item) => wanted?.includes(item.class) ?? true) };
  });
  const items = meant.flatMap((named) => named.items);
  return {
    choice: {
      classes: null,
      numbers: [...new Set(items.map((item) => item.number))].toSorted((a, b) => a - b),
    },
    classes: classesOf(items),
    keyClasses: meant.map((named) => classesOf(named.items)),
    unknown: meant.filter((named) => named.items.length === 0).map(({ form }) => form),
  };
}

const classesOf = (items: readonly StoredDriftItem[]): DriftClass[] =>
  driftClasses.filter((name) => items.some((item) => item.class === name));

/** A ghost's key is one number, however many columns the keys of entities have. */
const labelsOf = (form: string, keyColumns: number): Uint8Array[] =>
  keyColumns === 1 || !/^\d+$/.test(form)
    ? []
    : parseKeyCandidates(form, 1)
        .filter(([part]) => part?.type === 'integer')
        .map(encodeKey);

/** Keys with NULL, and text that is not UTF-8, cannot be read back from what is printed of them: they are looked for. */
async function addPrinted(
  reports: ReportReader,
  reportId: number,
  found: ReadonlyMap<string, StoredDriftItem[]>,
): Promise<void> {
  const odd = new Set([...found.keys()].filter(mayBeLossyForm));
  if (odd.size === 0) return;
  for await (const items of pages(reports, reportId)) {
    for (const item of items) {
      const form = formatKey(decodeKey(item.key));
      const known = odd.has(form) ? found.get(form) : undefined;
      if (known?.every(({ number }) => number !== item.number) === true) known.push(item);
    }
  }
}

async function* pages(reports: ReportReader, reportId: number, after = 0): AsyncGenerator<StoredDriftItem[]> {
  for (let done = after; ;) {
    const items = reports.page(reportId, done, PAGE_ITEMS);
    const last = items.at(-1);
    if (last === undefined) return;
    done = last.number;
    yield items;
    await letOthersRun();
  }
}

/** The chosen items behind a number, in order, in parts of at most `size`. */
export async function* chosenParts(
  reports: ReportReader,
  reportId: number,
  choice: ItemChoice,
  { after, size }: { readonly after: number; readonly size: number },
): AsyncGenerator<StoredDriftItem[]> {
  const { classes, numbers } = choice;
  if (numbers !== null) {
    const left = numbers.filter((number) => number > after);
    for (let at = 0; at < left.length; at += size)
      yield reports.numbered(reportId, left.slice(at, at + size));
    return;
  }
  let part: StoredDriftItem[] = [];
  for await (const items of pages(reports, reportId, after)) {
    for (const item of items) {
      if (classes?.includes(item.class) === false) continue;
      part.push(item);
      if (part.length < size) continue;
      yield part;
      part = [];
    }
  }
  if (part.length > 0) yield part;
}

/** How many items of each class are chosen. */
export async function countChosen(
  reports: ReportReader,
  reportId: number,
  report: Report,
  choice: ItemChoice,
): Promise<Record<DriftClass, number>> {
  const { classes, numbers } = choice;
  if (numbers === null) {
    const of = (name: DriftClass): number => (classes?.includes(name) === false ? 0 : (report[name] ?? 0));
    return Object.fromEntries(driftClasses.map((name) => [name, of(name)])) as Record<DriftClass, number>;
  }
  const counts = Object.fromEntries(driftClasses.map((name) => [name, 0])) as Record<DriftClass, number>;
  for await (const part of chosenParts(reports, reportId, choice, { after: 0, size: PAGE_ITEMS }))
    for (const item of part) counts[item.class] += 1;
  return counts;
}

/** Chosen rows that cannot be addressed: they are recorded together. */
export async function chosenNullKeys(
  reports: ReportReader,
  reportId: number,
  choice: ItemChoice,
): Promise<Uint8Array[]> {
  const keys: Uint8Array[] = [];
  for await (const part of chosenParts(reports, reportId, choice, { after: 0, size: PAGE_ITEMS }))
    keys.push(
      ...part.filter((item) => item.class === 'failed' && hasNull(decodeKey(item.key))).map(({ key }) => key),
    );
  return keys;
}

/** The error for keys that the latest report does not name. Nothing was written. */
export function notReported(
  entityType: string,
  unknown: readonly string[],
  classes: readonly DriftClass[] | undefined,
): PlumblineError {
  const where = classes === undefined ? '' : ` as ${classes.join(', ')}`;
  return new PlumblineError(
    'KEY_UNKNOWN',
    `the latest report of ${entityType} does not name ${nameKeys(unknown)}${where}; nothing was changed`,
    {
      hint: `\`plumbline drift ${entityType}\` lists what it names; \`plumbline validate ${entityType}\` makes a new one.`,
    },
  );
}

/** The error for single items where everything has to be embedded anew. */
export const modelChanged = (entityType: string): PlumblineError =>
  new PlumblineError(
    'MODEL_CHANGED',
    `${entityType} is to be embedded with another model than it is indexed with: single items cannot be repaired`,
    {
      hint: `\`plumbline fix-drift ${entityType}\` fills a new index beside the one that serves, and switches.`,
    },
  );
