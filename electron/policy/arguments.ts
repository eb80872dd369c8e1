/** The command line of the window: `plumbline [--selftest] [folder]`, with whatever Chromium and Electron add to it. */
import { resolve } from 'node:path';

export interface AppArguments {
  readonly selftest: boolean;
  /** Absolute path of the workspace to open; null where none was named. */
  readonly folder: string | null;
}

/**
 * @param argv as `process.argv`: without a package, the app's own path stands between program and arguments.
 * @param folder that relative paths start from.
 */
export function parseArguments(argv: readonly string[], isPackaged: boolean, folder: string): AppArguments {
  const rest = argv.slice(isPackaged ? 1 : 2);
  const named = rest.find((argument) => argument !== '' && !argument.startsWith('-'));
  return {
    selftest: rest.includes('--selftest'),
    folder: named === undefined ? null : resolve(folder, named),
  };
}
