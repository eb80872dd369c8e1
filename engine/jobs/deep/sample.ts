/** Labels drawn at random, without reading all of them. */
import type { AuditReader } from '../../catalog/audit.ts';
import type { Generation } from '../../catalog/generations.ts';

/** Uniform in [0, 1). */
export type Random = () => number;

/** Draws per label wanted: where labels are far apart, many draws meet the same one. */
const DRAWS = 20;

/**
 * Up to `count` different labels of a generation, in random order; all where there are no more. Each draw takes the first
 * label from a random number on, so that one behind a gap of dropped labels comes up more often than others.
 */
export function sampleLabels(
  audit: AuditReader,
  generation: Generation,
  count: number,
  random: Random,
): number[] {
  const first = audit.labels(generation.id, -1, count + 1);
  if (first.length <= count) return shuffled(first, random);
  const chosen = new Set<number>();
  for (let draws = count * DRAWS; draws > 0 && chosen.size < count; draws -= 1) {
    const label = audit.labelFrom(generation.id, Math.floor(random() * generation.nextLabel));
    if (label !== null) chosen.add(label);
  }
  return [...chosen];
}

/** Fisher-Yates. */
function shuffled(labels: readonly number[], random: Random): number[] {
  const list = [...labels];
  for (let i = list.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j] as number, list[i] as number];
  }
  return list;
}
