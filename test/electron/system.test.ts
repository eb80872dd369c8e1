/** What the desktop makes of the system that it runs on. */
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { wasReplaced } from '../../electron/policy/loading.ts';
import { checkSecretName } from '../../electron/policy/secrets.ts';
import { trayIcon } from '../../electron/policy/tray-support.ts';

it.each(['darwin', 'win32', 'linux'] as const)('the tray of %s has an icon, in two sizes', (platform) => {
  const icon = new URL(`../../build/${trayIcon(platform)}`, import.meta.url);
  expect(existsSync(icon)).toBe(true);
  expect(existsSync(new URL(icon.href.replace('.png', '@2x.png')))).toBe(true);
  // As Electron knows what macOS is to draw in the menu bar's colours.
  expect(icon.href.endsWith('Template.png')).toBe(platform === 'darwin');
});

it('a page that another one replaced while it was loading has not failed', () => {
  // As electron/lib/browser/navigation-controller.ts makes them.
  const error = (code: string, errno: number) =>
    Object.assign(new Error(`${code} (${errno}) loading 'http://127.0.0.1/'`), { code, errno });
  expect(wasReplaced(error('ERR_ABORTED', -3))).toBe(true);
  expect(wasReplaced(error('ERR_CONNECTION_REFUSED', -102))).toBe(false);
  expect(wasReplaced(new Error('the window is gone'))).toBe(false);
});

it.each(['PLUMBLINE_HOME', 'XDG_DATA_HOME', 'AppData', 'OPENSSL_CONF'])(
  'a secret that is called %s would move where Plumbline keeps its files, or what it loads',
  (name) =>
    expect(() => checkSecretName(name)).toThrow(expect.objectContaining({ code: 'SECRET_NAME_INVALID' })),
);
