/** The command line door. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import type { WorkerUrls } from '../../engine.ts';
import { EXIT, PlumblineError, type ExitCode } from '../../errors.ts';
import { Session } from './session.ts';
import { Terminal } from './terminal.ts';
import { throwUsageErrors } from './usage.ts';
import { verbs } from './verbs.ts';

export interface MainOptions {
  /** The arguments after the program's name. */
  readonly args: readonly string[];
  readonly workers: WorkerUrls;
  /** Folder of the built-in model. */
  readonly builtinModel: URL;
  /** Folder of the built page, be it there or not. */
  readonly page?: URL;
}

/** Runs one verb; the exit code of the contract. */
export async function main(options: MainOptions): Promise<ExitCode> {
  const interrupt = new AbortController();
  const terminal = new Terminal(process.stdout, process.stderr, calledByNpm() ? NPM_PROGRAM : 'plumbline');
  const session = new Session({
    terminal,
    workers: options.workers,
    builtinModel: fileURLToPath(options.builtinModel),
    signal: interrupt.signal,
    startFolder: startFolder(),
    version: version(),
    page: builtPage(options.page),
  });
  const stopListening = onInterrupt(interrupt, session);
  try {
    await program(session).parseAsync([...options.args], { from: 'user' });
    return session.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    // A line that could not be parsed has set no options; what stands behind `--` is text.
    const [parsed = []] = splitAt(options.args, '--');
    terminal.json ||= parsed.includes('--json');
    if (!(error instanceof CommanderError)) session.fail(error);
    else if (terminal.json) session.fail(noVerb());
    else session.exitCode = EXIT.usage; // People have been shown the help.
    return session.exitCode;
  } finally {
    stopListening();
    terminal.clearBar();
  }
}

/** The verbs with their options, which act on this session. */
export function program(session: Session): Command {
  const root = new Command('plumbline')
    .description('Keeps a vector index true to the data it was built from.')
    .version(version(), '--version', 'print the version')
    .option(
      '-w, --workspace <folder>',
      'the workspace (default: the current folder); before or after the verb',
    )
    .option('--json', 'print one JSON document to standard output, and nothing else there')
    .usage('<verb> [options]')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [verb]', 'show the help of a verb')
    .showSuggestionAfterError()
    .configureHelp({ subcommandTerm: (verb) => [verb.name(), ...argumentTerms(verb)].join(' ') })
    .hook('preAction', (command) => {
      const { workspace, json } = command.opts<{ workspace?: string; json?: boolean }>();
      session.terminal.workspace = workspace ?? null;
      session.terminal.json = json ?? false;
    })
    .addHelpText('after', HELP_END);
  throwUsageErrors(root);
  for (const addVerb of verbs) addVerb(root, session);
  return root;
}

const HELP_END = `
Exit codes:
  0 done, in sync   1 unexpected error   2 wrong usage or configuration, or a decision is needed
  3 drift found     4 finished with dead letters   5 interrupted, resumable

Examples:
  plumbline init --source shop.sqlite
  plumbline index
  plumbline validate
  plumbline search products "quiet espresso machine"`;

/** Options are for the verb's own help: here they would only widen the column. */
function argumentTerms(verb: Command): string[] {
  return verb.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
}

const noVerb = (): PlumblineError =>
  new PlumblineError('USAGE', 'which verb?', { hint: '`plumbline --help` lists them.' });

const NPM_PROGRAM = 'npm run -s plumbline --';

/** npm changes to the package's folder, says where it was called in INIT_CWD, and needs its own prefix in hints. */
function calledByNpm(): boolean {
  const script = process.env['npm_lifecycle_event'];
  return process.env['INIT_CWD'] !== undefined && (script === 'plumbline' || script === 'start');
}

/** The folder that the person is in. */
function startFolder(): string {
  return (calledByNpm() ? process.env['INIT_CWD'] : undefined) ?? process.cwd();
}

function splitAt(args: readonly string[], mark: string): string[][] {
  const at = args.indexOf(mark);
  return at === -1 ? [[...args]] : [args.slice(0, at), args.slice(at + 1)];
}

function builtPage(folder: URL | undefined): string | null {
  return folder !== undefined && existsSync(new URL('index.html', folder)) ? fileURLToPath(folder) : null;
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

/**
 * First interrupt: stop at the next safe point. Second: stop now; SQLite keeps what was committed. Third: do not even wait
 * for the native call under way.
 */
function onInterrupt(interrupt: AbortController, session: Session): () => void {
  let times = 0;
  const listener = (): void => {
    times += 1;
    if (times > 2) process.kill(process.pid, 'SIGKILL');
    if (times === 2) void session.stopAtOnce().finally(() => process.exit(EXIT.interrupted));
    if (times > 1) return;
    session.terminal.note(session.interruptNote);
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
