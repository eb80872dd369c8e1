/** What the desktop keeps on disk: secrets, its log, the window's place. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDesktopState, writeDesktopState } from '../../electron/desktop-state.ts';
import { LogFile } from '../../electron/log-file.ts';
import { checkEncryption } from '../../electron/policy/secrets.ts';
import { SecretStore, type Cipher } from '../../electron/secret-store.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'plumbline-desktop-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** In the place of the system's keychain, which tests have none of: turns bytes over, and knows its own. */
const cipher: Cipher = {
  check: async () => checkEncryption(true, null),
  encrypt: async (text) => Buffer.from(text).map((byte) => byte ^ 0xff),
  async decrypt(bytes) {
    if (bytes.length === 0) throw new Error('not mine');
    return Buffer.from(bytes.map((byte) => byte ^ 0xff)).toString();
  },
};

describe('secrets', () => {
  const path = (): string => join(folder, 'secrets.json');
  const store = (with_: Cipher = cipher): SecretStore => new SecretStore(path(), with_);

  it('come back from disk, for the engine alone', async () => {
    await store().save('SHOP_PASSWORD', 'pä$$ "word"\n');
    await store().save('OTHER', 'x');
    expect(store().names()).toEqual(['OTHER', 'SHOP_PASSWORD']);
    expect(await store().environment()).toEqual({ OTHER: 'x', SHOP_PASSWORD: 'pä$$ "word"\n' });
  });

  it('are encrypted, in a file that only its owner may read', async () => {
    await store().save('SHOP_PASSWORD', 'correct horse');
    expect(readFileSync(path(), 'utf8')).not.toContain('correct horse');
    if (process.platform !== 'win32') expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['secrets.json']);
  });

  it('are replaced and removed', async () => {
    await store().save('A', '1');
    await store().save('A', '2');
    expect(await store().environment()).toEqual({ A: '2' });
    store().remove('A');
    store().remove('A');
    expect(await store().environment()).toEqual({});
  });

  it('are not stored at all where the system cannot keep them', async () => {
    const open: Cipher = { ...cipher, check: async () => checkEncryption(true, 'basic_text') };
    await expect(store(open).save('A', '1')).rejects.toMatchObject({ code: 'SECRETS_UNAVAILABLE' });
    expect(existsSync(path())).toBe(false);
    expect(await store(open).environment()).toEqual({});
  });

  it('with a name that the system uses are refused', async () => {
    await expect(store().save('NODE_OPTIONS', '--import=/tmp/x')).rejects.toMatchObject({
      code: 'SECRET_NAME_INVALID',
    });
    expect(existsSync(path())).toBe(false);
  });

  it.each(['', '{', '[]', '{"version":2,"secrets":{}}', '{"version":1,"secrets":{"A":"not base64!"}}'])(
    'in a damaged file (%j) are called so, and stay as they are',
    async (text) => {
      writeFileSync(path(), text);
      const damaged = expect.objectContaining({ code: 'SECRETS_DAMAGED' });
      expect(() => store().names()).toThrow(damaged);
      await expect(store().save('A', '1')).rejects.toEqual(damaged);
      await expect(store().environment()).rejects.toEqual(damaged);
      expect(readFileSync(path(), 'utf8')).toBe(text);
    },
  );

  it('of another account are named', async () => {
    writeFileSync(path(), JSON.stringify({ version: 1, secrets: { THEIRS: '' } }));
    await expect(store().environment()).rejects.toMatchObject({
      code: 'SECRETS_DAMAGED',
      message: expect.stringContaining('THEIRS'),
    });
  });
});

describe('the log', () => {
  it('has the time, the origin and every line', () => {
    const log = new LogFile(join(folder, 'logs'));
    log.write('engine', 'one\ntwo\n');
    const lines = readFileSync(log.path, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z engine (one|two)$/);
  });

  it('never outgrows its files, however long it is written and whatever was there', () => {
    const options = { maxBytes: 1000, kept: 2 };
    writeFileSync(join(folder, 'plumbline.log'), 'x'.repeat(999));
    for (let start = 0; start < 5; start += 1) {
      const log = new LogFile(folder, options);
      for (let line = 0; line < 50; line += 1) log.write('main', `line ${line} of start ${start}`);
    }
    expect(readdirSync(folder).sort()).toEqual(['plumbline.log', 'plumbline.log.1', 'plumbline.log.2']);
    for (const name of readdirSync(folder))
      expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(1000);
    expect(readFileSync(join(folder, 'plumbline.log'), 'utf8')).toContain('line 49 of start 4');
  });

  it('stops nothing when it cannot be written', () => {
    const log = new LogFile(folder);
    rmSync(folder, { recursive: true });
    expect(() => log.write('main', 'lost')).not.toThrow();
  });
});

describe('the window’s place', () => {
  const path = (): string => join(folder, 'desktop.json');
  const state = { window: { x: 1, y: 2, width: 800, height: 600, maximized: true }, port: 4711 };

  it('is remembered', () => {
    writeDesktopState(path(), state);
    expect(readDesktopState(path())).toEqual(state);
  });

  it.each([null, '', '{', '{"window":{"x":"left"},"port":1}', '{"window":null,"port":70000}'])(
    'is the default one where the file holds %j',
    (text) => {
      if (text !== null) writeFileSync(path(), text);
      expect(readDesktopState(path())).toEqual({ window: null, port: 0 });
    },
  );
});
