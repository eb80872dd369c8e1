/**
 * `npm start [-- folder]`: Plumbline in a window where Electron's binary is here or can be fetched, else the page in a
 * browser. With options it is the page's server, and they are those of `plumbline open`.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { main as plumbline } from '../engine/doors/cli/main.ts';
import { EXIT } from '../engine/errors.ts';
import { workerUrls } from '../workers/urls.ts';
import { ensureDesktop } from './build-desktop.ts';
import { ensurePage } from './build-page.ts';
import { hasDisplay } from './start/display.ts';
import { downloadElectron, electronVersion, findElectron, reasonOf } from './start/electron-binary.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** A window that ends with an error so soon was never seen: no sandbox for this user, no libraries, no display after all. */
const NEVER_SEEN_MS = 10_000;

interface Ended {
  readonly code: number;
  readonly afterMs: number;
}

const interrupt = new AbortController();
const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(args: readonly string[]): Promise<number> {
  ensurePage(say);
  const withOptions = args.some((arg) => arg.startsWith('-'));
  const isSeen = hasDisplay(process.platform, process.env);
  if (!isSeen && !withOptions) say('There is no display here; serving the page.');
  const electron = withOptions || !isSeen ? null : await electronToUse();
  if (electron !== null) {
    ensureDesktop(say);
    const { code, afterMs } = await openWindow(electron, args[0]);
    if (code === 0 || interrupt.signal.aborted || afterMs > NEVER_SEEN_MS) return code;
    say(
      `Electron ended with code ${code} before there was a window; showing the page in the browser instead.`,
    );
  }
  // From here on Ctrl-C is the server's.
  stopListening();
  return plumbline({
    // Without a display a browser would be one for terminals, behind this one's back.
    args: ['open', ...args, ...(isSeen ? [] : ['--no-browser'])],
    workers: workerUrls,
    builtinModel: new URL('../models/builtin/', import.meta.url),
    page: new URL('../dist/page/', import.meta.url),
  });
}

/** Null where the page is to be shown in a browser, which has been said then. */
async function electronToUse(): Promise<string | null> {
  const present = findElectron();
  if (present !== null) return present;
  say(`Downloading Electron ${electronVersion} (once; some 120 MB) …`);
  try {
    await downloadElectron({ onProgress: showShare(), signal: interrupt.signal });
    return findElectron();
  } catch (error) {
    interrupt.signal.throwIfAborted();
    say(`Electron cannot be downloaded here (${reasonOf(error)}); showing the page in the browser instead.`);
    return null;
  }
}

/** One line that counts up on a terminal, and one line every quarter elsewhere. */
function showShare(): (share: number) => void {
  let shown = 0;
  return (share) => {
    const percent = Math.floor(share * 100);
    const step = process.stderr.isTTY ? 1 : 25;
    if (percent < shown + step) return;
    shown = percent;
    process.stderr.write(
      process.stderr.isTTY ? `\r  ${percent} %${percent === 100 ? '\n' : ''}` : `  ${percent} %\n`,
    );
  };
}

/** Until the window's process ends. Ctrl-C reaches it by itself: the terminal sends it to both. */
function openWindow(electron: string, folder: string | undefined): Promise<Ended> {
  const startedAt = performance.now();
  const { promise, resolve: end, reject } = Promise.withResolvers<Ended>();
  const start = process.env['INIT_CWD'] ?? process.cwd();
  const named = folder === undefined ? [] : [resolve(start, folder)];
  const child = spawn(electron, [ROOT, ...named], { stdio: 'inherit' });
  const pass = (): void => void child.kill('SIGTERM');
  interrupt.signal.addEventListener('abort', pass, { once: true });
  child.once('error', reject);
  child.once('exit', (code, signal) => {
    interrupt.signal.removeEventListener('abort', pass);
    const number = signal === null ? EXIT.unexpected : 128 + constants.signals[signal];
    end({ code: code ?? number, afterMs: performance.now() - startedAt });
  });
  return promise;
}

const onInterrupt = (): void => interrupt.abort(new Error('interrupted'));
process.on('SIGINT', onInterrupt).on('SIGTERM', onInterrupt);
function stopListening(): void {
  process.off('SIGINT', onInterrupt).off('SIGTERM', onInterrupt);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // A build blocks: that it was interrupted is heard of after it.
  await setImmediate();
  if (interrupt.signal.aborted) say('');
  else say(error instanceof Error ? error.message : String(error));
  process.exitCode = interrupt.signal.aborted ? EXIT.interrupted : EXIT.unexpected;
}
