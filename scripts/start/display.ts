/** Whether this machine can show a window to whoever is at this terminal. */

export function hasDisplay(
  platform: NodeJS.Platform,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const isSet = (name: string): boolean => (environment[name] ?? '') !== '';
  if (isSet('CI')) return false;
  if (platform === 'win32' || platform === 'darwin') return !isSet('SSH_CONNECTION');
  return isSet('DISPLAY') || isSet('WAYLAND_DISPLAY');
}
