// The theme that the person chose, before anything is painted; `theme/color-scheme.ts` keeps it.
(() => {
  let chosen = 'auto';
  try {
    chosen = localStorage.getItem('plumbline-color-scheme') ?? 'auto';
  } catch {
    // No storage: the system's theme.
  }
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const scheme = chosen === 'light' || chosen === 'dark' ? chosen : dark ? 'dark' : 'light';
  document.documentElement.setAttribute('data-mantine-color-scheme', scheme);
  document.documentElement.style.colorScheme = scheme;
})();
