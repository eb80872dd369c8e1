/**
 * Cuts texts into chunks on the embedder's threads, whatever it takes: one text that the tokenizer cannot take, or that
 * kills its thread, must not fail its neighbours. The batch is halved until that text is alone.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { HASH_BYTES, textHash } from '../checksum.ts';
import type { ChunkSpan, Embedder } from '../embed/embedder.ts';
import { afterFailure, backoffMs, type BatchState, type Verdict } from '../embed/retry.ts';
import { toErrorData, type ErrorData } from '../errors.ts';
import type { Chunking } from '../recipe.ts';
import type { Failure, Prepared, PreparedChunk } from './steps.ts';

/** A text cut into chunks, or why it could not be. */
export type Split =
  | { readonly ok: true; readonly entity: Prepared }
  | { readonly ok: false; readonly key: Uint8Array; readonly letter: Failure };

export interface Splitter {
  readonly embedder: Embedder;
  readonly chunking: Chunking;
  readonly signal: AbortSignal;
}

/**
 * The entities with their chunks, in the order given.
 * @throws what the machinery ran into, as opposed to a text: the job is interrupted and can be resumed.
 */
export async function splitTexts(
  splitter: Splitter,
  entities: readonly Prepared[],
  halved = false,
): Promise<Split[]> {
  const [first] = entities;
  if (first === undefined) return [];
  const { embedder, chunking, signal } = splitter;
  for (let attempts = 1; ; attempts++) {
    let error: unknown;
    try {
      const texts = entities.map((entity) => entity.text);
      return merge(entities, await embedder.split(texts, chunking, signal));
    } catch (thrown) {
      error = thrown;
    }
    signal.throwIfAborted();
    const failure = toErrorData(error);
    const verdict = afterSplitFailure(failure, { size: entities.length, attempts, halved });
    switch (verdict) {
      case 'retry':
        await wait(backoffMs(attempts, Math.random), undefined, { signal });
        break;
      case 'halve': {
        const half = entities.length >>> 1;
        const before = await splitTexts(splitter, entities.slice(0, half), true);
        return [...before, ...(await splitTexts(splitter, entities.slice(half), true))];
      }
      case 'give up':
        if (isThreadDeath(failure)) await expectThreads(splitter);
        return [splitFailure(first, failure, attempts)];
      case 'stop':
        throw error;
      default:
        verdict satisfies never;
    }
  }
}

/**
 * As for a batch that is embedded, but for two things: what a tokenizer says of a text it will say again, so only a
 * thread's death is worth another attempt; and other errors that pass are of the machinery, not of a text. Pure.
 */
export function afterSplitFailure(failure: ErrorData, batch: BatchState): Verdict {
  const verdict = afterFailure(failure, batch);
  if (verdict === 'stop' || isThreadDeath(failure)) return verdict;
  if (failure.retryable) return 'stop';
  return batch.size === 1 ? 'give up' : 'halve';
}

const isThreadDeath = (failure: ErrorData): boolean => failure.code === 'THREAD_DIED';

/**
 * Before a text is blamed for a thread's death: a thread that cannot even split nothing is down whatever the text, and
 * would make dead letters of all texts, one slow death after another.
 */
async function expectThreads({ embedder, chunking, signal }: Splitter): Promise<void> {
  await embedder.split([''], chunking, signal);
}

function merge(entities: readonly Prepared[], spans: readonly (readonly ChunkSpan[])[]): Split[] {
  return entities.map((entity, i) => ({
    ok: true,
    entity: { ...entity, chunks: (spans[i] ?? []).map((span) => prepareChunk(entity.text, span)) },
  }));
}

function prepareChunk(text: string, span: ChunkSpan): PreparedChunk {
  const piece = text.slice(span.start, span.end);
  const hash = textHash(piece);
  return { ...span, text: piece, hash, id: hash.toString('hex', 0, HASH_BYTES) };
}

function splitFailure(entity: Prepared, { code, message }: ErrorData, attempts: number): Split {
  return {
    ok: false,
    key: entity.key,
    letter: { stage: 'split', code, message, attempts, text: entity.text },
  };
}
