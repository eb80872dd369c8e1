/** The application menu as data. What items do is passed in; what the system does itself is a role. */
import type { MenuItemConstructorOptions } from 'electron';

export interface MenuActions {
  goBack(): void;
  goForward(): void;
  openDocumentation(): void;
  openLogs(): void;
  openCrashes(): void;
}

export interface MenuOptions {
  readonly platform: NodeJS.Platform;
  /** Developer tools are for those who run it from its sources. */
  readonly isPackaged: boolean;
  readonly actions: MenuActions;
}

export function menuTemplate({ platform, isPackaged, actions }: MenuOptions): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin';
  const line: MenuItemConstructorOptions = { type: 'separator' };
  const help: MenuItemConstructorOptions[] = [
    { label: 'Documentation', accelerator: 'F1', click: () => actions.openDocumentation() },
    line,
    { label: 'Open Log Folder', click: () => actions.openLogs() },
    { label: 'Open Crash Folder', click: () => actions.openCrashes() },
    // On macOS it is in the application's own menu.
    ...(isMac ? [] : [line, { role: 'about' } as const]),
  ];
  return [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    { label: 'File', submenu: [{ role: isMac ? 'close' : 'quit' }] },
    { label: 'Edit', role: 'editMenu' },
    {
      label: 'View',
      submenu: [
        // A browser has buttons for it.
        { label: 'Back', accelerator: isMac ? 'Command+[' : 'Alt+Left', click: () => actions.goBack() },
        {
          label: 'Forward',
          accelerator: isMac ? 'Command+]' : 'Alt+Right',
          click: () => actions.goForward(),
        },
        { role: 'reload' },
        ...(isPackaged ? [] : [{ role: 'toggleDevTools' } as const]),
        line,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        // Without Shift, as browsers have it.
        { role: 'zoomIn', accelerator: 'CommandOrControl+=', visible: false },
        { role: 'zoomOut' },
        line,
        { role: 'togglefullscreen' },
      ],
    },
    { label: 'Window', role: 'windowMenu' },
    { label: 'Help', role: 'help', submenu: help },
  ];
}
