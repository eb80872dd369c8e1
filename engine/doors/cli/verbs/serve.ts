import { Option, type Command } from 'commander';
import type { Serving } from '../../http/serve.ts';
import { clean } from '../format.ts';
import type { OptionValues } from '../options.ts';
import { portOption, runServer, withServer } from '../serving.ts';
import type { Session } from '../session.ts';
import { addCommand } from '../verb.ts';

/** Not an operation of the contract: it is the door to them. */
export function addServe(program: Command, session: Session): void {
  const command = addCommand(program, {
    name: 'serve',
    summary: 'serve the workspace over REST on this machine, until Ctrl-C',
    examples: ['serve', 'serve --port 9000', 'serve --port 0 --json'],
    options: [portOption(), new Option('--open', 'open the page in a browser')],
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
  const port = (options['port'] as number | undefined) ?? null;
  const serving = await start(session, port);
  await runServer(session, serving, {
    port,
    held: serving.engine,
    line: `serving ${session.folder} at ${serving.url}  token ${serving.token}`,
    browser: options['open'] === true,
  });
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
      page: session.page,
      startFolder: session.resolvePath('.'),
      onNotice: (line) => session.terminal.note(clean(line)),
    });
  } catch (error) {
    throw await withServer(error, session.folder);
  }
}
