/** Where Plumbline keeps what belongs to no single workspace: the list of recent ones, those it makes itself, the token. Pure. */
import { posix, win32 } from 'node:path';

export interface HomePaths {
  readonly root: string;
  /** Workspaces that were open lately. */
  readonly recent: string;
  /** What lets into a server without a workspace. */
  readonly token: string;
  /** Where new workspaces are made unless the person says otherwise. */
  readonly workspaces: string;
  /** What was found out about models before there is a workspace. */
  readonly models: string;
}

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The person's own folder. */
  readonly userFolder: string;
}

/** The data folder of this platform; `PLUMBLINE_HOME` overrides it, and may be relative. */
export function homeFolder({ platform, environment, userFolder }: Machine): string {
  const { join, isAbsolute } = platform === 'win32' ? win32 : posix;
  const own = environment['PLUMBLINE_HOME'];
  if (own !== undefined && own !== '') return own;
  if (platform === 'darwin') return join(userFolder, 'Library', 'Application Support', 'Plumbline');
  if (platform === 'win32')
    return join(environment['APPDATA'] ?? join(userFolder, 'AppData', 'Roaming'), 'Plumbline');
  // A relative path in it is to be ignored: https://specifications.freedesktop.org/basedir-spec
  const data = environment['XDG_DATA_HOME'] ?? '';
  return join(isAbsolute(data) ? data : join(userFolder, '.local', 'share'), 'plumbline');
}

/** @param folder absolute. */
export function homePaths(folder: string): HomePaths {
  const { join } = folder.startsWith('/') ? posix : win32;
  return {
    root: folder,
    recent: join(folder, 'recent.json'),
    token: join(folder, 'token'),
    workspaces: join(folder, 'workspaces'),
    models: join(folder, 'models'),
  };
}
