/** What the desktop decides, without a desktop. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../electron/policy/arguments.ts';
import { onClose, onQuit } from '../../electron/policy/closing.ts';
import { externalAddress } from '../../electron/policy/external-links.ts';
import { isGranted, isOwnAddress, isTrusted } from '../../electron/policy/origin.ts';
import { afterDeath } from '../../electron/policy/restart.ts';
import { checkEncryption, checkSecretName } from '../../electron/policy/secrets.ts';
import { hasTray } from '../../electron/policy/tray-support.ts';
import { MIN_SIZE, placeWindow, type WindowState } from '../../electron/policy/window-state.ts';

describe('arguments', () => {
  it('name a folder, relative to where the person is', () => {
    expect(parseArguments(['plumbline', 'music'], true, '/home/ada')).toEqual({
      selftest: false,
      folder: resolve('/home/ada', 'music'),
    });
  });

  it('of a development run have the app itself in second place', () => {
    expect(parseArguments(['electron', '.'], false, '/home/ada').folder).toBeNull();
    expect(parseArguments(['electron', '.', '/data'], false, '/home/ada').folder).toBe(resolve('/data'));
  });

  it('of Chromium and the system are no folder', () => {
    const argv = ['plumbline', '--ozone-platform=x11', '-psn_0_12', '', '--selftest'];
    expect(parseArguments(argv, true, '/')).toEqual({ selftest: true, folder: null });
  });
});

describe('external links', () => {
  const ENGINE = 'http://127.0.0.1:4711';

  it.each(['https://huggingface.co/', 'https://huggingface.co/Xenova/all-MiniLM-L6-v2?x=1#licence'])(
    'lead to %s',
    (address) => expect(externalAddress(address, ENGINE)).toBe(address),
  );

  it.each([
    'http://huggingface.co/',
    'https://huggingface.co.evil.example/',
    'https://evil.example/huggingface.co',
    'https://huggingface.co@evil.example/',
    'https://ada:secret@huggingface.co/',
    'https://huggingface.co:8443/',
    'file:///etc/passwd',
    'smb://huggingface.co/share',
    'javascript:alert(1)',
    'data:text/html,x',
    'ms-msdt:/id',
    'vbscript:x',
    'mailto:ada@example.org',
    'huggingface.co',
    '//huggingface.co',
    '',
  ])('do not lead to "%s"', (address) => expect(externalAddress(address, ENGINE)).toBeNull());

  it.each(['docs', 'openapi.json'])(
    'lead to the engine’s own %s, without anything that was added',
    (page) => {
      const address = `${ENGINE}/api/ai/bulk-sync/${page}`;
      expect(externalAddress(address, ENGINE)).toBe(address);
      expect(externalAddress(`${address}?x=1#y`, ENGINE)).toBe(address);
    },
  );

  it.each([
    [`${ENGINE}/`, ENGINE],
    [`${ENGINE}/#code=x`, ENGINE],
    [`${ENGINE}/api/ai/bulk-sync/status`, ENGINE],
    ['http://127.0.0.1:4712/api/ai/bulk-sync/docs', ENGINE],
    [`${ENGINE}/api/ai/bulk-sync/docs`, null],
  ])('do not lead to %s where the engine is at %s', (address, engineUrl) =>
    expect(externalAddress(address, engineUrl)).toBeNull(),
  );
});

describe('the window trusts', () => {
  const ENGINE = 'http://127.0.0.1:4711';
  const page = { url: `${ENGINE}/jobs`, isTopFrame: true, isOwnWindow: true };

  it('its engine’s page', () => {
    expect(isOwnAddress(`${ENGINE}/#code=x`, ENGINE)).toBe(true);
    expect(isTrusted(page, ENGINE)).toBe(true);
  });

  it.each([
    'http://127.0.0.1:4712/',
    'https://127.0.0.1:4711/',
    'http://localhost:4711/',
    'http://127.0.0.1:4711.evil.example/',
    'http://127.0.0.1:4711@evil.example/',
    'http://evil.example/http://127.0.0.1:4711/',
    'file:///x',
    'about:blank',
    'blob:null/x',
    'data:text/html,x',
    '',
  ])('not "%s"', (url) => {
    expect(isOwnAddress(url, ENGINE)).toBe(false);
    expect(isTrusted({ ...page, url }, ENGINE)).toBe(false);
  });

  it('no frame inside the page, no other window, and nobody while there is no engine', () => {
    expect(isTrusted({ ...page, isTopFrame: false }, ENGINE)).toBe(false);
    expect(isTrusted({ ...page, isOwnWindow: false }, ENGINE)).toBe(false);
    expect(isTrusted(page, null)).toBe(false);
  });

  it('its page to write to the clipboard, and to nothing else', () => {
    expect(isGranted('clipboard-sanitized-write', page.url, ENGINE)).toBe(true);
    expect(isGranted('clipboard-sanitized-write', 'https://evil.example/', ENGINE)).toBe(false);
    for (const permission of ['clipboard-read', 'media', 'geolocation', 'usb', 'openExternal', 'fullscreen'])
      expect(isGranted(permission, page.url, ENGINE), permission).toBe(false);
  });
});

describe('a window', () => {
  const LAPTOP = { x: 0, y: 25, width: 1440, height: 875 };
  const BESIDE = { x: 1440, y: 0, width: 2560, height: 1440 };
  const saved: WindowState = { x: 1600, y: 100, width: 1500, height: 1000, maximized: false };

  it('is centred at first', () => {
    expect(placeWindow(null, [LAPTOP])).toEqual({ width: 1280, height: 800, maximized: false });
  });

  it('comes back where it was', () => {
    expect(placeWindow(saved, [LAPTOP, BESIDE])).toEqual(saved);
  });

  it('comes to the main display, and fits it, when its own is gone', () => {
    const place = placeWindow({ ...saved, maximized: true }, [LAPTOP]);
    expect(place).toEqual({ width: 1440, height: 875, maximized: true });
  });

  it.each([
    ['above', { ...saved, x: 0, y: -500 }],
    ['below', { ...saved, x: 0, y: 5000 }],
    ['to the left', { ...saved, x: -1450, y: 100 }],
    ['behind the menu bar', { ...saved, x: 0, y: 0 }],
  ])('that could not be pulled back from %s of the displays is centred', (_where, lost) => {
    expect(placeWindow(lost, [LAPTOP])).not.toHaveProperty('x');
  });

  it('that hangs over an edge stays there', () => {
    expect(placeWindow({ ...saved, x: -1000, y: 100 }, [LAPTOP])).toMatchObject({ x: -1000, y: 100 });
  });

  it('is never too small to be used, nor larger than a small display', () => {
    const tiny: WindowState = { x: 100, y: 100, width: 1, height: 1, maximized: false };
    expect(placeWindow(tiny, [LAPTOP])).toMatchObject(MIN_SIZE);
    expect(placeWindow(null, [{ x: 0, y: 0, width: 320, height: 240 }])).toMatchObject({
      width: 320,
      height: 240,
    });
  });

  it('opens without any display at all', () => {
    expect(placeWindow(saved, [])).toMatchObject({ width: 1280, height: 800 });
  });
});

describe('an engine that dies', () => {
  const NOW = Date.UTC(2026, 0, 1);

  it('is started again three times, later each time, and then not', () => {
    const verdicts = [1, 2, 3, 4].map((count) =>
      afterDeath(
        Array.from({ length: count }, () => NOW),
        NOW,
      ),
    );
    expect(verdicts).toEqual([
      { restart: true, afterMs: 500 },
      { restart: true, afterMs: 2000 },
      { restart: true, afterMs: 8000 },
      { restart: false },
    ]);
  });

  it('once in a while is always started again', () => {
    const deaths = Array.from({ length: 20 }, (_, index) => NOW - index * 6 * 60_000);
    expect(afterDeath(deaths, NOW)).toEqual({ restart: true, afterMs: 500 });
  });
});

describe('closing the window', () => {
  const linux = { platform: 'linux', hasTray: true, jobs: 1, isQuitting: false } as const;

  it('hides it while jobs run, where there is a tray to come back from', () => {
    expect(onClose(linux)).toBe('hide');
    expect(onClose({ ...linux, hasTray: false })).toBe('close');
    expect(onClose({ ...linux, jobs: 0 })).toBe('close');
  });

  it('closes it when the app quits, and on macOS, where the app stays by itself', () => {
    expect(onClose({ ...linux, isQuitting: true })).toBe('close');
    expect(onClose({ ...linux, platform: 'darwin' })).toBe('close');
  });
});

it('quitting stops the engine first, once', () => {
  expect([onQuit('no'), onQuit('stopping'), onQuit('stopped')]).toEqual(['stop', 'wait', 'go']);
});

describe('a tray', () => {
  it('is there on macOS, Windows and the desktops that have one', () => {
    expect(hasTray('darwin', {})).toBe(true);
    expect(hasTray('win32', {})).toBe(true);
    expect(hasTray('linux', { XDG_CURRENT_DESKTOP: 'KDE' })).toBe(true);
    expect(hasTray('linux', { XDG_CURRENT_DESKTOP: 'ubuntu:GNOME' })).toBe(true);
  });

  it('is not counted on where the desktop shows none or is not known', () => {
    expect(hasTray('linux', { XDG_CURRENT_DESKTOP: 'GNOME' })).toBe(false);
    expect(hasTray('linux', {})).toBe(false);
  });
});

describe('a secret', () => {
  it.each(['SHOP_PASSWORD', 'pg', '_1'])('may be called %s', (name) =>
    expect(() => checkSecretName(name)).not.toThrow(),
  );

  it.each([
    '',
    '1A',
    'A-B',
    'A B',
    'ÄB',
    '__proto__ ',
    'PATH',
    'NODE_OPTIONS',
    'node_options',
    'LD_PRELOAD',
    'DYLD_INSERT_LIBRARIES',
    'ELECTRON_RUN_AS_NODE',
    'HF_ENDPOINT',
    'A'.repeat(129),
  ])('may not be called "%s"', (name) =>
    expect(() => checkSecretName(name)).toThrow(expect.objectContaining({ code: 'SECRET_NAME_INVALID' })),
  );

  it('is refused where the system would keep it in the open', () => {
    expect(() => checkEncryption(true, 'gnome_libsecret')).not.toThrow();
    expect(() => checkEncryption(true, null)).not.toThrow();
    for (const [isAvailable, backend] of [
      [false, null],
      [false, 'kwallet6'],
      [true, 'basic_text'],
      [true, 'unknown'],
    ] as const)
      expect(() => checkEncryption(isAvailable, backend)).toThrow(
        expect.objectContaining({ code: 'SECRETS_UNAVAILABLE' }),
      );
  });
});
