/** One workspace being served, and no other: its engine with the write lock, and the REST door in front of it. */
import { homedir } from 'node:os';
import type { Engine } from '../../engine.ts';
import { homeFolder } from '../../home.ts';
import type { EventLog } from './event-log.ts';
import { openHost, type Hosting, type HostingOptions } from './hosting.ts';

export interface ServeOptions extends Omit<HostingOptions, 'home' | 'pinned'> {
  /** The workspace. */
  readonly folder: string;
  /** Default: the person's own; a list of recent workspaces is read from there. */
  readonly home?: string;
}

export interface Serving extends Omit<Hosting, 'host'> {
  readonly engine: Engine;
  readonly events: EventLog;
}

/** @throws PlumblineError `WORKSPACE_LOCKED`, `PORT_TAKEN`, and those of opening the engine. */
export async function serve({ folder, home, ...options }: ServeOptions): Promise<Serving> {
  const { platform, env } = process;
  const machine = { platform, environment: env, userFolder: homedir() };
  const hosting = await openHost({ ...options, home: home ?? homeFolder(machine), pinned: folder });
  const { engine, events } = hosting.host.required();
  return {
    ...hosting,
    engine,
    events,
    get token() {
      return hosting.token;
    },
  };
}
