/**
 * One-time codes by which a page gets the token: an address may end up in a browser's history and in the list of processes,
 * where a token must not be.
 */
import { randomBytes } from 'node:crypto';
import { PlumblineError } from '../../errors.ts';

const VALID_MS = 60_000;

export class EntryCodes {
  readonly #validUntil = new Map<string, number>();

  /** A code that lets in once, within a minute. */
  issue(now: number): string {
    for (const [code, until] of this.#validUntil) if (until < now) this.#validUntil.delete(code);
    const code = randomBytes(32).toString('base64url');
    this.#validUntil.set(code, now + VALID_MS);
    return code;
  }

  /** @throws PlumblineError `TOKEN_WRONG` for a code that was used, is too old, or never was. */
  redeem(code: unknown, now: number): void {
    const until = typeof code === 'string' ? this.#validUntil.get(code) : undefined;
    this.#validUntil.delete(String(code));
    if (until !== undefined && until >= now) return;
    throw new PlumblineError('TOKEN_WRONG', 'this code does not let anybody in, or not any more', {
      hint: '`plumbline token` prints the token that does.',
    });
  }
}
