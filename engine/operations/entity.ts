/** All that is known of one entity: what the source has, what is indexed, what went wrong. Works beside a writer. */
import { setTimeout as wait } from 'node:timers/promises';
import type { LetterEntry } from '../catalog/dead-letters.ts';
import type { IndexedDocument } from '../catalog/entities.ts';
import { vectorProblem } from '../catalog/embeddings.ts';
import type { Generation } from '../catalog/generations.ts';
import { textHash } from '../checksum.ts';
import type { DeadLetter, Entity, EntityClass, Input, Output } from '../contract.ts';
import type { ModelInfo } from '../embed/embedder.ts';
import type { Engine } from '../engine.ts';
import { PlumblineError, publicError, toErrorData, type PublicError } from '../errors.ts';
import { servingGeneration, type Target } from '../jobs/context.ts';
import { isComplete, textProblem } from '../jobs/deep/stored-text.ts';
import { unknownKeys } from '../jobs/index-job.ts';
import { findLetters } from '../jobs/letter-keys.ts';
import { selectTargets } from '../jobs/targets.ts';
import {
  decodeKey,
  encodeKey,
  formatKey,
  hasNull,
  keyToJson,
  mayBeLossyForm,
  parseKeyCandidates,
  type EncodedKey,
} from '../key.ts';
import { pack } from '../packed.ts';
import type { InspectedRow } from '../sources/source-host.ts';
import { madeWith } from './made-with.ts';
import { findPrintedKey } from './printed-key.ts';

/** Longest wait for the source: its thread may be in the middle of a job's long statement. */
const SOURCE_MS = 10_000;

/** What was asked about: one of the typed keys that print alike. */
interface Found {
  readonly key: EncodedKey;
  readonly row: InspectedRow | null;
  readonly sourceError: PublicError | null;
  readonly letter: DeadLetter | null;
}

/** @throws PlumblineError `ENTITY_TYPE_UNKNOWN`; `KEY_UNKNOWN` where the form cannot be a key of the type. */
export async function entity(engine: Engine, input: Input<'entity'>): Promise<Output<'entity'>> {
  const [target] = selectTargets(engine.config, [input.entityType]);
  if (target === undefined) throw new RangeError('a named type is a target');
  const { catalog } = engine;
  const generation = servingGeneration(catalog, target.name);
  const { key, row, sourceError, letter } = await find(engine, target, generation, input.key);
  const stored = generation === null ? null : catalog.entities.indexed(generation.id, key);
  const indexed = stored === null || generation === null ? null : describe(engine, generation, stored);
  const typed = decodeKey(key);
  return {
    entityType: target.name,
    key: formatKey(typed),
    keyValues: keyToJson(typed),
    class:
      sourceError !== null
        ? null
        : classOf(row, letter, stored, indexed?.sound ?? true, await isOutdated(engine, target, indexed)),
    source: row === null ? null : describeRow(row),
    sourceError,
    indexed,
    deadLetter: letter,
    reported: reportedOf(engine, target.name, key),
  };
}

/** The typed key that exists: in the source, else in the index, else as a dead letter; else the likeliest one. */
async function find(
  engine: Engine,
  target: Target,
  generation: Generation | null,
  form: string,
): Promise<Found> {
  const { catalog } = engine;
  const candidates = await candidatesOf(engine, target, generation, form);
  const letters = lettersOf(engine, target, form, candidates);
  const { rows, error } = await readRows(engine, target, candidates);
  const isIndexed = (key: EncodedKey): boolean =>
    generation !== null && catalog.entities.state(generation.id, key) !== null;
  const at = rows.findIndex((row) => row !== null);
  const key = candidates[at] ?? candidates.find(isIndexed) ?? letters[0]?.key ?? candidates[0];
  if (key === undefined) throw unknownKeys(target, [form]);
  const letter = letters.find((found) => found.key.equals(key));
  return {
    key,
    row: rows[at] ?? null,
    sourceError: error,
    letter: letter === undefined ? null : catalog.deadLetters.get(letter.id),
  };
}

/** The typed keys that are printed this way, those first of which that is known. */
async function candidatesOf(
  { catalog }: Engine,
  target: Target,
  generation: Generation | null,
  form: string,
): Promise<EncodedKey[]> {
  const candidates: EncodedKey[] = parseKeyCandidates(form, target.spec.keyColumns.length).map(encodeKey);
  if (!mayBeLossyForm(form)) return candidates;
  const reportId = catalog.reports.latest(target.name)?.id ?? null;
  const isKnown = (key: EncodedKey): boolean =>
    (generation !== null && catalog.entities.state(generation.id, key) !== null) ||
    (reportId !== null && catalog.reports.itemOf(reportId, key) !== null);
  if (candidates.some(isKnown)) return candidates;
  const places = { generationId: generation?.id ?? null, reportId };
  const printed = await findPrintedKey(catalog, places, form);
  return printed === null || hasNull(decodeKey(printed)) ? candidates : [printed, ...candidates];
}

/** Most entities have none: then all letters are gone through only where the form may be that of a key that cannot be read back. */
function lettersOf(
  { catalog }: Engine,
  target: Target,
  form: string,
  candidates: readonly EncodedKey[],
): readonly LetterEntry[] {
  const { deadLetters, generations } = catalog;
  const typeId = generations.typeId(target.name);
  if (typeId === null) return [];
  return mayBeLossyForm(form)
    ? findLetters(deadLetters, typeId, [form]).letters
    : candidates.flatMap((key) => deadLetters.ofKey(typeId, key));
}

/** The rows as they are now. That the source is out of reach must not hide what is indexed. */
async function readRows(
  engine: Engine,
  target: Target,
  keys: readonly EncodedKey[],
): Promise<{ rows: (InspectedRow | null)[]; error: PublicError | null }> {
  const over = new AbortController();
  const read = async (): Promise<(InspectedRow | null)[]> => {
    const { thread } = await engine.source();
    return thread.call('inspect', target.spec, pack(keys));
  };
  const tooLong = async (): Promise<never> => {
    await wait(SOURCE_MS, undefined, { signal: over.signal, ref: false });
    throw new PlumblineError('SOURCE_BUSY', `the source has not answered for ${SOURCE_MS / 1000} seconds`, {
      hint: 'A job may be in the middle of a long read; ask again in a while.',
      retryable: true,
    });
  };
  try {
    return { rows: keys.length === 0 ? [] : await Promise.race([read(), tooLong()]), error: null };
  } catch (error) {
    return { rows: [], error: publicError(toErrorData(error)) };
  } finally {
    over.abort();
  }
}

function describeRow({ text, error, fields }: InspectedRow): NonNullable<Entity['source']> {
  return {
    text: text?.toWellFormed() ?? null,
    error: error === null ? null : publicError(error),
    fields: fields.map(({ name, value }) => ({ name, value: value?.toWellFormed() ?? null })),
  };
}

function describe(
  { catalog }: Engine,
  generation: Generation,
  stored: IndexedDocument,
): NonNullable<Entity['indexed']> {
  const chunks = catalog.audit.chunks(stored.id);
  const isVectorSound = (label: number): boolean => {
    const found = catalog.audit.vector(generation.id, label);
    return found !== null && vectorProblem(found.vector, found.crc, generation.dimensions) === null;
  };
  const { recipeId, textHash: hash, document } = stored;
  const problem = textProblem({ recipeId, textHash: hash, document }, chunks);
  return {
    text: document.toWellFormed(),
    chunks: chunks.map(({ start, end, tokens }) => ({ start, end, tokens })),
    jobId: String(stored.jobId),
    writtenAt: stored.writtenAt,
    generation: generation.number,
    ...madeWith(catalog, recipeId),
    sound:
      problem === null && isComplete(document, chunks) && chunks.every(({ label }) => isVectorSound(label)),
  };
}

/** As a validation would class it, by the same order of precedence; see `jobs/compare.ts`. */
function classOf(
  row: InspectedRow | null,
  letter: DeadLetter | null,
  stored: IndexedDocument | null,
  sound: boolean,
  outdated: boolean,
): EntityClass {
  // Rows without a key cannot be looked up: that they are there is what their letters say.
  if (letter !== null && (row !== null || letter.code === 'NULL_KEY'))
    return letter.excluded === null ? 'failed' : 'excluded';
  if (row === null) return stored === null ? 'absent' : 'orphaned';
  if (stored === null) return 'missing';
  if (outdated) return 'outdated';
  if (row.text === null || !textHash(row.text).equals(stored.textHash)) return 'stale';
  return sound ? 'in_sync' : 'corrupt';
}

/**
 * Whether it would be embedded in another way today. A model under another name is taken for another one, and one that is not
 * here for the same: to know, it would have to be downloaded.
 */
async function isOutdated(engine: Engine, target: Target, indexed: Entity['indexed']): Promise<boolean> {
  if (indexed === null) return false;
  const { recipe, model } = indexed;
  const { maxTokens, overlapTokens } = target.chunking;
  if (
    recipe.template !== target.spec.template ||
    recipe.chunking.maxTokens !== maxTokens ||
    recipe.chunking.overlapTokens !== overlapTokens ||
    model.name !== target.model
  )
    return true;
  const today = await modelHere(engine, target.model).catch(() => null);
  return today !== null && today.fingerprint !== model.fingerprint;
}

async function modelHere({ models }: Engine, name: string): Promise<ModelInfo | null> {
  const { isHere } = await models.place(name);
  return isHere ? models.info(name) : null;
}

function reportedOf({ catalog }: Engine, entityType: string, key: EncodedKey): Entity['reported'] {
  const latest = catalog.reports.latest(entityType);
  const item = latest === null ? null : catalog.reports.itemOf(latest.id, key);
  if (latest === null || item === null) return null;
  return { reportId: String(latest.id), class: item.class, reason: item.reason };
}
