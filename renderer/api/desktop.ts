import type { PlumblineBridge } from '../../electron/bridge.ts';

/** What the desktop's window adds to the page; null in a browser. */
export const desktop: PlumblineBridge | null =
  (globalThis as { readonly plumbline?: PlumblineBridge }).plumbline ?? null;
