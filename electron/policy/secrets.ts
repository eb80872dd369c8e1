/** Which secrets are kept, and whether the system can keep any. */
import { PlumblineError } from '../../engine/errors.ts';

/** As `${NAME}` in plumbline.yaml. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
/** Variables by which a program is made to load or do something else: no page may set them. */
const RESERVED =
  /^(PATH|HOME|USERPROFILE|(LOCAL)?APPDATA|SHELL|IFS|TMPDIR|TEMP|TMP|HF_ENDPOINT|SSL_CERT_(FILE|DIR)|(NODE|ELECTRON|LD|DYLD|NPM|ORT|OPENSSL|XDG|PLUMBLINE)_.*)$/i;

/** @throws PlumblineError `SECRET_NAME_INVALID`. */
export function checkSecretName(name: string): void {
  if (!NAME.test(name))
    throw new PlumblineError('SECRET_NAME_INVALID', `"${name}" cannot be the name of a secret`, {
      hint: 'Letters, digits and _ only, and no digit at the beginning: SHOP_PASSWORD.',
    });
  if (RESERVED.test(name))
    throw new PlumblineError('SECRET_NAME_INVALID', `${name} means something to the system itself`, {
      hint: 'Choose a name of your own, such as SHOP_PASSWORD.',
    });
}

/**
 * @param backend what keeps the key on Linux; null elsewhere. `basic_text` is a key that everybody knows.
 * @throws PlumblineError `SECRETS_UNAVAILABLE`: nothing is stored then, rather than stored in the open.
 */
export function checkEncryption(isAvailable: boolean, backend: string | null): void {
  if (isAvailable && backend !== 'basic_text' && backend !== 'unknown') return;
  throw new PlumblineError('SECRETS_UNAVAILABLE', 'this system offers no safe place for secrets', {
    hint:
      backend === null
        ? 'Unlock the keychain, or set the secret as an environment variable before you start Plumbline.'
        : 'Install and unlock a keyring (gnome-keyring, KWallet), or set the secret as an environment variable.',
  });
}
