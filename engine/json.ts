/**
 * JSON with 64-bit integers: bigints are written as bare numbers in full, as the contract's keys need them. Readers
 * that parse numbers as doubles lose digits beyond 2^53; the external key string stays exact for them.
 */
export function stringify(value: unknown, space?: number): string {
  return JSON.stringify(
    value,
    (_name, item: unknown) => (typeof item === 'bigint' ? rawJSON(item) : item),
    space,
  );
}

/** `JSON.rawJSON` (ES2025 proposal, in Node 22 and later) is not in TypeScript's lib yet. */
function rawJSON(value: bigint): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(value.toString());
}

/** The inverse of {@link stringify}: integers beyond 2^53, which only keys hold, come back as bigints in full. */
export function parse(text: string): unknown {
  return JSON.parse(text, keepLargeIntegers);
}

function keepLargeIntegers(_name: string, value: unknown, context?: { source?: string }): unknown {
  const isLarge = typeof value === 'number' && !Number.isSafeInteger(value);
  return isLarge && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context?.source ?? 0) : value;
}
