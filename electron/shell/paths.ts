/** Where things are, run from the repository's build or from a package: both have the same folders. */
import { join } from 'node:path';
import { app } from 'electron';
import { trayIcon } from '../policy/tray-support.ts';

/** Beside package.json, in a package inside of `app.asar`. */
const inApp = (...parts: string[]): string => join(app.getAppPath(), ...parts);
/** Beside the archive in a package, because other programs open them. */
const resource = (...parts: string[]): string =>
  join(app.isPackaged ? process.resourcesPath : app.getAppPath(), ...parts);

export const paths = {
  preload: inApp('dist', 'electron', 'preload.cjs'),
  engine: inApp('dist', 'electron', 'engine.js'),
  icon: inApp('build', 'icon.png'),
  trayIcon: inApp('build', trayIcon(process.platform)),
  docs: resource('docs'),
  resources: { builtinModel: resource('models', 'builtin'), page: inApp('dist', 'page') },
  logs: app.getPath('logs'),
  crashes: app.getPath('crashDumps'),
  state: join(app.getPath('userData'), 'desktop.json'),
  secrets: join(app.getPath('userData'), 'secrets.json'),
};
