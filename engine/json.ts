/**
 * JSON with 64-bit integers: bigints are written as bare numbers in full, as the contract's keys need them. Readers
 * that parse numbers as doubles lose digits beyond 2^53; the external key string stays exact for them.
 */
export function stringify(value: unknown, space?: number): string {
  return JSON.stringify(value, (_name, item: unknown) => (typeof item === 'bigint' ? rawJSON(item) : item), space);
}

/** `JSON.rawJSON` (ES2025 proposal, in Node 22 and later) is not in TypeScript's lib yet. */
function rawJSON(value: bigint): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(value.toString());
}
