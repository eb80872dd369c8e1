/** From the keys that people type to the dead letters they mean. Asks the catalog only: a letter's row may be gone. */
import type { DeadLetterReader, LetterEntry } from '../catalog/dead-letters.ts';
import { PlumblineError } from '../errors.ts';
import { decodeKey, encodeKey, formatKey, mayBeLossyForm, parseKeyCandidates } from '../key.ts';

/** Letters read at once. */
const PART_LETTERS = 1000;

/** Keys named in an error. */
const MAX_NAMED = 5;

export interface NamedLetters {
  /** Each once, in the order of their names. */
  readonly letters: readonly LetterEntry[];
  /** External forms that mean no letter of the type. */
  readonly unknown: readonly string[];
}

/**
 * The letters that external forms of keys mean: those of the typed keys that print this way, several where a form is
 * ambiguous or its key holds NULL.
 * @param entityTypeId Null for a type that the catalog has never met.
 * @param isMeant Letters that are to be left out as if they were not there.
 */
export function findLetters(
  deadLetters: DeadLetterReader,
  entityTypeId: number | null,
  forms: readonly string[],
  isMeant: (letter: LetterEntry) => boolean = () => true,
): NamedLetters {
  const distinct = [...new Set(forms)];
  if (entityTypeId === null) return { letters: [], unknown: distinct };
  const columns = columnsOf(deadLetters, entityTypeId);
  const byForm = new Map<string, LetterEntry[]>();
  for (const form of distinct) {
    const keys = parseKeyCandidates(form, columns).map(encodeKey);
    byForm.set(
      form,
      keys.flatMap((key) => deadLetters.ofKey(entityTypeId, key)),
    );
  }
  addPrinted(deadLetters, entityTypeId, byForm);
  const letters = new Map<number, LetterEntry>();
  const unknown: string[] = [];
  for (const [form, found] of byForm) {
    const meant = found.filter(isMeant);
    if (meant.length === 0) unknown.push(form);
    for (const letter of meant) letters.set(letter.id, letter);
  }
  return { letters: [...letters.values()], unknown };
}

/** As many as the first letter's key has: the configuration may know the type no more. */
function columnsOf(deadLetters: DeadLetterReader, entityTypeId: number): number {
  const [letter] = deadLetters.page(entityTypeId, 0, 1);
  return letter === undefined ? 1 : decodeKey(letter.key).length;
}

/**
 * Keys with NULL, and text that is not UTF-8, cannot be read back from what is printed of them: such forms, which are
 * rare, are compared with what each letter prints.
 */
function addPrinted(
  deadLetters: DeadLetterReader,
  entityTypeId: number,
  byForm: ReadonlyMap<string, LetterEntry[]>,
): void {
  const odd = new Set(
    [...byForm].filter(([form, found]) => found.length === 0 || mayBeLossyForm(form)).map(([form]) => form),
  );
  if (odd.size === 0) return;
  for (let after = 0; ;) {
    const letters = deadLetters.page(entityTypeId, after, PART_LETTERS);
    const last = letters.at(-1);
    if (last === undefined) return;
    after = last.id;
    for (const letter of letters) {
      const form = formatKey(decodeKey(letter.key));
      if (odd.has(form)) byForm.get(form)?.push(letter);
    }
  }
}

/** The error for keys that are no dead letters. Nothing was written. */
export function noSuchLetter(entityType: string, unknown: readonly string[]): PlumblineError {
  return new PlumblineError(
    'KEY_UNKNOWN',
    `${entityType} has no dead letter with key ${nameKeys(unknown)}; nothing was changed`,
    { hint: `\`plumbline dead-letters ${entityType}\` lists them, with keys as they are to be given.` },
  );
}

/** `1, 2, 3 and 4 more`. */
export function nameKeys(keys: readonly string[]): string {
  const more = keys.length - MAX_NAMED;
  return `${keys.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
