/** What `serve` and `open` have in common: a server that runs until the person ends it. */
import { Option } from 'commander';
import { EXIT, PlumblineError } from '../../errors.ts';
import { stringify } from '../../json.ts';
import { workspacePaths } from '../../workspace.ts';
import { DEFAULT_PORT, findServer } from '../endpoint.ts';
import { openBrowser } from './open-browser.ts';
import type { Held, Session } from './session.ts';

export const portOption = (): Option =>
  new Option(
    '--port <n>',
    `port; 0 for any free one (default: ${DEFAULT_PORT} or the next free one)`,
  ).argParser(toPort);

/** A server, as far as the command line needs it. */
export interface Server {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  entryUrl(): string;
  /** True where a job was interrupted. */
  stop(): Promise<boolean>;
}

export interface RunOptions {
  /** What was asked for; null where any is fine. */
  readonly port: number | null;
  /** Whose work a second Ctrl-C ends. */
  readonly held: Held;
  /** The line for people. */
  readonly line: string;
  readonly browser: boolean;
}

/** Says where the server is, and ends it when the person does. */
export async function runServer(session: Session, server: Server, options: RunOptions): Promise<void> {
  const { terminal, signal } = session;
  try {
    session.hold(options.held);
    const { url, token } = server;
    if (options.port === null && server.port !== DEFAULT_PORT)
      terminal.note(`port ${DEFAULT_PORT} is taken; listening on ${server.port} instead`);
    if (terminal.json) terminal.document(stringify({ url, token }));
    else terminal.print(options.line);
    if (options.browser) openBrowser(server.entryUrl(), (line) => terminal.note(line));
    await aborted(signal);
  } finally {
    const interrupted = await server.stop();
    if (interrupted)
      terminal.note(terminal.withCommands('a job was interrupted: `plumbline jobs --state interrupted`'));
    session.exitCode = interrupted ? EXIT.interrupted : EXIT.ok;
  }
}

/** Who is in the way may be a server, and then there is an address to go to. */
export async function withServer(error: unknown, folder: string): Promise<unknown> {
  if (!(error instanceof PlumblineError) || error.code !== 'WORKSPACE_LOCKED') return error;
  const served = await findServer(workspacePaths(folder));
  if (served === null) return error;
  return new PlumblineError(error.code, `this workspace is being served at ${served.url}`, {
    hint: `Use that one, or end process ${served.pid} first; \`plumbline token\` prints its token.`,
    retryable: true,
    cause: error,
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}

function toPort(value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw new PlumblineError('USAGE', `--port takes a number from 0 to 65535, not "${value}"`, {
    hint: 'For example: serve --port 9000. 0 takes any that is free.',
  });
}
