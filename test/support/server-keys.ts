/** What the keys of a table on any database server have to do: be read once each and be found again. */
import { expect } from 'vitest';
import { formatKey, parseKeyCandidates, textPart, type Key } from '../../engine/key.ts';
import type { EntityReader, SourceRow } from '../../engine/sources/source.ts';
import { readAll, sumsOf } from './source-rows.ts';

/** Texts that collations take for equal, or order in ways of their own. */
export const COLLATED_WORDS = [
  'a',
  'A',
  'á',
  'b',
  'B',
  'a b',
  'ab',
  'a-b',
  'Å',
  'z',
  '',
  ' ',
  '1',
  '10',
  '2',
  'ß',
  'ss',
  'ﬀ',
  '🦊',
];

/**
 * `external` are the forms of all keys of the table, in the order of their values 0, 1, 2 … `view` leaves out of a row what a
 * connector keeps in it for reading on.
 */
export async function expectKeysFound(
  reader: EntityReader,
  external: readonly string[],
  view: (row: SourceRow) => unknown = (row) => row,
): Promise<void> {
  const rows = await readAll(reader, 1);
  expect(rows.map((row) => formatKey(row.key)).toSorted()).toEqual(external.toSorted());
  const fetched = await reader.fetch(
    rows.map((row) => row.key),
    true,
  );
  expect(fetched.map((row) => row && view(row))).toEqual(rows.map((row) => view(row)));
  if (reader.sums !== undefined) expect(await reader.sums.read(3)).toEqual(sumsOf(rows, 3));
  for (const [i, form] of external.entries()) {
    const candidates = await reader.fetch(parseKeyCandidates(form, 1), true);
    expect(
      candidates.flatMap((row) => row?.values ?? []),
      form,
    ).toEqual([BigInt(i)]);
  }
}

/** `kept` are those of the words that the table took, whatever the size of a page. */
export async function expectWordsReadOnce(
  reader: EntityReader,
  words: readonly string[],
  kept: readonly string[],
): Promise<void> {
  for (const limit of [1, 3, 100]) {
    const forms = (await readAll(reader, limit)).map((row) => formatKey(row.key));
    expect(forms.toSorted()).toEqual(kept.toSorted());
  }
  const fetched = await reader.fetch(
    words.map((word): Key => [textPart(word)]),
    true,
  );
  expect(fetched.map((row) => row && formatKey(row.key))).toEqual(
    words.map((word) => (kept.includes(word) ? word : null)),
  );
}
