/** The one window. It shows the engine's page and nothing else. */
import { BrowserWindow, nativeTheme, screen } from 'electron';
import { MIN_SIZE, placeWindow, type WindowState } from '../policy/window-state.ts';

export interface WindowOptions {
  readonly preload: string;
  readonly icon: string;
  readonly saved: WindowState | null;
}

/** The page's own background, so that there is no flash before its first paint. */
const BACKGROUND = { light: '#ffffff', dark: '#1a1b1e' } as const;

export function openWindow({ preload, icon, saved }: WindowOptions): BrowserWindow {
  const main = screen.getPrimaryDisplay();
  const others = screen.getAllDisplays().filter(({ id }) => id !== main.id);
  const { maximized, ...place } = placeWindow(
    saved,
    [main, ...others].map(({ workArea }) => workArea),
  );
  const window = new BrowserWindow({
    ...place,
    minWidth: MIN_SIZE.width,
    minHeight: MIN_SIZE.height,
    title: 'Plumbline',
    icon,
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      // Progress and notifications go on while the window is hidden.
      backgroundThrottling: false,
      spellcheck: false,
    },
  });
  if (maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  return window;
}

/** Where it is now, or was before it was maximised. */
export function stateOf(window: BrowserWindow): WindowState {
  return { ...window.getNormalBounds(), maximized: window.isMaximized() };
}
