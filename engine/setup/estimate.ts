/** What indexing would take: a sample of rows is split and embedded, the rest is multiplication. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DEFAULT_OVERLAP_TOKENS } from '../config.ts';
import type { EmbedItem, Embedder } from '../embed/embedder.ts';
import { BUILTIN_MODEL } from '../embed/resolve-model.ts';
import { estimateRebuildBytes, freeBytes } from '../jobs/disk-space.ts';
import { withSource } from '../operations/with-source.ts';
import type { SetupInput, SetupOutput } from '../setup-contract.ts';
import { findOffered } from './catalogue.ts';
import { checkNames } from './chosen-types.ts';
import type { SetupContext } from './context.ts';
import { configOf, firstDocuments, openChosen, sourceOf } from './source.ts';

/** Rows that are looked at of each type. */
const SAMPLE_ROWS = 200;
/** Texts and tokens that are embedded to measure the speed: a few seconds with a slow model. */
const SAMPLE_TEXTS = 64;
const SAMPLE_TOKENS = 8000;
const WARM_UP_TEXTS = 4;
/** What reading, comparing and committing a row takes beside its embedding, about (README, "What it costs"). */
const ROW_MS = 0.4;
/** Dimensions of a model that nothing is known of. */
const USUAL_DIMENSIONS = 384;

interface TypeSample {
  readonly name: string;
  readonly rows: number;
  /** Documents that were looked at. */
  readonly documents: readonly string[];
}

interface Measured {
  readonly rows: number;
  readonly chunks: number;
  readonly tokens: number;
  readonly diskBytes: number;
}

/**
 * Where the model is not here, tokens are counted by the built-in one's tokenizer and the time is not known.
 * @throws PlumblineError `MODEL_NOT_FOUND` for what is no model's name, `MODEL_INCOMPLETE`, `MODEL_INVALID`; those of opening
 * the source and its types.
 */
export async function estimate(
  context: SetupContext,
  input: SetupInput<'estimate'>,
  signal: AbortSignal,
): Promise<SetupOutput<'estimate'>> {
  checkNames(input.entityTypes);
  const source = sourceOf(context, input.source);
  const config = input.source === undefined ? configOf(context) : null;
  const model = input.model ?? config?.model ?? BUILTIN_MODEL;
  const registry = context.engine?.models ?? context.models;
  const place = await registry.place(model);
  const offered = findOffered(model);
  const samples = await withSource(source, context.workers, async (thread) => {
    const found: TypeSample[] = [];
    for (const type of input.entityTypes) {
      signal.throwIfAborted();
      await openChosen(thread, type);
      const rows = await thread.call('count', type.name);
      const documents = await firstDocuments(thread, type.name, SAMPLE_ROWS);
      found.push({ name: type.name, rows, documents: documents.map(({ text }) => text) });
      await thread.call('closeType', type.name);
    }
    return found;
  });
  const embedder = await registry
    .with({ workers: config?.workers })
    .embedder(place.isHere ? model : BUILTIN_MODEL);
  const dimensions = place.isHere ? embedder.model.dimensions : (offered?.dimensions ?? USUAL_DIMENSIONS);
  const chunking = {
    maxTokens: config?.chunking.maxTokens ?? (place.isHere ? null : (offered?.maxTokens ?? null)),
    overlapTokens: config?.chunking.overlapTokens ?? DEFAULT_OVERLAP_TOKENS,
  };
  const items: EmbedItem[] = [];
  const measured = new Map<string, Measured>();
  for (const { name, rows, documents } of samples) {
    const spans = await embedder.split(documents, chunking, signal);
    const chunks = spans.flatMap((list, i) =>
      list.map(({ start, end, tokens }) => ({ text: documents[i]?.slice(start, end) ?? '', tokens })),
    );
    items.push(...chunks);
    measured.set(name, extrapolate(rows, documents, chunks, dimensions));
  }
  const sum = (pick: (type: Measured) => number): number =>
    [...measured.values()].reduce((total, type) => total + pick(type), 0);
  const total = {
    rows: sum(({ rows }) => rows),
    chunks: sum(({ chunks }) => chunks),
    tokens: sum(({ tokens }) => tokens),
  };
  const tokensPerMs = place.isHere ? await measureSpeed(embedder, items, signal) : null;
  if (tokensPerMs !== null)
    context.speeds.set(place.folder, Math.round((10 * tokensPerMs) / embedder.workers));
  return {
    entityTypes: [...measured].map(([name, { rows, chunks, tokens }]) => ({ name, rows, chunks, tokens })),
    ...total,
    durationMs: durationOf(total, place.isHere, tokensPerMs),
    diskBytes: sum(({ diskBytes }) => diskBytes),
    freeBytes: freeAt(context.engine?.paths.root ?? context.home.workspaces),
  };
}

function extrapolate(
  rows: number,
  documents: readonly string[],
  chunks: readonly EmbedItem[],
  dimensions: number,
): Measured {
  const factor = documents.length === 0 ? 0 : rows / documents.length;
  const tokens = chunks.reduce((sum, item) => sum + item.tokens, 0);
  const bytes = documents.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const diskBytes = estimateRebuildBytes({
    rows,
    serving: { entities: documents.length, labels: chunks.length },
    documentBytes: documents.length === 0 ? 0 : bytes / documents.length,
    dimensions,
    newVectors: true,
  });
  return {
    rows,
    chunks: Math.round(chunks.length * factor),
    tokens: Math.round(tokens * factor),
    diskBytes: rows === 0 ? 0 : diskBytes,
  };
}

/** Tokens a millisecond over all of its threads; null where there is nothing to embed. */
async function measureSpeed(
  embedder: Embedder,
  items: readonly EmbedItem[],
  signal: AbortSignal,
): Promise<number | null> {
  // Spread over all types, and over short and long texts as they come.
  const step = Math.max(1, Math.floor(items.length / SAMPLE_TEXTS));
  let budget = SAMPLE_TOKENS;
  const sample = items
    .filter((_, i) => i % step === 0)
    .filter(({ tokens }, i) => {
      budget -= tokens;
      return i === 0 || budget > 0;
    });
  if (sample.length === 0) return null;
  // The first run pays for loading and warming up; the second one is what a job will see.
  await embedder.embed(sample.slice(0, WARM_UP_TEXTS), signal);
  const startedAt = performance.now();
  await embedder.embed(sample, signal);
  const tokens = sample.reduce((sum, item) => sum + item.tokens, 0);
  return tokens / Math.max(0.01, performance.now() - startedAt);
}

function durationOf(
  { rows, tokens }: { readonly rows: number; readonly tokens: number },
  isHere: boolean,
  tokensPerMs: number | null,
): number | null {
  if (!isHere) return null;
  return Math.ceil(rows * ROW_MS + (tokensPerMs === null ? 0 : tokens / tokensPerMs));
}

/** Of the disk where a folder is, or will be. */
function freeAt(folder: string): number | null {
  let at = folder;
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  try {
    return freeBytes(at);
  } catch {
    return null;
  }
}
