/** What a template makes of the first rows: beside whatever jobs are at, on a thread of its own. */
import { DEFAULT_OVERLAP_TOKENS } from '../config.ts';
import { BUILTIN_MODEL } from '../embed/resolve-model.ts';
import { hasCode } from '../errors.ts';
import { withSource } from '../operations/with-source.ts';
import type { Chunking } from '../recipe.ts';
import type { SetupInput, SetupOutput } from '../setup-contract.ts';
import type { SetupContext } from './context.ts';
import { configOf, firstDocuments, openChosen, sourceOf } from './source.ts';

const DEFAULT_ROWS = 3;

/** @throws PlumblineError `TEMPLATE_INVALID`, `COLUMN_UNKNOWN`, `KEY_MISSING`, `FILTER_INVALID`, `ENTITY_TYPE_UNKNOWN`. */
export async function previewTemplate(
  context: SetupContext,
  input: SetupInput<'previewTemplate'>,
  signal: AbortSignal,
): Promise<SetupOutput<'previewTemplate'>> {
  const { name, limit = DEFAULT_ROWS } = input;
  const source = sourceOf(context, input.source);
  const documents = await withSource(source, context.workers, async (thread) => {
    await openChosen(thread, input);
    return firstDocuments(thread, name, limit);
  });
  const ofWorkspace = input.source === undefined ? configOf(context) : null;
  const type = ofWorkspace?.entityTypes[name];
  const model = input.model ?? type?.model ?? ofWorkspace?.model ?? BUILTIN_MODEL;
  const chunking = { ...ofWorkspace?.chunking, ...type?.chunking };
  const counts = await countTokens(
    context,
    model,
    documents.map(({ text }) => text),
    {
      maxTokens: chunking.maxTokens ?? null,
      overlapTokens: chunking.overlapTokens ?? DEFAULT_OVERLAP_TOKENS,
    },
    signal,
  );
  return {
    documents: documents.map(({ key, text, error }, i) => ({
      key,
      text,
      tokens: counts?.[i]?.tokens ?? null,
      chunks: counts?.[i]?.chunks ?? null,
      error,
    })),
  };
}

/** By the model's own tokenizer; null where the model is not here: the texts are worth showing without. */
async function countTokens(
  context: SetupContext,
  model: string,
  texts: readonly string[],
  chunking: Chunking,
  signal: AbortSignal,
): Promise<{ tokens: number; chunks: number }[] | null> {
  const models = context.engine?.models ?? context.models;
  try {
    if (!(await models.place(model)).isHere) return null;
    const embedder = await models.with({ workers: 1 }).embedder(model);
    const spans = await embedder.split(texts, chunking, signal);
    return spans.map((chunks) => ({
      tokens: chunks.reduce((sum, { tokens }) => sum + tokens, 0),
      chunks: chunks.length,
    }));
  } catch (error) {
    if (hasCode(error, 'MODEL_NOT_FOUND', 'MODEL_INCOMPLETE', 'MODEL_INVALID', 'MODEL_UNSUPPORTED'))
      return null;
    throw error;
  }
}
