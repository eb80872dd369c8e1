/** Where the engine now serves another build of the page, the parts that this one loads on demand are gone: it loads itself anew. */
const STORED = 'plumbline-reloaded-at';
/** Whatever fails again so soon is not mended by another reload. */
const PAUSE_MS = 10_000;

export function reloadWhenReplaced(): void {
  globalThis.addEventListener('vite:preloadError', (event) => {
    const last = Number(sessionStorage.getItem(STORED) ?? 0);
    if (Date.now() - last < PAUSE_MS) return;
    sessionStorage.setItem(STORED, String(Date.now()));
    event.preventDefault();
    location.reload();
  });
}
