/** SQLite's own structures under the catalog: where they are damaged, nothing that is read through them proves anything. */
import type { WritableCatalog } from '../../catalog/catalog.ts';
import { catalogError, DAMAGED_HINT } from '../../catalog/database.ts';
import { PlumblineError } from '../../errors.ts';
import type { JobContext } from '../context.ts';

/** @throws PlumblineError `CATALOG_DAMAGED`, naming the first problem. */
export function checkStructure(catalog: WritableCatalog): void {
  const [problem, ...more] = problemsOf(catalog);
  if (problem === undefined) return;
  throw new PlumblineError(
    'CATALOG_DAMAGED',
    `${catalog.path} is damaged (${problem}${more.length > 0 ? ` and ${more.length} more` : ''})`,
    {
      hint: `\`plumbline fix-drift --deep\` makes damaged indexes anew. If it refuses, too: ${DAMAGED_HINT}`,
    },
  );
}

/**
 * For a repair: makes the catalog's indexes anew where anything is damaged. That mends them where the tables are whole, or
 * damaged in a way that the validation which follows can tell.
 * @throws PlumblineError `CATALOG_DAMAGED` where that was not enough; then nothing was changed.
 */
export function mendStructure({ catalog, notice }: JobContext): void {
  const [problem] = problemsOf(catalog);
  if (problem === undefined) return;
  try {
    catalog.transaction(() => catalog.audit.mendIndexes());
  } catch (error) {
    // A full disk is another matter; else what was found first says more than what making it anew ran into.
    if (error instanceof PlumblineError && error.retryable) throw error;
    throw new PlumblineError('CATALOG_DAMAGED', `${catalog.path} is damaged (${problem})`, {
      hint: DAMAGED_HINT,
      cause: error,
    });
  }
  notice(
    `CATALOG_MENDED: an index of the catalog was damaged (${problem}); it was made anew from the tables`,
  );
}

/** The check itself gives up on some damage. */
function problemsOf(catalog: WritableCatalog): string[] {
  try {
    return catalog.audit.structureProblems();
  } catch (error) {
    const known = catalogError(error, catalog.path);
    if (known instanceof PlumblineError && known.code === 'CATALOG_DAMAGED')
      return [(error as Error).message];
    throw known;
  }
}
