/** How sure a share is that was measured on a sample. Pure. */

/** Standard normal quantile of a two-sided 95 % interval. */
const Z = 1.959964;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's score interval (1927) for a share of `n` observations: unlike the textbook one it stays within 0 and 1 and does not
 * shrink to a point where all went well.
 */
export function wilsonInterval(share: number, n: number): Interval {
  if (n === 0) return { low: 0, high: 1 };
  const z2 = Z * Z;
  const center = (share + z2 / (2 * n)) / (1 + z2 / n);
  const reach = (Z / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  // Rounding must not push an end beyond what was found.
  return {
    low: Math.max(0, Math.min(center - reach, share)),
    high: Math.min(1, Math.max(center + reach, share)),
  };
}
