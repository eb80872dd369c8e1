/** From what a graph answers to unit vectors: pooling over tokens and L2 normalisation. Pure. */
import type { Pooling } from '../recipe.ts';

/** A tensor that a graph answered: `[texts, dimensions]`, or `[texts, tokens, dimensions]` before pooling. */
export interface Answer {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/**
 * One vector per text, not normalised, f32, one after another. `lengths` are the texts' tokens; what lies beyond them
 * is padding on the right and takes no part.
 *
 * @throws RangeError where the tensor's shape does not suit the pooling.
 */
export function pool(answer: Answer, pooling: Pooling, lengths: readonly number[]): Float32Array {
  const { data, dims } = answer;
  const dimensions = dims.at(-1) ?? 0;
  if (dims.length !== (pooling === 'none' ? 2 : 3) || dims[0] !== lengths.length) {
    throw new RangeError(
      `the graph answered a tensor of [${dims.join(', ')}], unfit for pooling "${pooling}"`,
    );
  }
  if (pooling === 'none') return data;
  const width = dims[1] ?? 0;
  const out = new Float32Array(lengths.length * dimensions);
  lengths.forEach((length, text) => {
    const tokens = data.subarray(text * width * dimensions, (text * width + length) * dimensions);
    const target = out.subarray(text * dimensions, (text + 1) * dimensions);
    switch (pooling) {
      case 'mean':
        meanInto(tokens, target);
        break;
      case 'cls':
        target.set(tokens.subarray(0, dimensions));
        break;
      case 'last_token':
        target.set(tokens.subarray((length - 1) * dimensions));
        break;
      default:
        pooling satisfies never;
    }
  });
  return out;
}

function meanInto(tokens: Float32Array, target: Float32Array): void {
  const dimensions = target.length;
  const sums = new Float64Array(dimensions);
  for (let at = 0; at < tokens.length; at += dimensions) {
    for (let i = 0; i < dimensions; i++) sums[i] = (sums[i] ?? 0) + (tokens[at + i] ?? 0);
  }
  const count = tokens.length / dimensions;
  for (let i = 0; i < dimensions; i++) target[i] = (sums[i] ?? 0) / count;
}

/** Scales a vector to length 1, in place. False where it has no direction: NaN, infinite, or zero. */
export function normalize(vector: Float32Array): boolean {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const norm = Math.sqrt(sum);
  if (!Number.isFinite(norm) || norm === 0) return false;
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) / norm;
  return true;
}
