/** Headers that every answer carries, for browsers. Pure. */

const EVERYWHERE: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** Of the page: its own files, and styles that its library writes into elements. */
const PAGE_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Adds what an answer does not say itself. */
export function protect(response: Response, kind: 'data' | 'page'): void {
  const headers = {
    ...EVERYWHERE,
    'content-security-policy': kind === 'data' ? DATA_POLICY : PAGE_POLICY,
    'cache-control': kind === 'data' ? 'no-store' : 'no-cache',
  };
  for (const [name, value] of Object.entries(headers))
    if (!response.headers.has(name)) response.headers.set(name, value);
}
