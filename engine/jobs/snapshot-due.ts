/** When a graph's snapshot is worth writing, and when a look into a graph is worth loading it. Pure. */

/** Fewer operations than this are always cheaper to replay than to write a snapshot for. */
const MIN_TAIL = 2000;
/** While a job runs, a snapshot is due when the tail is this share of the labels: bytes written stay proportional. */
export const RUNNING_SHARE = 0.5;
/** At the end of a job the tail is what the next process has to replay, so less is left. */
export const SETTLED_SHARE = 0.05;

/** True when the tail has outgrown a share of the collection. */
export function isSnapshotDue(tail: number, labels: number, share: number): boolean {
  return tail >= Math.max(MIN_TAIL, labels * share);
}

/** A snapshot as its manifest describes it, and what the catalog has got since. */
export interface BehindSnapshot {
  readonly live: number;
  readonly tombstones: number;
  /** Operations in the log that the snapshot does not hold. */
  readonly tail: number;
  /** Labels that the graph must hold after them. */
  readonly labels: number;
}

/**
 * The most dropped vectors that the graph can carry once it has caught up. Adds and drops of the tail are not told apart,
 * but their difference is known: exact, unless a vector was both added and dropped in it.
 */
export function mostTombstones({ live, tombstones, tail, labels }: BehindSnapshot): number {
  return tombstones + Math.max(0, Math.floor((tail + live - labels) / 2));
}
