/** `npm start`: what it builds, what it opens, and what it does where there is no window to be had. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { hasDisplay } from '../../scripts/start/display.ts';
import { downloadElectron, reasonOf } from '../../scripts/start/electron-binary.ts';
import { isStale } from '../../scripts/start/staleness.ts';
import { buildDesktop, ROOT } from '../support/built-desktop.ts';
import { temporaryFolder } from '../support/workspace.ts';

describe('a build is stale', () => {
  const at = (path: string, seconds: number): void => utimesSync(path, seconds, seconds);

  it('where it is absent, or older than a source or the folder of one', () => {
    const root = temporaryFolder();
    mkdirSync(join(root, 'src', 'deep'), { recursive: true });
    const source = join(root, 'src', 'deep', 'a.ts');
    writeFileSync(source, '');
    const look = (): boolean => isStale(root, 'out.js', ['src/**']);
    expect(look()).toBe(true);
    writeFileSync(join(root, 'out.js'), '');
    const paths = [source, join(root, 'src', 'deep'), join(root, 'src')];
    for (const path of paths) at(path, 1000);
    at(join(root, 'out.js'), 2000);
    expect(look()).toBe(false);
    at(source, 3000);
    expect(look()).toBe(true);
    rmSync(source);
    expect(look()).toBe(true);
  });
});

describe('a display', () => {
  it('is what Linux says in the environment', () => {
    expect(hasDisplay('linux', { DISPLAY: ':0' })).toBe(true);
    expect(hasDisplay('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toBe(true);
    expect(hasDisplay('linux', { DISPLAY: '' })).toBe(false);
    expect(hasDisplay('linux', {})).toBe(false);
  });

  it('is there on macOS and Windows, but not from afar, and never in CI', () => {
    expect(hasDisplay('darwin', {})).toBe(true);
    expect(hasDisplay('win32', { SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' })).toBe(false);
    expect(hasDisplay('linux', { DISPLAY: ':0', CI: 'true' })).toBe(false);
  });
});

describe('the download of Electron', () => {
  async function mirror(answer: RequestListener): Promise<void> {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    vi.stubEnv('ELECTRON_MIRROR', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    vi.stubEnv('electron_config_cache', temporaryFolder());
    vi.stubEnv('XDG_CACHE_HOME', temporaryFolder());
    onTestFinished(() => void vi.unstubAllEnvs());
  }
  const download = (stallMs: number, signal = new AbortController().signal): Promise<string> =>
    downloadElectron({ onProgress: () => {}, signal, stallMs }).then(() => 'done', reasonOf);

  it('ends where nobody answers', async () => {
    await mirror(() => {});
    expect(await download(300)).toBe('no answer for 0.3 seconds');
  });

  it('ends where it stops in the middle', async () => {
    await mirror((_request, response) => {
      response.writeHead(200, { 'content-length': '1000000' });
      response.write('x'.repeat(1000));
    });
    expect(await download(300)).toBe('no answer for 0.3 seconds');
  });

  it('says that there is none', async () => {
    await mirror((_request, response) => response.writeHead(404).end());
    expect(await download(60_000)).toContain('404');
  });

  it('refuses what is not Electron', async () => {
    await mirror((_request, response) => response.end('<html>log in to the network first</html>'));
    expect(await download(60_000)).toMatch(/checksum/i);
  });

  it('ends with Ctrl-C', async () => {
    const interrupt = new AbortController();
    await mirror(() => interrupt.abort(new Error('interrupted')));
    expect(await download(60_000, interrupt.signal)).toBe('interrupted');
  });
});

/** `npm start` as a process of its own, which the test ends. */
async function start(args: readonly string[], environment: Record<string, string> = {}) {
  await buildDesktop();
  const child = spawn(process.execPath, ['scripts/start.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, CI: '', PLUMBLINE_HOME: temporaryFolder(), INIT_CWD: ROOT, ...environment },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => void output.push(text));
  const ended = once(child, 'close');
  return {
    ended,
    output: () => output.join(''),
    interrupt: () => child.kill('SIGINT'),
    /** What is found in the output, as soon as it is there. */
    async says(wanted: RegExp): Promise<string> {
      for (;;) {
        const found = wanted.exec(output.join(''));
        if (found !== null) return found[1] ?? found[0];
        const over = await Promise.race([ended, wait(50)]);
        if (over !== undefined && !wanted.test(output.join('')))
          expect.fail(`it ended and said: ${output.join('')}`);
      }
    },
  };
}

describe('npm start', () => {
  it('serves the page where there is no display, and ends with Ctrl-C', async () => {
    const run = await start(['--no-browser', '--port', '0', '--json'], { DISPLAY: '', WAYLAND_DISPLAY: '' });
    const url = await run.says(/"url":"([^"]+)"/);
    expect(await (await fetch(url)).text()).toContain('<title>Plumbline</title>');
    run.interrupt();
    expect(await run.ended).toEqual([0, null]);
  });
});

const reason = process.platform === 'linux' ? '' : ' (skipped: the programs stood in for are those of Linux)';

describe.skipIf(reason !== '')(`npm start with a display${reason}`, () => {
  /** A folder with a program that notes what it is called with. */
  function program(name: string, script: string): { folder: string; called: () => string } {
    const folder = temporaryFolder();
    writeFileSync(join(folder, name), `#!/bin/sh\necho "$@" > ${folder}/called\n${script}\n`, {
      mode: 0o755,
    });
    return { folder, called: () => readFileSync(join(folder, 'called'), 'utf8').trim() };
  }

  it('opens the window with the folder that is named, and ends with it', async () => {
    const electron = program('electron', 'exit 0');
    const run = await start(['music'], { DISPLAY: ':0', ELECTRON_OVERRIDE_DIST_PATH: electron.folder });
    expect(await run.ended).toEqual([0, null]);
    expect(electron.called()).toBe(`${ROOT} ${join(ROOT, 'music')}`);
  });

  it('ends the window with Ctrl-C', async () => {
    const electron = program('electron', 'trap "exit 0" TERM\necho open\nwhile :; do sleep 0.1; done');
    const run = await start([], { DISPLAY: ':0', ELECTRON_OVERRIDE_DIST_PATH: electron.folder });
    await run.says(/open/);
    run.interrupt();
    expect(await run.ended).toEqual([0, null]);
  });

  it('shows the page in the browser where Electron ends before there was a window', async () => {
    const electron = program('electron', 'exit 133');
    const browser = program('xdg-open', '');
    const run = await start([], {
      DISPLAY: ':0',
      ELECTRON_OVERRIDE_DIST_PATH: electron.folder,
      PATH: `${browser.folder}:${process.env['PATH']}`,
    });
    const url = await run.says(/ at (http:\/\/127\.0\.0\.1:\d+)/);
    expect(run.output()).toContain('Electron ended with code 133 before there was a window');
    await vi.waitFor(() => expect(browser.called()).toMatch(new RegExp(`^${url}/#code=`)), 5000);
    run.interrupt();
    expect(await run.ended).toEqual([0, null]);
  });

  it('says that Electron cannot be downloaded, and shows the page in the browser', async () => {
    const browser = program('xdg-open', '');
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as AddressInfo;
    nobody.close();
    const run = await start([], {
      DISPLAY: ':0',
      // A package without its binary.
      ELECTRON_OVERRIDE_DIST_PATH: temporaryFolder(),
      ELECTRON_MIRROR: `http://127.0.0.1:${port}/`,
      electron_config_cache: temporaryFolder(),
      XDG_CACHE_HOME: temporaryFolder(),
      PATH: `${browser.folder}:${process.env['PATH']}`,
    });
    await run.says(/Plumbline is at http/);
    expect(run.output()).toMatch(/Electron cannot be downloaded here \(.*ECONNREFUSED.*\)/);
    run.interrupt();
    expect(await run.ended).toEqual([0, null]);
  });
});
