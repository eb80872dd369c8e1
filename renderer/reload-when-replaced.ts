/**
 * Where the engine now serves another build of the page, the parts that this one loads on demand are gone: it loads itself anew.
 * An engine that does not answer is waited for: a page that reloads without one is gone for good.
 */
const STORED = 'plumbline-reloaded-at';
/** Whatever fails again so soon is not mended by another reload. */
const PAUSE_MS = 10_000;
/** From one look for the engine to the next. */
const LOOK_MS = 2000;

export function reloadWhenReplaced(): void {
  globalThis.addEventListener('vite:preloadError', () => {
    const last = Number(sessionStorage.getItem(STORED) ?? 0);
    if (Date.now() - last < PAUSE_MS) return;
    sessionStorage.setItem(STORED, String(Date.now()));
    void reloadOnceServed();
  });
}

async function reloadOnceServed(): Promise<void> {
  while (!(await isServed())) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  location.reload();
}

async function isServed(): Promise<boolean> {
  try {
    return (await fetch('./', { cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}
