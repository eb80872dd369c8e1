/**
 * Passwords that a person gave to `init`: kept beside the catalog, readable by their owner alone, so that
 * `plumbline.yaml` is fit for version control and the workspace works all the same. The environment comes before them.
 */
import { join } from 'node:path';
import { PlumblineError } from './errors.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';

export type Secrets = Readonly<Record<string, string>>;

const SECRETS_FILE = 'secrets.json';

/** By the names that `plumbline.yaml` has for them. @throws PlumblineError `SECRETS_INVALID`. */
export function readSecrets(dataFolder: string): Secrets {
  const path = join(dataFolder, SECRETS_FILE);
  const text = readPrivateFile(path);
  if (text === null) return {};
  try {
    const secrets: unknown = JSON.parse(text);
    if (isSecrets(secrets)) return secrets;
  } catch {
    // The parser's message quotes what it could not read.
  }
  throw new PlumblineError('SECRETS_INVALID', `${path} is not readable: it has to map names to texts`, {
    hint: 'Delete it and set the environment variables that plumbline.yaml names instead.',
  });
}

/** Replaces all of them; where there are none, no file is made. */
export function writeSecrets(dataFolder: string, secrets: Secrets): void {
  if (Object.keys(secrets).length === 0) return;
  writePrivateFile(join(dataFolder, SECRETS_FILE), `${JSON.stringify(secrets, null, 2)}\n`);
}

const isSecrets = (value: unknown): value is Secrets =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((text) => typeof text === 'string');
