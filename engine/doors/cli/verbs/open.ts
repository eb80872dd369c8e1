import { Option, type Command } from 'commander';
import { homedir } from 'node:os';
import { toErrorData } from '../../../errors.ts';
import { homeFolder } from '../../../home.ts';
import type { Hosting } from '../../http/hosting.ts';
import { clean } from '../format.ts';
import type { OptionValues } from '../options.ts';
import { portOption, runServer, withServer } from '../serving.ts';
import type { Session } from '../session.ts';
import { addCommand } from '../verb.ts';

/** Not an operation of the contract: it is the door to them, and to workspaces. */
export function addOpen(program: Command, session: Session): void {
  const command = addCommand(program, {
    name: 'open',
    summary: 'open the page in a browser: with a workspace, the last one, or none yet',
    examples: ['open', 'open shop', 'open --no-browser --port 0 --json'],
    arguments: [['[folder]', 'the workspace; the one that was open last when none is named']],
    options: [portOption(), new Option('--no-browser', 'only say where the page is')],
  });
  command.action(async (folder: string | undefined) => {
    try {
      await run(session, folder ?? session.terminal.workspace, command.opts());
    } catch (error) {
      session.fail(error);
    }
  });
}

async function run(session: Session, named: string | null, options: OptionValues): Promise<void> {
  const port = (options['port'] as number | undefined) ?? null;
  const hosting = await start(session, port, named === null ? null : session.resolvePath(named));
  const { host, url, token } = hosting;
  const what = host.engine === null ? 'Plumbline' : host.engine.paths.root;
  await runServer(session, hosting, {
    port,
    held: host,
    line: `${what} is at ${url}  token ${token}`,
    browser: options['browser'] !== false,
  });
}

async function start(session: Session, port: number | null, folder: string | null): Promise<Hosting> {
  // Loaded here, so that the other verbs start without it.
  const { openHost } = await import('../../http/hosting.ts');
  const hosting = await openHost({
    home: homeFolder({ platform: process.platform, environment: process.env, userFolder: homedir() }),
    startFolder: session.resolvePath('.'),
    workers: session.workers,
    builtinModel: session.builtinModel,
    port,
    version: session.version,
    page: session.page,
    onNotice: (line) => session.terminal.note(clean(line)),
  });
  try {
    if (folder === null) await openLast(session, hosting);
    else await hosting.host.open(folder, false);
    return hosting;
  } catch (error) {
    await hosting.stop();
    throw folder === null ? error : await withServer(error, folder);
  }
}

/** That it cannot be opened is no reason to show nothing: the page has others. */
async function openLast(session: Session, { host }: Hosting): Promise<void> {
  const folder = host.lastOpened();
  if (folder === null) return;
  try {
    await host.open(folder, false);
  } catch (error) {
    session.terminal.note(`${clean(folder)} stays closed: ${clean(toErrorData(error).message)}`);
  }
}
