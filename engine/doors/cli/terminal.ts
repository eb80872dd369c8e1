/** What the command line writes to: results to standard output, everything about them to standard error. */
import { styleText } from 'node:util';
import type { ProgressEvent } from '../../contract.ts';
import { shellWord } from './format.ts';
import { ProgressLine } from './progress.ts';

type Style = Parameters<typeof styleText>[0];

/** Columns where the terminal does not say. */
const DEFAULT_COLUMNS = 80;
/** What a list may take of a line where nobody looks at a screen: logs scroll sideways. */
const PLAIN_COLUMNS = 140;

export class Terminal {
  readonly #out: NodeJS.WriteStream;
  readonly #err: NodeJS.WriteStream;
  readonly #progress: ProgressLine;
  /** How the person calls this program: hints repeat it, so that they can be copied. */
  readonly #program: string;
  /** With `--json`, standard output belongs to the document, and what people read goes to standard error. */
  json = false;
  /** The workspace as the person named it; null for the current folder. */
  workspace: string | null = null;

  constructor(out: NodeJS.WriteStream, err: NodeJS.WriteStream, program: string) {
    this.#out = out;
    this.#err = err;
    this.#program = program;
    this.#progress = new ProgressLine(err);
    surviveClosing(out);
    surviveClosing(err);
  }

  /** The JSON document. */
  document(json: string): void {
    this.clearBar();
    this.#out.write(`${json}\n`);
  }

  /** A line of the result, for people. */
  print(line: string): void {
    this.clearBar();
    this.#results.write(`${line}\n`);
  }

  /** A line about what is going on. */
  note(line: string): void {
    this.clearBar();
    this.#err.write(`${line}\n`);
  }

  /** Colour for results; none where that is not a terminal or the person does not want it (NO_COLOR). */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#results });
  }

  /** Colour for standard error. */
  noteStyle(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#err });
  }

  /** Columns that a line of results may take. */
  get columns(): number {
    return this.#results.isTTY ? this.#results.columns || DEFAULT_COLUMNS : PLAIN_COLUMNS;
  }

  /** A verb as the person can type it here: `plumbline resume 2 -w shop`. */
  command(verb: string): string {
    const folder = this.workspace === null ? '' : ` -w ${shellWord(this.workspace)}`;
    return `${this.#program} ${verb}${folder}`;
  }

  /** Turns the verbs that an error's hint names in backticks into what the person can type here. */
  withCommands(text: string): string {
    return text.replaceAll(/`plumbline ([^`]+)`/g, (_match, verb: string) => {
      const complete = verb.startsWith('init') || verb.startsWith('-') || verb.endsWith('--help');
      return `\`${complete ? `${this.#program} ${verb}` : this.command(verb)}\``;
    });
  }

  /** Shows a running job. */
  progress(event: ProgressEvent): void {
    this.#progress.show(event);
  }

  clearBar(): void {
    this.#progress.clear();
  }

  get #results(): NodeJS.WriteStream {
    return this.json ? this.#err : this.#out;
  }
}

const guarded = new WeakSet<NodeJS.WriteStream>();

/**
 * A reader that has seen enough (`| head -1`) closes the pipe: what is left unsaid is lost, the work is not. Without a
 * listener, Node would end the process with a stack trace. It stays for good, because a write's failure may be told after
 * the verb is done; once per stream, because a process may run several verbs.
 */
function surviveClosing(stream: NodeJS.WriteStream): void {
  if (guarded.has(stream)) return;
  guarded.add(stream);
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
  });
}
