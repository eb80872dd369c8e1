/** The engine's side of the desktop, spoken to as the main process does, in plain Node: only the process is missing. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { EngineHost } from '../../electron/engine-host.ts';
import { parseFromEngine, type Activity, type FromEngine, type ToEngine } from '../../electron/messages.ts';
import { restOf, type Rest } from '../support/served.ts';
import { builtinModel, makeWorkspace, temporaryFolder } from '../support/workspace.ts';
import { workerUrls } from '../../workers/urls.ts';

type Start = Extract<ToEngine, { type: 'start' }>;

/** An engine's process, as the main process sees it. */
class TestProcess {
  readonly home = temporaryFolder();
  readonly page = temporaryFolder();
  readonly received: FromEngine[] = [];
  exitCode: number | null = null;
  readonly #host: EngineHost;

  constructor() {
    writeFileSync(join(this.page, 'index.html'), '<title>the page</title>');
    vi.stubEnv('PLUMBLINE_HOME', this.home);
    onTestFinished(() => void vi.unstubAllEnvs());
    onTestFinished(() => this.#host.receive({ type: 'stop' }));
    this.#host = new EngineHost({
      workers: workerUrls,
      send: (message) => void this.received.push(parseFromEngine(structuredClone(message))),
      end: (code) => void (this.exitCode = code),
    });
  }

  send(message: unknown): Promise<void> {
    return this.#host.receive(structuredClone(message));
  }

  start(fields: Partial<Start> = {}): Promise<void> {
    const resources = { builtinModel, page: this.page };
    return this.send({
      type: 'start',
      folder: null,
      port: 0,
      version: '0',
      environment: {},
      resources,
      ...fields,
    });
  }

  /** The last message of a type. */
  last<T extends FromEngine['type']>(type: T): Extract<FromEngine, { type: T }> | undefined {
    return this.received.findLast((it): it is Extract<FromEngine, { type: T }> => it.type === type);
  }

  /** Comes in through the way in that the page is given. */
  async enter(address?: string): Promise<Rest> {
    const { url, entryUrl } = this.last('ready')!;
    const code = new URL(address ?? entryUrl).hash.slice('#code='.length);
    const response = await fetch(`${url}/api/ai/bulk-sync/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    });
    const { token } = (await response.json()) as { token: string };
    return restOf({ url, token });
  }
}

/** Enough rows that their index takes a while. */
const manyNotes = (count: number) =>
  makeWorkspace((db) => {
    db.exec('CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)');
    const add = db.prepare('INSERT INTO note (text) VALUES (?)');
    db.transaction(() => {
      for (let row = 0; row < count; row += 1)
        add.run(`note number ${row} is about the subject ${row * 7919}`);
    })();
  });

describe('the engine of the desktop', () => {
  it('serves the page, lets it in, and opens nothing at first', async () => {
    const engine = new TestProcess();
    await engine.start();
    const { url } = engine.last('ready')!;
    expect(await (await fetch(url)).text()).toContain('the page');
    const rest = await engine.enter();
    expect((await rest.request('GET', '/workspaces')).body).toMatchObject({ open: null });
  });

  it('lets in once per code, and gives another one when asked', async () => {
    const engine = new TestProcess();
    await engine.start();
    await engine.enter();
    expect((await engine.enter()).token).toBeUndefined();
    await engine.send({ type: 'entry' });
    expect((await engine.enter(engine.last('entry')!.entryUrl)).token).toMatch(/./);
  });

  it('opens the folder it is given, and that one again the next time', async () => {
    const { folder } = await manyNotes(3);
    const first = new TestProcess();
    await first.start({ folder });
    expect((await (await first.enter()).request('GET', '/workspaces')).body).toMatchObject({
      open: { folder },
    });
    await first.send({ type: 'stop' });
    expect(first.exitCode).toBe(0);

    const second = new TestProcess();
    vi.stubEnv('PLUMBLINE_HOME', first.home);
    await second.start();
    expect((await (await second.enter()).request('GET', '/workspaces')).body).toMatchObject({
      open: { folder },
    });
  });

  it('opens another folder while it runs', async () => {
    const { folder } = await manyNotes(3);
    const engine = new TestProcess();
    await engine.start();
    await engine.send({ type: 'open', folder });
    expect((await (await engine.enter()).request('GET', '/workspaces')).body).toMatchObject({
      open: { folder },
    });
  });

  it('says why a folder cannot be opened, and goes on', async () => {
    const engine = new TestProcess();
    await engine.start({ folder: join(temporaryFolder(), 'nothing') });
    expect(engine.last('failed')?.error).toMatchObject({
      code: 'WORKSPACE_NOT_FOUND',
      hint: expect.any(String),
    });
    expect((await (await engine.enter()).request('GET', '/workspaces')).status).toBe(200);
    expect(engine.exitCode).toBeNull();
  });

  it('says why it cannot start, and ends', async () => {
    const engine = new TestProcess();
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    vi.stubEnv('PLUMBLINE_HOME', join(file, 'home'));
    await engine.start();
    expect(engine.last('failed')?.error.code).toMatch(/^[A-Z_]+$/);
    expect(engine.last('ready')).toBeUndefined();
    expect(engine.exitCode).toBe(1);
  });

  it('answers where it did the last time, and elsewhere when somebody is there', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as { port: number };

    const elsewhere = new TestProcess();
    await elsewhere.start({ port });
    const given = Number(new URL(elsewhere.last('ready')!.url).port);
    expect(given).not.toBe(port);
    await elsewhere.send({ type: 'stop' });

    const again = new TestProcess();
    await again.start({ port: given });
    expect(again.last('ready')!.url).toBe(`http://127.0.0.1:${given}`);
  });

  it('fills a configuration with stored secrets, which what is set anyway outranks', async () => {
    const { folder } = await manyNotes(1);
    writeFileSync(
      join(folder, 'plumbline.yaml'),
      'version: 1\nsource:\n  kind: sqlite\n  name: ${DESKTOP_TEST_NAME}\n  path: source.sqlite\n',
    );
    const engine = new TestProcess();
    await engine.start({ environment: { DESKTOP_TEST_NAME: 'stored', PLUMBLINE_HOME: '/nowhere' } });
    await engine.send({ type: 'open', folder });
    expect(process.env['PLUMBLINE_HOME']).toBe(engine.home);
    expect((await (await engine.enter()).request('GET', '/workspaces')).body).toMatchObject({
      open: { folder, name: 'stored' },
    });
    await engine.send({ type: 'environment', environment: {} });
    expect(process.env['DESKTOP_TEST_NAME']).toBeUndefined();
  });

  it('tells how busy it is while a job runs, and stops it at a safe point', async () => {
    const { folder, run } = await manyNotes(20_000);
    const engine = new TestProcess();
    await engine.start({ folder });
    const rest = await engine.enter();
    await rest.request('POST', '/index/note');
    const busy = await until(() => engine.last('activity')?.activity);
    expect(busy).toMatchObject({ jobs: 1, title: 'index note' });
    await engine.send({ type: 'stop' });
    expect(engine.exitCode).toBe(0);
    const { jobs } = await run('jobs');
    expect(jobs[0]).toMatchObject({ state: 'interrupted' });
  });

  it('checks itself', async () => {
    const engine = new TestProcess();
    await engine.send({ type: 'selftest', resources: { builtinModel, page: engine.page } });
    expect(engine.last('report')?.report.ok).toBe(true);
    expect(engine.exitCode).toBe(0);
  });

  it('calls what it does not understand by its name', async () => {
    const engine = new TestProcess();
    await engine.send({ type: 'format-disk' });
    expect(engine.last('failed')?.error.code).toBe('MESSAGE_INVALID');
  });
});

async function until(look: () => Activity | undefined): Promise<Activity> {
  for (;;) {
    const found = look();
    if (found !== undefined && found.jobs > 0) return found;
    await wait(50);
  }
}
