/** A workspace being served: its engine with the write lock, and the REST door in front of it. */
import { Engine, type EngineOptions } from '../../engine.ts';
import { removeEndpoint, writeEndpoint } from '../endpoint.ts';
import { ensureToken } from '../token.ts';
import { createApp } from './app.ts';
import { EntryCodes } from './entry-codes.ts';
import { EventLog } from './event-log.ts';
import { Runs } from './runs.ts';
import { listen } from './server.ts';

export interface ServeOptions extends Omit<EngineOptions, 'access' | 'onProgress'> {
  /** 0 for any free port, null for the default one or the next that is free. */
  readonly port: number | null;
  readonly version: string;
  /** The folder of the page; null where there is none. */
  readonly page: string | null;
}

export interface Serving {
  readonly engine: Engine;
  readonly events: EventLog;
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

/** @throws PlumblineError `WORKSPACE_LOCKED`, `PORT_TAKEN`, and those of opening the engine. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const events = new EventLog();
  // Assigned before any job can tell of itself.
  let runs: Runs | null = null;
  const engine = new Engine({
    ...options,
    access: 'write',
    onProgress: (event) => events.progress(event, runs?.runOf(event.job.id) ?? null),
    onNotice: (line) => {
      events.notice(line);
      options.onNotice?.(line);
    },
  });
  runs = new Runs(engine);
  const stopping = new AbortController();
  const codes = new EntryCodes();
  try {
    const token = ensureToken(engine.paths);
    const { page, version } = options;
    const app = createApp({ engine, runs, events, codes, token, version, page, stopping: stopping.signal });
    const server = await listen((request) => app.fetch(request), options.port);
    const url = `http://127.0.0.1:${server.port}`;
    writeEndpoint(engine.paths, { url, pid: process.pid });
    let stopped: Promise<boolean> | null = null;
    const stop = async (): Promise<boolean> => {
      server.refuse();
      stopping.abort();
      removeEndpoint(engine.paths);
      const interrupted = await runs.close();
      events.close();
      await server.close();
      await engine.close();
      return interrupted;
    };
    return {
      engine,
      events,
      url,
      port: server.port,
      token,
      entryUrl: () => `${url}/#code=${codes.issue(Date.now())}`,
      stop: () => (stopped ??= stop()),
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}
