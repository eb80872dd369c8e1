/** `npm start`: what it builds, what it opens, and what it does where there is no window to be had. */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
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

describe('npm start', () => {
  it('serves the page where there is no display, and ends with Ctrl-C', async () => {
    await buildDesktop();
    const home = temporaryFolder();
    const child = spawn(process.execPath, ['scripts/start.ts', '--no-browser', '--port', '0', '--json'], {
      cwd: ROOT,
      env: { ...process.env, PLUMBLINE_HOME: home, DISPLAY: '', WAYLAND_DISPLAY: '' },
    });
    const closed = once(child, 'close');
    const errors = child.stderr.setEncoding('utf8').toArray() as Promise<string[]>;
    const [line] = (await Promise.race([once(child.stdout, 'data'), closed])) as [Buffer | number];
    if (!Buffer.isBuffer(line)) expect.fail(`it ended with ${line}: ${(await errors).join('')}`);
    const { url } = JSON.parse(line.toString()) as { url: string };
    expect(await (await fetch(url)).text()).toContain('<title>Plumbline</title>');
    child.kill('SIGINT');
    expect(await closed).toEqual([0, null]);
  });
});
