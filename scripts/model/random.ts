/** Seeded randomness, so that training gives the same bytes on every machine. */

/** FNV-1a over UTF-16 units. http://www.isthe.com/chongo/tech/comp/fnv/ */
export function hashText(text: string): number {
  let hash = 2166136261;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
  return hash >>> 0;
}

/** Uniform in [0, 1): mulberry32, whose streams of neighbouring seeds are unrelated. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A random vector of +1 and -1: two of them are nearly at right angles, so each can stand for a feature. */
export function randomSigns(feature: string, dimensions: number): Float32Array {
  const random = randomNumbers(hashText(feature));
  return Float32Array.from({ length: dimensions }, () => (random() < 0.5 ? -1 : 1));
}
