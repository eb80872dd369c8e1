/** From what is printed of a key with text that is not UTF-8 to the key: such a form cannot be read back, only looked for. */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { ReadableCatalog } from '../catalog/catalog.ts';
import { decodeKey, formatKey, type EncodedKey } from '../key.ts';

/** Keys compared before others get their turn: some milliseconds. */
const PAGE_KEYS = 1000;

export interface KeyPlaces {
  /** Null before anything was indexed. */
  readonly generationId: number | null;
  /** Null where there is no report. */
  readonly reportId: number | null;
}

/** The first key that is printed this way among those of a report and a generation; null where there is none. */
export async function findPrintedKey(
  catalog: ReadableCatalog,
  places: KeyPlaces,
  form: string,
): Promise<EncodedKey | null> {
  for (const keys of keyPages(catalog, places)) {
    const found = keys.find((key) => formatKey(decodeKey(key)) === form);
    if (found !== undefined) return found;
    await letOthersRun();
  }
  return null;
}

function* keyPages(
  { entities, reports }: ReadableCatalog,
  { generationId, reportId }: KeyPlaces,
): Generator<Buffer[]> {
  if (reportId !== null) {
    for (let after: number | undefined = 0; after !== undefined;) {
      const items = reports.page(reportId, after, PAGE_KEYS);
      // The key of a ghost is a label.
      yield items.filter((item) => item.class !== 'ghost').map((item) => item.key);
      after = items.at(-1)?.number;
    }
  }
  if (generationId !== null) {
    for (let after: Buffer | null | undefined = null; after !== undefined;) {
      const page = entities.page(generationId, after, PAGE_KEYS);
      yield page.map((indexed) => indexed.key);
      after = page.at(-1)?.key;
    }
  }
}
