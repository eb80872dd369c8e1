/** The dry run of a repair of chosen items: what would be done about exactly these, with nothing written. */
import type { ReadableCatalog } from '../catalog/catalog.ts';
import type { ItemChoice, StoredDriftItem } from '../catalog/reports.ts';
import type { DriftClass, Plan, Report } from '../contract.ts';
import type { Embedder } from '../embed/embedder.ts';
import { decodeKey, hasNull } from '../key.ts';
import type { SourceThread, Target } from './context.ts';
import { estimate, tally, TextTally } from './plan.ts';
import { chosenParts, countChosen } from './repair-choice.ts';
import { deletePercent } from './repair-job.ts';
import { sourceTexts } from './source-texts.ts';

/** Items whose documents are read at once. */
const PART_ITEMS = 256;
/** What a repair embeds; lost vectors are added from the catalog. */
const EMBEDDED: readonly DriftClass[] = ['failed', 'missing', 'outdated', 'stale', 'corrupt'];

export interface ChosenPlanOptions {
  readonly target: Target;
  readonly modelId: number | null;
  readonly maxDeletePercent: number;
  readonly reportId: number;
  readonly report: Report;
  readonly choice: ItemChoice;
  readonly signal: AbortSignal;
}

export async function makeChosenPlan(
  catalog: ReadableCatalog,
  source: SourceThread,
  embedder: Embedder,
  options: ChosenPlanOptions,
): Promise<Plan> {
  const { target, reportId, report, choice, signal } = options;
  const { reports } = catalog;
  const counts = await countChosen(reports, reportId, report, choice);
  const texts = new TextTally(catalog, options.modelId);
  let embed = 0;
  let read = 0;
  try {
    for await (const part of chosenParts(reports, reportId, choice, { after: 0, size: PART_ITEMS })) {
      signal.throwIfAborted();
      const keys = part.filter(isEmbedded).map((item) => item.key);
      embed += keys.length;
      const documents = await sourceTexts(source, target, keys);
      read += documents.filter((text) => text !== null).length;
      await tally(
        texts,
        embedder,
        target,
        documents.map((text) => ({ text })),
        signal,
      );
    }
    const { failed, missing, outdated, stale, orphaned, lost, ghost, corrupt } = counts;
    return {
      kind: 'repair',
      entityType: target.name,
      source: read,
      ...{ missing, stale, outdated, failed, orphaned },
      ...(report.deep === null ? {} : { lost, ghost, corrupt }),
      embed,
      delete: orphaned,
      deletePercent: deletePercent({ orphaned, indexed: report.indexed }),
      maxDeletePercent: options.maxDeletePercent,
      chunks: texts.chunks,
      tokens: texts.tokens,
      estimatedMs: await estimate(embedder, texts, signal),
    };
  } finally {
    texts.close();
  }
}

const isEmbedded = (item: StoredDriftItem): boolean =>
  EMBEDDED.includes(item.class) && !hasNull(decodeKey(item.key));
