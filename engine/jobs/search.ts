/** Search: by vector, by text, or both fused by rank. Reads only; works beside a running job. */
import type { ReadableCatalog } from '../catalog/catalog.ts';
import type { Generation } from '../catalog/generations.ts';
import { matchesIn } from '../catalog/highlight.ts';
import { textHash } from '../checksum.ts';
import type { Hit, SearchMode } from '../contract.ts';
import type { ModelInfo } from '../embed/embedder.ts';
import { PlumblineError } from '../errors.ts';
import { fullTextExpression, fuse, type Fused } from '../fusion.ts';
import { decodeKey, formatKey, keyToJson } from '../key.ts';
import type { Models } from './context.ts';
import type { IndexSync, VectorsThread } from './index-sync.ts';

/** Each list is read this much deeper than the answer, so that fusion has something to work with. */
const DEPTH_FACTOR = 5;
const MIN_DEPTH = 50;
/** Characters of an excerpt that is not a chunk. */
const EXCERPT = 300;

export interface SearchContext {
  readonly catalog: ReadableCatalog;
  readonly models: Models;
  readonly vectors: VectorsThread;
  readonly sync: IndexSync;
}

export interface SearchRequest {
  readonly entityType: string;
  readonly query: string;
  readonly k: number;
  readonly mode: SearchMode;
}

/** An entity found by vector: its best chunk and how similar that is. */
interface VectorMatch {
  readonly entityId: number;
  readonly similarity: number;
  readonly start: number;
  readonly end: number;
}

export interface SearchAnswer {
  readonly hits: Hit[];
  /** What was found damaged and left out, in words. */
  readonly warnings: string[];
}

/**
 * The best `k` entities. One whose stored text is damaged is left out, with a warning, and the next one takes its place.
 * @throws PlumblineError `MODEL_UNAVAILABLE` when the index was made with a model that is not here any more.
 */
export async function search(
  context: SearchContext,
  generation: Generation,
  request: SearchRequest,
): Promise<SearchAnswer> {
  const depth = Math.max(MIN_DEPTH, request.k * DEPTH_FACTOR);
  const byVector =
    request.mode === 'text' ? [] : await vectorMatches(context, generation, request.query, depth);
  const byText = request.mode === 'vector' ? [] : textMatches(context, generation, request.query, depth);
  const matches = new Map(byVector.map((match) => [match.entityId, match]));
  const bm25 = new Map(byText.map((match) => [match.id, match.rank]));
  const hits: Hit[] = [];
  const warnings: string[] = [];
  for (const fused of fuse([byVector.map((match) => match.entityId), byText.map((match) => match.id)])) {
    if (hits.length === request.k) break;
    const document = context.catalog.entities.document(fused.id);
    // Deleted by the writer since it was found.
    if (document === null) continue;
    if (textHash(document.text).equals(document.textHash)) {
      hits.push(toHit(document, request.mode, fused, matches.get(fused.id) ?? null, bm25.get(fused.id)));
    } else {
      warnings.push(damagedText(request.entityType, formatKey(decodeKey(document.key))));
    }
  }
  return { hits: withMatches(hits, request), warnings };
}

/** Says what the words of the query match in each excerpt; a search by vector alone has looked for none. */
function withMatches(hits: readonly Hit[], { query, mode }: SearchRequest): Hit[] {
  const expression = mode === 'vector' ? null : fullTextExpression(query);
  if (expression === null) return [...hits];
  const found = matchesIn(
    hits.map((hit) => hit.excerpt),
    expression,
  );
  return hits.map((hit, i) => ({ ...hit, matches: found[i] ?? [] }));
}

function damagedText(entityType: string, key: string): string {
  return `the stored text of ${entityType} ${key} is damaged, so this hit is left out; run \`plumbline validate ${entityType} --deep\`, then \`plumbline fix-drift ${entityType}\``;
}

function textMatches(context: SearchContext, generation: Generation, query: string, depth: number) {
  const expression = fullTextExpression(query);
  return expression === null ? [] : context.catalog.entities.fullText(generation.id, expression, depth);
}

async function vectorMatches(
  context: SearchContext,
  generation: Generation,
  query: string,
  depth: number,
): Promise<VectorMatch[]> {
  if (generation.entities === 0) return [];
  const embedder = await context.models.embedder(await usableModel(context, generation));
  const vector = await embedder.embedQuery(query);
  const { catalog, sync, vectors } = context;
  // Another generation may have been put in its place while the query was embedded: then nobody comes back to this one.
  if (catalog.generations.get(generation.id).state === 'serving') sync.keep(generation.id);
  try {
    return await sync.withGraph(generation.id, async () => {
      // Several labels may lead to one entity (its chunks), so the graph is asked deeper until there are enough entities.
      for (let labels = depth; ; labels *= 4) {
        const found = await vectors.call('search', generation.id, vector, labels);
        const matches = expand(catalog, generation.id, found.labels, found.scores, depth);
        if (matches.length >= depth || found.labels.length < labels) return matches;
      }
    });
  } finally {
    await sync.release(generation.id);
  }
}

/** From labels to chunks to entities: an entity is as similar as its best chunk. */
function expand(
  catalog: ReadableCatalog,
  generationId: number,
  labels: Uint32Array,
  scores: Float32Array,
  depth: number,
): VectorMatch[] {
  const best = new Map<number, VectorMatch>();
  labels.forEach((label, i) => {
    if (best.size >= depth) return;
    for (const { entityId, start, end } of catalog.entities.hitsOfLabel(generationId, label, depth)) {
      if (!best.has(entityId)) best.set(entityId, { entityId, start, end, similarity: scores[i] ?? 0 });
    }
  });
  return [...best.values()].slice(0, depth);
}

/** The reference of the model that the generation was embedded with, checked to give the same vectors still. */
async function usableModel(context: SearchContext, generation: Generation): Promise<string> {
  const made = JSON.parse(context.catalog.generations.modelDefinition(generation.modelId)) as ModelInfo;
  for (const reference of [made.name, made.folder]) {
    const info = await context.models.info(reference).catch(() => null);
    if (info?.fingerprint === generation.modelFingerprint) return reference;
  }
  throw new PlumblineError(
    'MODEL_UNAVAILABLE',
    `the index was made with model "${made.name}", which has changed or is not here any more`,
    {
      hint: 'Bring it back, or run `plumbline index` to embed with the configured model; --mode text works meanwhile.',
    },
  );
}

function toHit(
  document: { readonly key: Buffer; readonly text: string },
  mode: SearchMode,
  fused: Fused,
  match: VectorMatch | null,
  bm25: number | undefined,
): Hit {
  const key = decodeKey(document.key);
  const [vectorRank, textRank] = fused.ranks;
  const score = mode === 'hybrid' ? fused.score : mode === 'vector' ? (match?.similarity ?? 0) : -(bm25 ?? 0);
  const { start, end } = match ?? { start: 0, end: Math.min(EXCERPT, document.text.length) };
  return {
    key: formatKey(key),
    keyValues: keyToJson(key),
    score,
    text: document.text,
    excerpt: document.text.slice(start, end).toWellFormed(),
    chunk: { start, end },
    matches: [],
    vectorRank: vectorRank ?? null,
    textRank: textRank ?? null,
    similarity: match?.similarity ?? null,
  };
}
