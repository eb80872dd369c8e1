/** The window itself, through Playwright. Needs Electron's binary and a display. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { _electron, type ElectronApplication, type Page } from 'playwright';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasDisplay } from '../../scripts/start/display.ts';
import { findElectron } from '../../scripts/start/electron-binary.ts';
import { buildDesktop, ROOT } from '../support/built-desktop.ts';
import { temporaryFolder } from '../support/workspace.ts';

const electron = findElectron();
const reason =
  electron === null
    ? 'no Electron binary here; `npm start` fetches it where there is a network'
    : hasDisplay(process.platform, { ...process.env, CI: '' })
      ? null
      : 'no display for Electron';

/** Chromium's sandbox refuses to be root, as tests in containers are. */
const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

describe.skipIf(reason !== null)(`the window${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let home: string;
  let app: ElectronApplication;
  let page: Page;

  const launch = async (...args: string[]): Promise<void> => {
    app = await _electron.launch({
      executablePath: electron as string,
      args: [
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        `--user-data-dir=${join(home, 'user')}`,
        ROOT,
        ...args,
      ],
      env: { ...(process.env as Record<string, string>), PLUMBLINE_HOME: join(home, 'plumbline') },
    });
    page = await app.firstWindow();
  };

  beforeEach(async () => {
    await buildDesktop();
    home = temporaryFolder();
    await launch();
  });
  afterEach(() => app.close());

  it('shows the engine’s page, without the way in in its address', async () => {
    await page.waitForFunction(`location.hash === '#/'`);
    expect(new URL(page.url()).hostname).toBe('127.0.0.1');
    expect(await page.title()).toContain('Plumbline');
  });

  it('gives the page one frozen object, and nothing of Node', async () => {
    const found = await page.evaluate<Record<string, unknown>>(`(() => {
      try {
        plumbline.pickFile = () => 'changed';
      } catch {
        // Frozen objects throw in strict code.
      }
      return {
        names: Object.keys(plumbline).sort(),
        isFrozen: Object.isFrozen(plumbline),
        isChanged: String(plumbline.pickFile).includes('changed'),
        node: [typeof require, typeof process, typeof Buffer],
      };
    })()`);
    expect(found['isChanged']).toBe(false);
    expect(found['isFrozen']).toBe(true);
    expect(found['names']).toEqual([
      'notify',
      'pickFile',
      'pickFolder',
      'platform',
      'removeSecret',
      'saveSecret',
      'secretNames',
      'showInFolder',
    ]);
    expect(found['node']).toEqual(['undefined', 'undefined', 'undefined']);
  });

  it('goes nowhere else and opens no window', async () => {
    const before = page.url();
    await page.evaluate(`
      location.href = 'https://example.org/';
      window.open('https://example.org/');
      window.open('file:///etc/passwd');
    `);
    await wait(1000);
    expect(page.url()).toBe(before);
    expect(app.windows()).toHaveLength(1);
  });

  it('grants the page nothing', async () => {
    const states = await page.evaluate<string[]>(`Promise.all(
      ['camera', 'microphone', 'geolocation', 'notifications'].map(
        async (name) => (await navigator.permissions.query({ name })).state,
      ),
    )`);
    expect(new Set(states)).toEqual(new Set(['denied']));
  });

  it('is one: a second start comes to the first', async () => {
    const second = spawn(electron as string, [...sandbox, `--user-data-dir=${join(home, 'user')}`, ROOT]);
    expect(await once(second, 'exit')).toEqual([0, null]);
    expect(app.windows()).toHaveLength(1);
  });

  it('remembers its place', async () => {
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(900, 700));
    await app.close();
    expect(existsSync(join(home, 'user', 'desktop.json'))).toBe(true);
    await launch();
    const size = await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getSize());
    expect(size).toEqual([900, 700]);
  });

  it('leaves no process behind when it quits', async () => {
    const pids = await app.evaluate(({ app: electronApp }) =>
      electronApp.getAppMetrics().map(({ pid }) => pid),
    );
    expect(pids.length).toBeGreaterThan(2);
    await app.close();
    await wait(2000);
    expect(pids.filter(isAlive)).toEqual([]);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
