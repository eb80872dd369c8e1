/** Dead letters by key, as passes over rows look them up. */
import type { DeadLetterReader, LetterMark } from '../catalog/dead-letters.ts';

/**
 * Finds letters by key; where a type has none, without asking for each. Valid until somebody else may write: until the
 * caller awaits anything, or records a letter itself.
 */
export function letterFinder(
  deadLetters: DeadLetterReader,
  entityTypeId: number,
): (key: Uint8Array) => LetterMark | null {
  return deadLetters.any(entityTypeId) ? (key) => deadLetters.find(entityTypeId, key) : () => null;
}
