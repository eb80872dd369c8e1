import { Option, type Command } from 'commander';
import { EXIT, PlumblineError } from '../../../errors.ts';
import { stringify } from '../../../json.ts';
import { workspacePaths } from '../../../workspace.ts';
import { DEFAULT_PORT, findServer } from '../../endpoint.ts';
import type { Serving } from '../../http/serve.ts';
import { clean } from '../format.ts';
import { openBrowser } from '../open-browser.ts';
import type { OptionValues } from '../options.ts';
import type { Session } from '../session.ts';
import { addCommand } from '../verb.ts';

/** Not an operation of the contract: it is the door to them. */
export function addServe(program: Command, session: Session): void {
  const command = addCommand(program, {
    name: 'serve',
    summary: 'serve the workspace over REST on this machine, until Ctrl-C',
    examples: ['serve', 'serve --port 9000', 'serve --port 0 --json'],
    options: [
      new Option(
        '--port <n>',
        `port; 0 for any free one (default: ${DEFAULT_PORT} or the next free one)`,
      ).argParser(toPort),
      new Option('--open', 'open the page in a browser'),
    ],
  });
  command.action(async () => {
    try {
      await run(session, command.opts());
    } catch (error) {
      session.fail(error);
    }
  });
}

async function run(session: Session, options: OptionValues): Promise<void> {
  const { terminal, signal } = session;
  const port = (options['port'] as number | undefined) ?? null;
  const serving = await start(session, port);
  try {
    session.hold(serving.engine);
    const { url, token } = serving;
    if (port === null && serving.port !== DEFAULT_PORT)
      terminal.note(`port ${DEFAULT_PORT} is taken; listening on ${serving.port} instead`);
    if (terminal.json) terminal.document(stringify({ url, token }));
    else terminal.print(`serving ${session.folder} at ${url}  token ${token}`);
    if (options['open'] === true) openBrowser(serving.entryUrl(), (line) => terminal.note(line));
    await aborted(signal);
  } finally {
    const interrupted = await serving.stop();
    if (interrupted)
      terminal.note(terminal.withCommands('a job was interrupted: `plumbline jobs --state interrupted`'));
    session.exitCode = interrupted ? EXIT.interrupted : EXIT.ok;
  }
}

async function start(session: Session, port: number | null): Promise<Serving> {
  // Loaded here, so that the other verbs start without it.
  const { serve } = await import('../../http/serve.ts');
  try {
    return await serve({
      folder: session.folder,
      workers: session.workers,
      builtinModel: session.builtinModel,
      port,
      version: session.version,
      page: null,
      onNotice: (line) => session.terminal.note(clean(line)),
    });
  } catch (error) {
    throw await withServer(error, session);
  }
}

/** Who is in the way may be a server, and then there is an address to go to. */
async function withServer(error: unknown, session: Session): Promise<unknown> {
  if (!(error instanceof PlumblineError) || error.code !== 'WORKSPACE_LOCKED') return error;
  const served = await findServer(workspacePaths(session.folder));
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
