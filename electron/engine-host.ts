/** The engine's side of the desktop: what each message of the main process does. Knows nothing of Electron. */
import { homedir } from 'node:os';
import { dispatch } from '../engine/doors/dispatch.ts';
import { openHost, type Hosting, type HostingOptions } from '../engine/doors/http/hosting.ts';
import { selftest } from '../engine/doors/selftest.ts';
import { hasCode, toErrorData } from '../engine/errors.ts';
import { homeFolder } from '../engine/home.ts';
import { parseToEngine, type Activity, type FromEngine, type ToEngine } from './messages.ts';
import { activityOf, IDLE } from './policy/activity.ts';

/** Tray and task bar follow jobs in steps that eyes can tell apart. */
const ACTIVITY_MS = 1000;

export interface EngineHostOptions {
  readonly workers: HostingOptions['workers'];
  readonly send: (message: FromEngine) => void;
  /** Ends the process. */
  readonly end: (exitCode: number) => void;
}

type Start = Extract<ToEngine, { type: 'start' }>;

export class EngineHost {
  readonly #options: EngineHostOptions;
  #hosting: Hosting | null = null;
  #activityTimer: NodeJS.Timeout | undefined;
  #shown = IDLE;
  /** Variables that were set here, and not by whoever started the process. */
  readonly #secrets = new Set<string>();
  /** Messages are acted on one after another. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: EngineHostOptions) {
    this.#options = options;
  }

  /** Resolves when the message, and those before it, have been acted on. Never rejects. */
  receive(received: unknown): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      try {
        await this.#act(parseToEngine(received));
      } catch (error) {
        // Its details may hold what does not belong into a dialog.
        const { details: _, ...told } = toErrorData(error);
        this.#options.send({ type: 'failed', error: told });
        // Nothing serves: whoever waits for it has to know.
        if (this.#hosting === null) this.#options.end(1);
      }
    });
    return this.#turn;
  }

  async #act(message: ToEngine): Promise<void> {
    const { send, end } = this.#options;
    switch (message.type) {
      case 'start':
        return this.#start(message);
      case 'environment':
        return this.#setSecrets(message.environment);
      case 'open':
        return this.#hosting?.host.open(message.folder, false);
      case 'entry':
        return this.#hosting === null
          ? undefined
          : send({ type: 'entry', entryUrl: this.#hosting.entryUrl() });
      case 'selftest': {
        const { builtinModel } = message.resources;
        const report = await selftest({ workers: this.#options.workers, builtinModel });
        send({ type: 'report', report });
        return end(report.ok ? 0 : 1);
      }
      case 'stop':
        clearInterval(this.#activityTimer);
        await this.#hosting?.stop();
        return end(0);
      default:
        message satisfies never;
    }
  }

  async #start(message: Start): Promise<void> {
    this.#setSecrets(message.environment);
    const hosting = await this.#listen(message);
    this.#hosting = hosting;
    if (message.folder === null) await this.#openLast(hosting);
    const { url } = hosting;
    this.#activityTimer = setInterval(() => void this.#tellActivity(), ACTIVITY_MS);
    this.#options.send({ type: 'ready', url, entryUrl: hosting.entryUrl() });
    // After the page has a way in: it shows what can be opened instead.
    if (message.folder !== null) await hosting.host.open(message.folder, false);
  }

  async #listen({ port, version, resources }: Start): Promise<Hosting> {
    const options: Omit<HostingOptions, 'port'> = {
      home: homeFolder({ platform: process.platform, environment: process.env, userFolder: homedir() }),
      workers: this.#options.workers,
      builtinModel: resources.builtinModel,
      page: resources.page,
      version,
      onNotice: note,
    };
    try {
      return await openHost({ ...options, port });
    } catch (error) {
      if (port === 0 || !hasCode(error, 'PORT_TAKEN', 'PORT_FORBIDDEN')) throw error;
      return openHost({ ...options, port: 0 });
    }
  }

  /** That it cannot be opened is no reason to show nothing: the page says why, and has others. */
  async #openLast({ host }: Hosting): Promise<void> {
    const folder = host.lastOpened();
    if (folder === null) return;
    try {
      await host.open(folder, false);
    } catch (error) {
      note(`${folder} stays closed: ${toErrorData(error).message}`);
    }
  }

  async #tellActivity(): Promise<void> {
    const activity = await this.#activity();
    if (JSON.stringify(activity) === JSON.stringify(this.#shown)) return;
    this.#shown = activity;
    this.#options.send({ type: 'activity', activity });
  }

  async #activity(): Promise<Activity> {
    const workspace = this.#hosting?.host.workspace ?? null;
    if (workspace === null || workspace.runs.active === 0) return IDLE;
    try {
      const { jobs } = await workspace.use(() =>
        dispatch(workspace.engine, 'jobs', { states: ['running', 'queued'] }, workspace.closing),
      );
      return activityOf(jobs);
    } catch {
      // It is being closed; the next look shows what is there then.
      return this.#shown;
    }
  }

  /** What the person has set before the start counts more than what is stored. */
  #setSecrets(environment: Readonly<Record<string, string>>): void {
    for (const name of this.#secrets) delete process.env[name];
    this.#secrets.clear();
    for (const [name, value] of Object.entries(environment)) {
      if (process.env[name] !== undefined) continue;
      process.env[name] = value;
      this.#secrets.add(name);
    }
  }
}

/** Into the desktop's log. */
const note = (line: string): void => void process.stderr.write(`${line}\n`);
