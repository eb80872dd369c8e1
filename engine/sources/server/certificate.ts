import { readFileSync } from 'node:fs';
import { PlumblineError } from '../../errors.ts';

/** The text of `tlsCa`. @throws PlumblineError `CONFIG_INVALID`. */
export function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new PlumblineError('CONFIG_INVALID', `the certificate ${path} cannot be read`, {
      hint: 'Check tlsCa of the source in plumbline.yaml.',
      cause,
    });
  }
}
