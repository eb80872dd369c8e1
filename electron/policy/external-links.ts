/**
 * The one function that says which addresses may leave the window for the person's browser. An address that a program opens
 * can start other programs (`file:`, `smb:`, `ms-msdt:`), so what is not listed is refused.
 */
import { API } from '../../engine/routes.ts';
import { isOwnAddress } from './origin.ts';

/** Where models come from, and their cards and licences are. */
const HOSTS: ReadonlySet<string> = new Set(['huggingface.co']);

/** What the engine says of its REST door to anyone: in the window it would take the page's place, with no way back. */
const DOCUMENTATION: ReadonlySet<string> = new Set([`${API}/docs`, `${API}/openapi.json`]);

/** The address as it may be handed to the system; null for one that may not. */
export function externalAddress(address: string, engineUrl: string | null): string | null {
  const url = URL.parse(address);
  if (url === null) return null;
  if (isOwnAddress(address, engineUrl))
    return DOCUMENTATION.has(url.pathname) ? `${url.origin}${url.pathname}` : null;
  if (url.protocol !== 'https:') return null;
  // A name before `@` makes an address look like another host's.
  const isPlain = url.username === '' && url.password === '' && url.port === '';
  return isPlain && HOSTS.has(url.hostname) ? url.href : null;
}
