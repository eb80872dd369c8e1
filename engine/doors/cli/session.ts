/** One run of the command line: where it works, how it opens the engine, and how it answers. */
import { resolve } from 'node:path';
import type { OperationName, Output } from '../../contract.ts';
import { Engine, type WorkerUrls } from '../../engine.ts';
import { EXIT, PlumblineError, toErrorData, type ExitCode } from '../../errors.ts';
import { stringify } from '../../json.ts';
import { dispatch } from '../dispatch.ts';
import type { Terminal } from './terminal.ts';

export interface SessionOptions {
  readonly terminal: Terminal;
  readonly workers: WorkerUrls;
  readonly builtinModel: string;
  readonly signal: AbortSignal;
  /** Where relative paths start: the folder that the person is in. */
  readonly startFolder: string;
}

export interface VerbAnswer {
  readonly json: unknown;
  readonly lines: readonly string[];
  readonly exitCode: ExitCode;
}

export class Session {
  readonly terminal: Terminal;
  readonly workers: WorkerUrls;
  readonly #options: SessionOptions;
  /** Set by the global options before a verb runs. */
  json = false;
  workspace: string | null = null;
  exitCode: ExitCode = EXIT.ok;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.terminal = options.terminal;
    this.workers = options.workers;
  }

  get folder(): string {
    return this.resolvePath(this.workspace ?? '.');
  }

  /** ` -w <folder>` where the person named one, for commands to copy. */
  get folderArgument(): string {
    return this.workspace === null ? '' : ` -w ${this.workspace}`;
  }

  resolvePath(path: string): string {
    return resolve(this.#options.startFolder, path);
  }

  /** Opens the engine, runs one operation and closes it again. */
  async run<N extends OperationName>(name: N, input: unknown, access: 'read' | 'write'): Promise<Output<N>> {
    const engine = new Engine({
      folder: this.folder,
      workers: this.workers,
      builtinModel: this.#options.builtinModel,
      access,
      onProgress: (event) => this.terminal.progress(event),
      onNotice: (line) => this.terminal.note(line),
    });
    try {
      return await dispatch(engine, name, input, this.#options.signal);
    } finally {
      this.terminal.clearBar();
      await engine.close();
    }
  }

  /** Runs a verb and says what came of it: as one JSON document, or in lines for people. */
  async answer(work: () => Promise<VerbAnswer>): Promise<void> {
    try {
      const { json, lines, exitCode } = await work();
      if (this.json) this.terminal.print(stringify(json, 2));
      const say = (line: string): void => (this.json ? this.terminal.note(line) : this.terminal.print(line));
      lines.forEach(say);
      this.exitCode = exitCode;
    } catch (error) {
      this.fail(error);
    }
  }

  /** Says what went wrong, to people and (with `--json`) to programs, and sets the exit code. */
  fail(error: unknown): void {
    const { exitCode, ...data } = toErrorData(error);
    this.terminal.note(`${this.terminal.noteStyle('red', `error ${data.code}`)}: ${data.message}`);
    if (data.hint !== null) this.terminal.note(`  ${data.hint}`);
    if (!(error instanceof PlumblineError) && process.env['PLUMBLINE_DEBUG'] !== undefined) {
      this.terminal.note(error instanceof Error ? (error.stack ?? '') : String(error));
    }
    if (this.json) this.terminal.print(stringify({ error: data }, 2));
    this.exitCode = exitCode;
  }
}
