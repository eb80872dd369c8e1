/** The texts of rows by their keys, as they are now. */
import { pack } from '../packed.ts';
import type { SourceThread, Target } from './context.ts';

/**
 * In the order of the keys; null for those whose row is gone or cannot be rendered. The source answers as many at once as fit
 * its bound in bytes.
 * @param maxText characters that are enough of each; default: all.
 */
export async function sourceTexts(
  source: SourceThread,
  target: Pick<Target, 'name'>,
  keys: readonly Uint8Array[],
  maxText: number | null = null,
): Promise<(string | null)[]> {
  const texts: (string | null)[] = [];
  while (texts.length < keys.length) {
    const rest = pack(keys.slice(texts.length));
    const documents = await source.call('documents', target.name, rest, { fresh: true, maxText });
    texts.push(...documents.map((document) => (document?.ok === true ? document.text : null)));
  }
  return texts;
}
