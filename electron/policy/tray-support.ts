/** Whether the desktop shows a tray icon. On Linux a program is not told, and a window hidden into nowhere is lost. */

/** Desktops that show status icons without an extension; GNOME itself does not, Ubuntu's and Pop!_OS's does. */
const LINUX_DESKTOPS: ReadonlySet<string> = new Set([
  'kde',
  'xfce',
  'x-cinnamon',
  'cinnamon',
  'mate',
  'lxqt',
  'budgie',
  'deepin',
  'unity',
  'ubuntu',
  'pop',
]);

/** @param environment `XDG_CURRENT_DESKTOP` in it is a list with colons: `ubuntu:GNOME`. */
export function hasTray(
  platform: NodeJS.Platform,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  if (platform === 'darwin' || platform === 'win32') return true;
  const desktops = (environment['XDG_CURRENT_DESKTOP'] ?? '').toLowerCase().split(':');
  return desktops.some((desktop) => LINUX_DESKTOPS.has(desktop));
}

/** The icon's file. macOS draws its own by its opacity alone, and knows it by its name. */
export const trayIcon = (platform: NodeJS.Platform): string =>
  platform === 'darwin' ? 'trayTemplate.png' : 'tray.png';
