/** How often an engine that died is started again: a moment's trouble passes, a lasting one must not become a loop. */

const MAX_RESTARTS = 3;
const WINDOW_MS = 5 * 60_000;
const FIRST_PAUSE_MS = 500;

export type RestartVerdict =
  { readonly restart: true; readonly afterMs: number } | { readonly restart: false };

/** @param deaths times (Unix, ms) at which it has died, this one included. */
export function afterDeath(deaths: readonly number[], now: number): RestartVerdict {
  const recent = deaths.filter((time) => time > now - WINDOW_MS).length;
  if (recent > MAX_RESTARTS) return { restart: false };
  return { restart: true, afterMs: FIRST_PAUSE_MS * 4 ** Math.max(0, recent - 1) };
}
