/** The command line door. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import type { WorkerUrls } from '../../engine.ts';
import { EXIT, PlumblineError, type ExitCode } from '../../errors.ts';
import { Session } from './session.ts';
import { Terminal } from './terminal.ts';
import { addVerbs } from './verbs.ts';

export interface MainOptions {
  /** The arguments after the program's name. */
  readonly args: readonly string[];
  readonly workers: WorkerUrls;
  /** Folder of the built-in model. */
  readonly builtinModel: URL;
}

/** Runs one verb; the exit code of the contract. */
export async function main(options: MainOptions): Promise<ExitCode> {
  const interrupt = new AbortController();
  const terminal = new Terminal(process.stdout, process.stderr);
  const session = new Session({
    terminal,
    workers: options.workers,
    builtinModel: fileURLToPath(options.builtinModel),
    signal: interrupt.signal,
    startFolder: startFolder(),
  });
  const stopListening = onInterrupt(interrupt, terminal);
  try {
    await program(session).parseAsync([...options.args], { from: 'user' });
    return session.exitCode;
  } catch (error) {
    session.json ||= options.args.includes('--json');
    if (!(error instanceof CommanderError)) {
      session.fail(error);
      return session.exitCode;
    }
    if (error.exitCode === 0) return EXIT.ok;
    // Commander has said it to people already; programs get the same as JSON.
    if (session.json) terminal.print(usageJson(error));
    return EXIT.usage;
  } finally {
    stopListening();
  }
}

function program(session: Session): Command {
  const root = new Command('plumbline')
    .description('Keeps a vector index true to the data it was built from.')
    .version(version(), '--version', 'print the version')
    .option(
      '-w, --workspace <folder>',
      'the workspace (default: the current folder); before or after the verb',
    )
    .option('--json', 'print one JSON document to standard output, and nothing else there')
    .helpOption('-h, --help', 'show help')
    .showSuggestionAfterError()
    .showHelpAfterError('(plumbline --help shows the verbs, plumbline <verb> --help an example)')
    .exitOverride()
    .hook('preAction', (command) => {
      const { workspace, json } = command.opts<{ workspace?: string; json?: boolean }>();
      session.workspace = workspace ?? null;
      session.json = json ?? false;
    })
    .addHelpText(
      'after',
      '\nExample:\n  plumbline init --source shop.sqlite\n  plumbline index\n  plumbline validate\n  plumbline search products "quiet espresso machine"',
    );
  addVerbs(root, session);
  return root;
}

function usageJson(error: CommanderError): string {
  const message = error.message.replace(/^error: /, '').split('\n')[0];
  const hint = 'plumbline --help shows the verbs, plumbline <verb> --help an example';
  return JSON.stringify({ error: { code: 'USAGE', message, hint, retryable: false } }, null, 2);
}

/**
 * The folder that the person is in: npm changes to the package's folder and says where it was called in INIT_CWD.
 */
function startFolder(): string {
  const { INIT_CWD, npm_lifecycle_event: script } = process.env;
  return INIT_CWD !== undefined && (script === 'plumbline' || script === 'start') ? INIT_CWD : process.cwd();
}

function version(): string {
  for (const path of ['../../../package.json', '../../../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string })
        .version;
    } catch {
      // Built files lie one folder deeper than their sources.
    }
  }
  throw new PlumblineError('UNEXPECTED', 'package.json is missing', { exitCode: EXIT.unexpected });
}

/** First interrupt: stop at the next safe point. Second: stop now; SQLite keeps what was committed. */
function onInterrupt(interrupt: AbortController, terminal: Terminal): () => void {
  const listener = (): void => {
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    terminal.note('stopping at the next safe point; press again to stop at once');
    interrupt.abort(
      new PlumblineError('INTERRUPTED', 'interrupted', { exitCode: EXIT.interrupted, retryable: true }),
    );
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return () => {
    process.off('SIGINT', listener);
    process.off('SIGTERM', listener);
  };
}
