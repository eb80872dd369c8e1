/** One run of the command line: where it works, how it opens the engine, and how it answers. */
import { resolve } from 'node:path';
import type { OperationName, Output } from '../../contract.ts';
import { Engine, type WorkerUrls } from '../../engine.ts';
import { EXIT, PlumblineError, toErrorData, type ExitCode } from '../../errors.ts';
import { stringify } from '../../json.ts';
import { workspacePaths } from '../../workspace.ts';
import { dispatch } from '../dispatch.ts';
import { findServer, type Served } from '../endpoint.ts';
import { clean } from './format.ts';
import type { OptionValues } from './options.ts';
import { runServed } from './served.ts';
import type { Terminal } from './terminal.ts';

export interface SessionOptions {
  readonly terminal: Terminal;
  readonly workers: WorkerUrls;
  readonly builtinModel: string;
  readonly signal: AbortSignal;
  /** Where relative paths start: the folder that the person is in. */
  readonly startFolder: string;
  readonly version: string;
  /** Folder of the built page; null where it has not been built. */
  readonly page: string | null;
}

/** An operation with its input: once, or page by page in the same engine or server. */
export type Calls<N extends OperationName> = (
  call: (input: OptionValues) => Promise<Output<N>>,
  input: OptionValues,
) => Promise<Output<N>>;

export interface Answer {
  readonly json: unknown;
  readonly lines: readonly string[];
  readonly exitCode: ExitCode;
}

/** An engine, or a server that may have one. */
export type Held = Pick<Engine, 'stopAtOnce'>;

export class Session {
  readonly terminal: Terminal;
  readonly workers: WorkerUrls;
  readonly #options: SessionOptions;
  exitCode: ExitCode = EXIT.ok;
  #held: Held | null = null;
  #isServed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.terminal = options.terminal;
    this.workers = options.workers;
  }

  /** The workspace folder, absolute. */
  get folder(): string {
    return this.resolvePath(this.terminal.workspace ?? '.');
  }

  resolvePath(path: string): string {
    return resolve(this.#options.startFolder, path);
  }

  get signal(): AbortSignal {
    return this.#options.signal;
  }

  get builtinModel(): string {
    return this.#options.builtinModel;
  }

  get page(): string | null {
    return this.#options.page;
  }

  get version(): string {
    return this.#options.version;
  }

  /** What the first Ctrl-C does, in words. */
  get interruptNote(): string {
    return this.#isServed
      ? 'not waiting any longer; the server goes on'
      : 'stopping at the next safe point; press again to stop at once';
  }

  /** Runs one operation: in the server of the workspace where there is one, else in an engine of its own. */
  async run<N extends OperationName>(
    name: N,
    input: OptionValues,
    access: 'read' | 'write',
    calls: Calls<N> = (call, whole) => call(whole),
  ): Promise<Output<N>> {
    const paths = workspacePaths(this.folder);
    const ofServer = (server: Served): Promise<Output<N>> =>
      calls((part) => this.#runServed(server, name, part), input);
    const served = await findServer(paths);
    if (served !== null) return ofServer(served);
    try {
      return await this.#runHere<N>(access, (engine) =>
        calls((part) => dispatch(engine, name, part, this.signal), input),
      );
    } catch (error) {
      // A server may have started since.
      const isLocked = error instanceof PlumblineError && error.code === 'WORKSPACE_LOCKED';
      const server = isLocked ? await findServer(paths) : null;
      if (server === null) throw error;
      return ofServer(server);
    }
  }

  async #runServed<N extends OperationName>(
    served: Served,
    name: N,
    input: OptionValues,
  ): Promise<Output<N>> {
    this.#isServed = true;
    try {
      return await runServed(served, name, input, this.#options);
    } finally {
      this.terminal.clearBar();
    }
  }

  /** Opens the engine, does the work and closes it again. */
  async #runHere<N extends OperationName>(
    access: 'read' | 'write',
    run: (engine: Engine) => Promise<Output<N>>,
  ): Promise<Output<N>> {
    const { signal } = this.#options;
    const engine = new Engine({
      folder: this.folder,
      workers: this.workers,
      builtinModel: this.#options.builtinModel,
      access,
      onProgress: (event) => this.terminal.progress(event),
      onNotice: (line) => this.terminal.note(clean(line)),
    });
    this.#held = engine;
    try {
      const work = run(engine);
      // A reader has nothing to bring to a safe point.
      return await (access === 'read' ? Promise.race([work, rejectOnAbort(signal)]) : work);
    } finally {
      this.terminal.clearBar();
      await engine.close();
    }
  }

  /** Whose work it is that {@link stopAtOnce} ends. */
  hold(held: Held): void {
    this.#held = held;
  }

  /** Makes it safe to end the process in the middle of whatever runs. */
  async stopAtOnce(): Promise<void> {
    await this.#held?.stopAtOnce();
  }

  /** Runs a verb and says what came of it: to people in lines, with `--json` to programs as one document, too. */
  async answer(work: () => Promise<Answer>): Promise<void> {
    try {
      const { json, lines, exitCode } = await work();
      if (this.terminal.json) this.terminal.document(stringify(json, 2));
      for (const line of lines) this.terminal.print(line);
      this.exitCode = exitCode;
    } catch (error) {
      this.fail(error);
    }
  }

  /** Says what went wrong, to people and (with `--json`) to programs, and sets the exit code. */
  fail(error: unknown): void {
    const { terminal } = this;
    const { code, message, hint, retryable, exitCode } = toErrorData(error);
    terminal.note(`${terminal.noteStyle('red', `error ${code}`)}: ${clean(message)}`);
    if (hint !== null) terminal.note(`  ${terminal.withCommands(clean(hint))}`);
    if (!(error instanceof PlumblineError) && process.env['PLUMBLINE_DEBUG'] !== undefined) {
      terminal.note(error instanceof Error ? (error.stack ?? '') : String(error));
    }
    if (terminal.json) terminal.document(stringify({ error: { code, message, hint, retryable } }, 2));
    this.exitCode = exitCode;
  }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return promise;
}
