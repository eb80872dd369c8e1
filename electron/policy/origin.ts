/** Whom the window trusts: the page of the engine that it was started for, and nobody else. */

/** Whether an address belongs to the engine's own, by scheme, host and port. */
export function isOwnAddress(address: string, engineUrl: string | null): boolean {
  const own = engineUrl === null ? null : URL.parse(engineUrl);
  const other = URL.parse(address);
  return own !== null && other !== null && own.origin !== 'null' && other.origin === own.origin;
}

export interface Sender {
  /** The address of the frame that asks; empty where it is gone. */
  readonly url: string;
  /** False for a frame inside the page: it has none, so whoever asks from one was put there. */
  readonly isTopFrame: boolean;
  /** Whether it asks from the app's own window. */
  readonly isOwnWindow: boolean;
}

/** Whether a call over the bridge is answered. */
export function isTrusted(sender: Sender, engineUrl: string | null): boolean {
  return sender.isOwnWindow && sender.isTopFrame && isOwnAddress(sender.url, engineUrl);
}

/** What the page's copy buttons need; everything else (camera, position, USB, …) it has no use for. */
const GRANTED: ReadonlySet<string> = new Set(['clipboard-sanitized-write']);

export function isGranted(permission: string, origin: string, engineUrl: string | null): boolean {
  return GRANTED.has(permission) && isOwnAddress(origin, engineUrl);
}
