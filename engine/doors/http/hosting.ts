/** A server of the REST door and the page, with a workspace or without: what the desktop and `plumbline open` start. */
import { homedir } from 'node:os';
import { createApp } from './app.ts';
import { EntryCodes } from './entry-codes.ts';
import { Host, type HostOptions } from './host.ts';
import { listen } from './server.ts';

export interface HostingOptions extends Omit<HostOptions, 'pinned' | 'startFolder'> {
  /** Where relative paths start; default: the person's own folder. */
  readonly startFolder?: string;
  /** The one workspace that this server is for; default: workspaces come and go. */
  readonly pinned?: string;
  /** 0 for any free port, null for the default one or the next that is free. */
  readonly port: number | null;
  readonly version: string;
  /** The folder of the page; null where there is none. */
  readonly page: string | null;
}

export interface Hosting {
  readonly host: Host;
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** An address that lets a page in once, within a minute; see `entry-codes.ts`. */
  entryUrl(): string;
  /**
   * Takes nothing new, brings jobs to a safe point and ends; true where a job was interrupted, to be resumed. May be
   * repeated.
   */
  stop(): Promise<boolean>;
}

/**
 * @throws PlumblineError `PORT_TAKEN`, `PORT_FORBIDDEN`; `WORKSPACE_LOCKED` and those of opening the engine, where it is pinned;
 * `HOME_UNWRITABLE`.
 */
export async function openHost(options: HostingOptions): Promise<Hosting> {
  const { port, version, page, startFolder = homedir(), pinned = null, ...rest } = options;
  const host = new Host({ ...rest, startFolder, pinned });
  const codes = new EntryCodes();
  try {
    const app = createApp({ host, codes, version, page });
    const server = await listen((request, connection) => app.fetch(request, connection), port);
    const url = `http://127.0.0.1:${server.port}`;
    host.announce(url);
    let stopped: Promise<boolean> | null = null;
    const stop = async (): Promise<boolean> => {
      server.refuse();
      const interrupted = await host.stop();
      await server.close();
      return interrupted;
    };
    return {
      host,
      url,
      port: server.port,
      get token() {
        return host.token;
      },
      entryUrl: () => `${url}/#code=${codes.issue(Date.now())}`,
      stop: () => (stopped ??= stop()),
    };
  } catch (error) {
    await host.stop();
    throw error;
  }
}
