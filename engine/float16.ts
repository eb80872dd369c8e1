/**
 * Vectors are kept as IEEE half floats (f16): half the bytes of f32 at a loss that cosine similarity does not notice
 * (about 2^-11 per component). They travel as their raw bits, because SQLite and structured clone know no f16.
 */

/** f16 bits of f32 values, rounded to nearest even; values beyond 65,504 become infinite. */
export function toFloat16Bits(values: Float32Array): Uint16Array {
  return new Uint16Array(new Float16Array(values).buffer);
}

/** The inverse of {@link toFloat16Bits}; exact, since every f16 is an f32. */
export function fromFloat16Bits(bits: Uint16Array): Float32Array {
  return new Float32Array(new Float16Array(bits.buffer, bits.byteOffset, bits.length));
}

/** Whether every value is a number: an exponent of all ones marks the infinities and NaN. */
export function areFiniteFloat16Bits(bits: Uint16Array): boolean {
  return bits.every((value) => (value & 0x7c00) !== 0x7c00);
}
