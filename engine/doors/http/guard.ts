/** Who is let in: this machine, pages of this server, holders of the token. Pure. */
import { PlumblineError } from '../../errors.ts';
import { isSameSecret } from '../token.ts';

/** A port may follow: a tunnel changes it, and the name is what a rebound DNS entry gives away. */
const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;

/**
 * A page of another site whose name was made to point to this machine (DNS rebinding) sends that name as its host.
 * @throws PlumblineError `HOST_FORBIDDEN`.
 */
export function checkHost(host: string | undefined): void {
  if (host !== undefined && LOOPBACK_HOST.test(host)) return;
  throw new PlumblineError('HOST_FORBIDDEN', `this server does not answer to the host "${host ?? ''}"`, {
    hint: 'Ask for 127.0.0.1 or localhost.',
  });
}

/**
 * Browsers name the page that a request comes from. Programs need not.
 * @throws PlumblineError `ORIGIN_FORBIDDEN`.
 */
export function checkOrigin(origin: string | undefined, host: string): void {
  if (origin === undefined || origin.toLowerCase() === `http://${host.toLowerCase()}`) return;
  throw new PlumblineError('ORIGIN_FORBIDDEN', `pages of ${origin} may not use this server`, {
    hint: 'Only the page that this server serves, and programs outside of a browser, may.',
  });
}

/** @throws PlumblineError `TOKEN_MISSING`, `TOKEN_WRONG`. */
export function checkToken(authorization: string | undefined, tokens: readonly string[]): void {
  const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  if (given !== undefined && tokens.some((token) => isSameSecret(given, token))) return;
  throw given === undefined
    ? new PlumblineError('TOKEN_MISSING', 'this needs the token of the workspace', {
        hint: 'Send the header `Authorization: Bearer <token>`; `plumbline token` prints it.',
      })
    : new PlumblineError('TOKEN_WRONG', 'this is not the token of the workspace', {
        hint: '`plumbline token` prints it.',
      });
}
