/** The operating system's keychain, as the secret store needs it. */
import { safeStorage } from 'electron';
import type { Cipher } from '../secret-store.ts';
import { checkEncryption } from '../policy/secrets.ts';

export const systemCipher: Cipher = {
  async check() {
    const isAvailable = await safeStorage.isAsyncEncryptionAvailable();
    checkEncryption(
      isAvailable,
      process.platform === 'linux' ? safeStorage.getSelectedStorageBackend() : null,
    );
  },
  encrypt: (text) => safeStorage.encryptStringAsync(text),
  async decrypt(bytes) {
    return (await safeStorage.decryptStringAsync(Buffer.from(bytes))).result;
  },
};
