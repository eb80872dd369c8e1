/** The desktop's main process: puts the pieces together. No product logic; decisions are in `policy/`. */
import { app, crashReporter, dialog, Menu, shell, type BrowserWindow } from 'electron';
import type { PlumblineError } from '../engine/errors.ts';
import { readDesktopState, writeDesktopState } from './desktop-state.ts';
import { LogFile } from './log-file.ts';
import type { Activity } from './messages.ts';
import { IDLE, progressBar } from './policy/activity.ts';
import { parseArguments } from './policy/arguments.ts';
import { onClose, onQuit, type QuitPhase } from './policy/closing.ts';
import { wasReplaced } from './policy/loading.ts';
import { menuTemplate } from './policy/menu.ts';
import { afterDeath } from './policy/restart.ts';
import { hasTray } from './policy/tray-support.ts';
import { SecretStore } from './secret-store.ts';
import { answerBridge } from './shell/bridge.ts';
import { systemCipher } from './shell/cipher.ts';
import { EngineProcess } from './shell/engine-process.ts';
import { installGuards } from './shell/guards.ts';
import { paths } from './shell/paths.ts';
import { runSelftest } from './shell/selftest.ts';
import { createTray, type AppTray } from './shell/tray.ts';
import { openWindow, stateOf } from './shell/window.ts';

const { selftest, folder } = parseArguments(process.argv, app.isPackaged, process.cwd());
// Crashes stay on this machine: nothing is sent anywhere.
crashReporter.start({ uploadToServer: false });
app.enableSandbox();
// As electron-builder.yml names it: Windows shows notifications under it.
app.setAppUserModelId('app.plumbline.desktop');

if (selftest) void app.whenReady().then(runSelftest);
else if (app.requestSingleInstanceLock({ folder })) void app.whenReady().then(run);
// The one that runs has been told, and comes to the front.
else app.quit();

function run(): void {
  const log = new LogFile(paths.logs);
  const secrets = new SecretStore(paths.secrets, systemCipher);
  let state = readDesktopState(paths.state);
  let window: BrowserWindow | null = null;
  let tray: AppTray | null = null;
  let activity: Activity = IDLE;
  let quitting: QuitPhase = 'no';
  /** Of the command line; an engine that is started again opens what was open last. */
  let named = folder;
  const pageDeaths: number[] = [];

  const engine = new EngineProcess({
    entry: paths.engine,
    log,
    startMessage: async () => ({
      type: 'start',
      folder: named,
      port: state.port,
      version: app.getVersion(),
      environment: await secretEnvironment(),
      resources: paths.resources,
    }),
  });

  /** Secrets that cannot be read are told, and missed only where the configuration names them. */
  async function secretEnvironment(): Promise<Record<string, string>> {
    try {
      return await secrets.environment();
    } catch (error) {
      tell('Stored secrets cannot be read', error as PlumblineError);
      return {};
    }
  }

  function tell(what: string, { message, hint }: Pick<PlumblineError, 'message' | 'hint'>): void {
    log.write('main', `${what}: ${message}`);
    void dialog.showMessageBox({
      type: 'error',
      message: what,
      detail: [message, hint].filter(Boolean).join('\n'),
    });
  }

  async function openFolder(path: string): Promise<void> {
    const problem = await shell.openPath(path);
    if (problem !== '') tell('This folder cannot be shown', { message: `${path}: ${problem}`, hint: null });
  }

  function remember(): void {
    if (window !== null) state = { ...state, window: stateOf(window) };
    try {
      writeDesktopState(paths.state, state);
    } catch (error) {
      log.write('main', `the window's place is not remembered: ${String(error)}`);
    }
  }

  /** Shows the window, and makes one if there is none. A new one needs a way in, for which the engine is asked. */
  function show(): void {
    if (window === null) return engine.send({ type: 'entry' });
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  function enter(address: string): void {
    window ??= makeWindow();
    window.loadURL(address).catch((error: Error) => {
      if (wasReplaced(error)) return;
      window?.show();
      tell('The page did not load', { message: error.message, hint: 'Help leads to the log.' });
    });
  }

  function makeWindow(): BrowserWindow {
    const made = openWindow({ preload: paths.preload, icon: paths.icon, saved: state.window });
    made.on('close', (event) => {
      remember();
      const isQuitting = quitting !== 'no';
      const situation = {
        platform: process.platform,
        hasTray: tray !== null,
        jobs: activity.jobs,
        isQuitting,
      };
      if (onClose(situation) === 'close') return;
      event.preventDefault();
      made.hide();
    });
    made.once('closed', () => (window = null));
    made.webContents.on('render-process-gone', (_event, { reason }) => {
      log.write('main', `the page's process is gone: ${reason}`);
      if (reason === 'clean-exit') return;
      pageDeaths.push(Date.now());
      const verdict = afterDeath(pageDeaths, Date.now());
      if (verdict.restart) setTimeout(() => engine.send({ type: 'entry' }), verdict.afterMs);
      else
        tell('The page stopped several times', { message: reason, hint: 'Quit and start Plumbline anew.' });
    });
    return made;
  }

  installGuards(() => engine.url);
  answerBridge({
    window: () => window,
    engineUrl: () => engine.url,
    secrets,
    onSecretsChanged: async () =>
      engine.send({ type: 'environment', environment: await secrets.environment() }),
  });
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(
      menuTemplate({
        platform: process.platform,
        isPackaged: app.isPackaged,
        actions: {
          goBack: () => window?.webContents.navigationHistory.goBack(),
          goForward: () => window?.webContents.navigationHistory.goForward(),
          openDocumentation: () => void openFolder(paths.docs),
          openLogs: () => void openFolder(paths.logs),
          openCrashes: () => void openFolder(paths.crashes),
        },
      }),
    ),
  );
  if (hasTray(process.platform, process.env))
    tray = createTray({ icon: paths.trayIcon, onOpen: show, onQuit: () => app.quit() });

  engine.on('ready', ({ url, entryUrl }) => {
    log.write('main', `the engine answers at ${url}`);
    named = null;
    state = { ...state, port: Number(new URL(url).port) };
    // A page that was there before finds it again by itself, unless it has moved.
    const isWhereItWas = window?.webContents.getURL().startsWith(`${url}/`) === true;
    if (!isWhereItWas) enter(entryUrl);
  });
  engine.on('entry', enter);
  engine.on('activity', (now) => {
    activity = now;
    tray?.show(now);
    window?.setProgressBar(progressBar(now));
  });
  engine.on('failed', (error) => tell('Plumbline could not do that', error));
  engine.on('lost', (error) => void offerRetry(error));

  async function offerRetry(error: PlumblineError | null): Promise<void> {
    const { response } = await dialog.showMessageBox({
      type: 'error',
      message: error === null ? 'The engine stopped several times' : 'Plumbline cannot start',
      detail:
        error === null
          ? 'What was committed is safe, and interrupted jobs can be resumed. The log says what happened.'
          : [error.message, error.hint].filter(Boolean).join('\n'),
      buttons: ['Try Again', 'Open Log Folder', 'Quit'],
      cancelId: 2,
    });
    if (response === 0) return engine.retry();
    if (response === 1) await openFolder(paths.logs);
    app.quit();
  }

  app.on('second-instance', (_event, _argv, _cwd, data) => {
    const other = (data as { folder?: unknown } | null)?.folder;
    if (typeof other === 'string') engine.send({ type: 'open', folder: other });
    show();
  });
  app.on('activate', show);
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('before-quit', (event) => {
    const next = onQuit(quitting);
    if (next === 'go') return;
    event.preventDefault();
    if (next === 'wait') return;
    quitting = 'stopping';
    remember();
    void engine.stop().then(() => {
      quitting = 'stopped';
      app.quit();
    });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => app.quit());
  process.on('uncaughtExceptionMonitor', (error) => log.write('main', error.stack ?? String(error)));
  void engine.start();
}
