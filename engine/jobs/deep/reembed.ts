/** Embeds a sample of stored texts again: the only look that tells a sound vector from the right one. */
import { toBits, vectorProblem } from '../../catalog/embeddings.ts';
import { textHash } from '../../checksum.ts';
import type { DeepResult } from '../../contract.ts';
import { fromFloat16Bits } from '../../float16.ts';
import type { Suspects } from './suspects.ts';
import type { Tier } from './tier.ts';

/** Texts embedded again. */
export const SAMPLE_TEXTS = 64;

interface Sampled {
  readonly label: number;
  readonly text: string;
  readonly tokens: number;
  readonly vector: Uint16Array;
}

/**
 * The cosine distance up to which two embeddings of one text count as the same. The same batch gives the same vector; in
 * another batch padding shifts float rounding, and 8-bit models quantise activations by the range of the whole batch.
 * Measured: docs/decisions.md. Pure.
 */
export function toleranceOf(dtype: string): number {
  return dtype === 'fp32' || dtype === 'fp16' ? 0.002 : 0.05;
}

/** Reports what differs as corrupt. `null` where nothing could be sampled. */
export async function reembed(
  tier: Tier,
  labels: readonly number[],
  suspects: Suspects,
): Promise<DeepResult['reembedded']> {
  const { context, target, signal } = tier;
  const sampled = labels.flatMap((label) => textOf(tier, label) ?? []);
  if (sampled.length === 0) return null;
  const embedder = await context.models.embedder(target.model);
  const outcomes = await embedder.embed(sampled, signal);
  const tolerance = toleranceOf(target.modelInfo.dtype);
  let [compared, differing, worst] = [0, 0, 0];
  for (const [i, { label, vector }] of sampled.entries()) {
    const outcome = outcomes[i];
    // A text that the model refuses today says nothing about the vector that it once gave.
    if (outcome?.ok !== true) continue;
    const distance = cosineDistance(vector, outcome.vector);
    compared += 1;
    worst = Math.max(worst, distance);
    if (distance <= tolerance) continue;
    differing += 1;
    await suspects.addLabel(
      label,
      `its text, embedded again, gives another vector (cosine distance ${distance.toFixed(3)})`,
    );
  }
  await suspects.flush();
  return compared === 0 ? null : { sampled: compared, differing, tolerance, worst };
}

/** A label's text and vector, where both are sound. */
function textOf({ context, generation }: Tier, label: number): Sampled | null {
  const { audit } = context.catalog;
  const stored = audit.vector(generation.id, label);
  const chunk = audit.chunkOf(generation.id, label);
  if (stored?.vector == null || stored.textHash === null || chunk === null) return null;
  if (vectorProblem(stored.vector, stored.crc, generation.dimensions) !== null) return null;
  const text = audit.document(chunk.entityId)?.document.slice(chunk.start, chunk.end) ?? '';
  if (!textHash(text).equals(stored.textHash)) return null;
  return { label, text, tokens: chunk.tokens, vector: toBits(stored.vector) };
}

/** 0 for the same direction, up to 2; 1 where one of them has none. Never below 0, whatever rounding does. */
export function cosineDistance(a: Uint16Array, b: Uint16Array): number {
  const [left, right] = [fromFloat16Bits(a), fromFloat16Bits(b)];
  let [product, ofLeft, ofRight] = [0, 0, 0];
  for (let i = 0; i < left.length; i += 1) {
    const [x, y] = [left[i] as number, right[i] ?? 0];
    product += x * y;
    ofLeft += x * x;
    ofRight += y * y;
  }
  const length = Math.sqrt(ofLeft * ofRight);
  return length === 0 ? 1 : Math.max(0, 1 - product / length);
}
