/**
 * The one function that says which addresses may leave the window for the person's browser. An address that a program opens
 * can start other programs (`file:`, `smb:`, `ms-msdt:`), so what is not listed is refused.
 */

/** Where models come from, and their cards and licences are. */
const HOSTS: ReadonlySet<string> = new Set(['huggingface.co']);

/** The address as it may be handed to the system; null for one that may not. */
export function externalAddress(address: string): string | null {
  const url = URL.parse(address);
  if (url === null || url.protocol !== 'https:') return null;
  // A name before `@` makes an address look like another host's.
  const isPlain = url.username === '' && url.password === '' && url.port === '';
  return isPlain && HOSTS.has(url.hostname) ? url.href : null;
}
