/**
 * The second tier of a validation: what the catalog holds against itself, and the index against the catalog. Runs after the
 * comparison with the source; an entity that is in the report already stays as it is there.
 */
import type { DeepResult } from '../../contract.ts';
import type { Generation } from '../../catalog/generations.ts';
import type { JobContext, RecipeTarget } from '../context.ts';
import type { ReportItems } from '../report-items.ts';
import { auditDocuments } from './documents.ts';
import { reembed, SAMPLE_TEXTS } from './reembed.ts';
import { sampleLabels, type Random } from './sample.ts';
import { checkStructure } from './structure.ts';
import { Suspects } from './suspects.ts';
import type { Tier } from './tier.ts';
import { auditVectors, queriesFor, reportGhosts } from './vectors.ts';

export interface IndexTierOptions {
  readonly target: RecipeTarget;
  /** The serving one; null before anything was indexed. */
  readonly generation: Generation | null;
  readonly items: ReportItems;
  readonly signal: AbortSignal;
  readonly random: Random;
}

export interface IndexTierResult {
  readonly deep: DeepResult;
  /** What was looked at by samples only, in words. */
  readonly notChecked: string[];
}

/**
 * Nothing else writes to the generation meanwhile: jobs run one after another.
 * @throws PlumblineError `CATALOG_DAMAGED` where SQLite's own structures are broken: nothing read from them counts.
 */
export async function runIndexTier(context: JobContext, options: IndexTierOptions): Promise<IndexTierResult> {
  checkStructure(context.catalog);
  const fullTextSound = context.catalog.audit.isFullTextSound();
  const { generation } = options;
  if (generation === null) return { deep: { ...NOTHING, fullTextSound }, notChecked: [] };
  const tier: Tier = { ...options, generation, context };
  const { follower } = context;
  const result = await follower.withGraph(generation.id, () => auditGeneration(tier, fullTextSound));
  // Gives the graph's memory back; where it had to be rebuilt, its snapshot is due.
  await follower.settle(generation.id);
  return result;
}

const NOTHING: Omit<DeepResult, 'fullTextSound'> = {
  documents: 0,
  vectors: 0,
  tombstones: 0,
  selfQuery: { sampled: 0, found: 0 },
  recall: null,
  reembedded: null,
  rebuilt: null,
};

async function auditGeneration(tier: Tier, fullTextSound: boolean): Promise<IndexTierResult> {
  const { context, generation, random, target } = tier;
  const queries = queriesFor(generation.labels);
  const sample = sampleLabels(context.catalog.audit, generation, Math.max(queries, SAMPLE_TEXTS), random);
  const suspects = new Suspects(tier);
  const documents = await auditDocuments(tier, suspects);
  const { found, sound } = await auditVectors(tier, sample.slice(0, queries), suspects);
  await reportGhosts(tier);
  // In another model's space there is nothing to compare with; all its entities are outdated.
  const isOurs = generation.modelId === target.modelId;
  const texts = isOurs ? sample.slice(0, SAMPLE_TEXTS) : [];
  const reembedded = await reembed(tier, texts, suspects);
  const { tombstones } = await context.vectors.call('stats', generation.id);
  const rebuilt = context.follower.discardOf(generation.id);
  return {
    deep: { documents, ...found, tombstones, reembedded, fullTextSound, rebuilt },
    notChecked: [
      ...(isOurs ? sampledOnly('texts embedded again', texts.length, sound) : [OTHER_MODEL]),
      ...sampledOnly('vectors searched for', Math.min(queries, sample.length), sound),
    ],
  };
}

const OTHER_MODEL =
  'texts embedded again (the index was made with another model than the one that is configured now)';

const sampledOnly = (what: string, drawn: number, all: number): string[] =>
  drawn < all ? [`${what}: ${drawn} of ${all.toLocaleString('en-GB')} (a sample)`] : [];
