/** Secrets on disk: each encrypted by the operating system's key, in a file that only its owner may read. */
import { z } from 'zod';
import { readPrivateFile, writePrivateFile } from '../engine/private-file.ts';
import { PlumblineError } from '../engine/errors.ts';
import { checkSecretName } from './policy/secrets.ts';

/** What is needed of Electron's `safeStorage`. */
export interface Cipher {
  /** @throws PlumblineError `SECRETS_UNAVAILABLE`. */
  check(): Promise<void>;
  encrypt(text: string): Promise<Uint8Array>;
  decrypt(bytes: Uint8Array): Promise<string>;
}

const fileSchema = z.object({ version: z.literal(1), secrets: z.record(z.string(), z.base64()) });
type SecretsFile = z.infer<typeof fileSchema>;

export class SecretStore {
  readonly #path: string;
  readonly #cipher: Cipher;

  constructor(path: string, cipher: Cipher) {
    this.#path = path;
    this.#cipher = cipher;
  }

  /** @throws PlumblineError `SECRETS_DAMAGED`. */
  names(): string[] {
    return Object.keys(this.#read().secrets).sort();
  }

  /** @throws PlumblineError `SECRET_NAME_INVALID`, `SECRETS_UNAVAILABLE`, `SECRETS_DAMAGED`, those of writing. */
  async save(name: string, value: string): Promise<void> {
    checkSecretName(name);
    await this.#cipher.check();
    const encrypted = Buffer.from(await this.#cipher.encrypt(value)).toString('base64');
    const { secrets } = this.#read();
    this.#write({ ...secrets, [name]: encrypted });
  }

  remove(name: string): void {
    const { [name]: removed, ...secrets } = this.#read().secrets;
    if (removed !== undefined) this.#write(secrets);
  }

  /**
   * All of them, for the engine's environment.
   * @throws PlumblineError `SECRETS_UNAVAILABLE`, `SECRETS_DAMAGED`; never where there are none.
   */
  async environment(): Promise<Record<string, string>> {
    const entries = Object.entries(this.#read().secrets);
    if (entries.length === 0) return {};
    await this.#cipher.check();
    const opened = entries.map(
      async ([name, encrypted]) => [name, await this.#open(name, encrypted)] as const,
    );
    return Object.fromEntries(await Promise.all(opened));
  }

  async #open(name: string, encrypted: string): Promise<string> {
    try {
      return await this.#cipher.decrypt(Buffer.from(encrypted, 'base64'));
    } catch (error) {
      throw new PlumblineError('SECRETS_DAMAGED', `the secret ${name} cannot be decrypted`, {
        hint: 'It was stored under another account or keyring; store it anew in the settings.',
        cause: error,
      });
    }
  }

  #read(): SecretsFile {
    const text = readPrivateFile(this.#path);
    if (text === null) return { version: 1, secrets: {} };
    const result = fileSchema.safeParse(parseJson(text));
    if (result.success) return result.data;
    throw new PlumblineError('SECRETS_DAMAGED', `${this.#path} is not a file of secrets any more`, {
      hint: 'Delete it and store the secrets anew.',
    });
  }

  #write(secrets: Record<string, string>): void {
    writePrivateFile(this.#path, JSON.stringify({ version: 1, secrets } satisfies SecretsFile));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
