/** The engine in a process of its own: started, listened to, started again when it dies, stopped. */
import { EventEmitter } from 'node:events';
import { utilityProcess, type UtilityProcess } from 'electron';
import { fromErrorData, toErrorData, type PlumblineError } from '../../engine/errors.ts';
import type { LogFile } from '../log-file.ts';
import { parseFromEngine, type Activity, type FromEngine, type ToEngine } from '../messages.ts';
import { IDLE } from '../policy/activity.ts';
import { QUIT_LIMIT_MS } from '../policy/closing.ts';
import { afterDeath } from '../policy/restart.ts';

interface Events {
  /** It answers at `url`; `entryUrl` lets a page in, once. */
  ready: [{ url: string; entryUrl: string }];
  entry: [string];
  activity: [Activity];
  /** What it was asked for went wrong; it goes on. */
  failed: [PlumblineError];
  /** It will not be started again. */
  lost: [PlumblineError | null];
}

export interface EngineProcessOptions {
  /** The built entry file. */
  readonly entry: string;
  readonly log: LogFile;
  /** Asked for at every start: secrets and port may have changed. */
  readonly startMessage: () => Promise<Extract<ToEngine, { type: 'start' }>>;
}

export class EngineProcess extends EventEmitter<Events> {
  readonly #options: EngineProcessOptions;
  #child: UtilityProcess | null = null;
  #url: string | null = null;
  #isStopping = false;
  #deaths: number[] = [];
  /** Why it could not start, as it said itself before it ended. */
  #refusal: PlumblineError | null = null;

  constructor(options: EngineProcessOptions) {
    super();
    this.#options = options;
  }

  /** Where it answers; null while it does not. */
  get url(): string | null {
    return this.#url;
  }

  /** Never rejects: where there is no engine to be had, it is `lost`. */
  async start(): Promise<void> {
    try {
      await this.#fork();
    } catch (error) {
      this.emit('lost', fromErrorData(toErrorData(error)));
    }
  }

  async #fork(): Promise<void> {
    const message = await this.#options.startMessage();
    if (this.#isStopping) return;
    const child = utilityProcess.fork(this.#options.entry, [], {
      stdio: 'pipe',
      serviceName: 'Plumbline Engine',
    });
    this.#child = child;
    this.#refusal = null;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text: Buffer) => this.#options.log.write('engine', text.toString()));
    child.on('message', (received: unknown) => this.#receive(parseFromEngine(received)));
    child.once('exit', (code) => this.#died(code));
    this.send(message);
  }

  send(message: ToEngine): void {
    this.#child?.postMessage(message);
  }

  /** Starts anew after it was `lost`, with a clean record. */
  async retry(): Promise<void> {
    this.#deaths = [];
    await this.start();
  }

  /** Brings jobs to a safe point and ends it, by force where that takes too long. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const child = this.#child;
    if (child === null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const timer = setTimeout(() => child.kill(), QUIT_LIMIT_MS);
    this.send({ type: 'stop' });
    await gone;
    clearTimeout(timer);
  }

  #receive(message: FromEngine): void {
    switch (message.type) {
      case 'ready':
        this.#url = message.url;
        this.emit('ready', message);
        break;
      case 'entry':
        this.emit('entry', message.entryUrl);
        break;
      case 'activity':
        this.emit('activity', message.activity);
        break;
      case 'failed':
        if (this.#url === null) this.#refusal = fromErrorData(message.error);
        else this.emit('failed', fromErrorData(message.error));
        break;
      case 'report':
        break;
      default:
        message satisfies never;
    }
  }

  #died(code: number): void {
    this.#options.log.write('main', `the engine's process ended with code ${code}`);
    this.#child = null;
    this.#url = null;
    this.emit('activity', IDLE);
    if (this.#isStopping) return;
    // What it refused once for a reason it would refuse again.
    if (this.#refusal !== null) return void this.emit('lost', this.#refusal);
    this.#deaths.push(Date.now());
    const verdict = afterDeath(this.#deaths, Date.now());
    if (verdict.restart) setTimeout(() => void this.start(), verdict.afterMs);
    else this.emit('lost', null);
  }
}
