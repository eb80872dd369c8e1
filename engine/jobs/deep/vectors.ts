/** The passes over labels: are the vectors sound, does the index hold exactly them, and does it find them? */
import type { StoredVector } from '../../catalog/audit.ts';
import { toBits, vectorProblem } from '../../catalog/embeddings.ts';
import type { DeepResult } from '../../contract.ts';
import { encodeKey, integerPart } from '../../key.ts';
import { wilsonInterval } from './interval.ts';
import type { Suspects } from './suspects.ts';
import { pacer, type Tier } from './tier.ts';

/** Labels compared at once: 200 queries against 512 vectors keep the index from a search for some 50 ms. */
const PAGE_LABELS = 512;
/** Labels looked for in the catalog at once. */
const PAGE_GHOSTS = 5000;

/** Neighbours that recall is measured with. */
const K = 10;
const MAX_QUERIES = 200;
const MIN_QUERIES = 30;
/** Comparisons that measuring recall may cost: queries times vectors. Some ten seconds at 384 dimensions. */
const MAX_COMPARISONS = 2e7;

export interface VectorAudit {
  readonly found: Pick<DeepResult, 'vectors' | 'selfQuery' | 'recall'>;
  /** Vectors that are not damaged in the catalog. */
  readonly sound: number;
}

/** How many queries a collection of this size is asked. Pure. */
export function queriesFor(vectors: number): number {
  const affordable = Math.floor(MAX_COMPARISONS / Math.max(1, vectors));
  return Math.min(MAX_QUERIES, Math.max(MIN_QUERIES, affordable));
}

/** Compares every vector, and asks the index for the neighbours of the sampled ones. */
export async function auditVectors(
  tier: Tier,
  sample: readonly number[],
  suspects: Suspects,
): Promise<VectorAudit> {
  const { context, generation } = tier;
  const { vectors: graph, catalog } = context;
  const queries = sample
    .flatMap((label) => catalog.audit.vector(generation.id, label) ?? [])
    .filter((stored) => isSound(tier, stored));
  await graph.call('beginAudit', generation.id, labelsOf(queries), bitsOf(queries), K);
  const pause = pacer(tier.signal);
  let count = 0;
  let sound = 0;
  for (let after = -1; ;) {
    const page = catalog.audit.vectors(generation.id, after, PAGE_LABELS);
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.label;
    count += page.length;
    const fit = page.filter((stored) => isSound(tier, stored));
    sound += fit.length;
    const { lost, different } = await graph.call('auditPage', generation.id, labelsOf(fit), bitsOf(fit));
    const damaged = page.filter((stored) => !fit.includes(stored)).map((stored) => stored.label);
    for (const label of [...damaged, ...lost, ...different]) await suspects.addLabel(label);
    await pause();
  }
  await suspects.flush();
  const { selfFound, recalls } = await graph.call('endAudit', generation.id);
  const selfQuery = { sampled: queries.length, found: selfFound };
  return { found: { vectors: count, selfQuery, recall: recallOf(recalls, sound) }, sound };
}

/** Conservative: a query counts as one observation, though each looks for ten neighbours. */
function recallOf(recalls: Float64Array, vectors: number): DeepResult['recall'] {
  const sampled = recalls.length;
  if (sampled === 0) return null;
  const value = recalls.reduce((sum, recall) => sum + recall, 0) / sampled;
  const isExact = sampled >= vectors;
  return {
    k: K,
    sampled,
    value,
    ...(isExact ? { low: value, high: value } : wilsonInterval(value, sampled)),
  };
}

/** A damaged label that is no unsigned 32-bit number would be taken for another one. */
const isSound = ({ generation }: Tier, { label, vector, crc }: StoredVector): boolean =>
  label >>> 0 === label && vectorProblem(vector, crc, generation.dimensions) === null;

const labelsOf = (page: readonly StoredVector[]): Uint32Array =>
  Uint32Array.from(page, (stored) => stored.label);

const bitsOf = (page: readonly StoredVector[]): Uint16Array =>
  toBits(Buffer.concat(page.flatMap((stored) => stored.vector ?? [])));

/** Labels that the index finds and the catalog does not have. They are no entities: an item's key is the label. */
export async function reportGhosts(tier: Tier): Promise<void> {
  const { context, generation, items } = tier;
  const live = await context.vectors.call('labels', generation.id);
  const pause = pacer(tier.signal);
  let known: number[] = [];
  let at = 0;
  let ghosts: number[] = [];
  const flush = (): void => {
    // Where the vectors thread died, all of this is done once more.
    items.add(
      ghosts.map(ghostItem).filter(({ key }) => !context.catalog.reports.hasGhost(items.reportId, key)),
    );
    ghosts = [];
  };
  for (const label of live) {
    while ((known.at(-1) ?? -1) < label) {
      const page = context.catalog.audit.labels(generation.id, known.at(-1) ?? -1, PAGE_GHOSTS);
      if (page.length === 0) break;
      known = page;
      at = 0;
      await pause();
    }
    while (at < known.length && (known[at] as number) < label) at += 1;
    if (known[at] !== label) ghosts.push(label);
    if (ghosts.length >= PAGE_LABELS) flush();
  }
  flush();
}

const ghostItem = (label: number) => ({
  class: 'ghost' as const,
  key: encodeKey([integerPart(label)]),
  reason: `the index holds a vector under label ${label} that the catalog does not have`,
  text: null,
  entityId: null,
});
