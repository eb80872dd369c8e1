/** Pause, cancel and the line that jobs of one engine stand in. Between processes: test/doors/pause.test.ts. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { JobControl } from '../../engine/control.ts';
import type { Job } from '../../engine/contract.ts';
import { renderJob } from '../../engine/doors/cli/render/jobs.ts';
import { Terminal } from '../../engine/doors/cli/terminal.ts';
import { Engine } from '../../engine/engine.ts';
import { PlumblineError } from '../../engine/errors.ts';
import type { Models } from '../../engine/jobs/context.ts';
import { placeRequest, readRequests } from '../../engine/requests.ts';
import { stopJob } from '../../engine/operations/control.ts';
import { isLockFree, takeWriteLock, workspacePaths } from '../../engine/workspace.ts';
import { workerUrls } from '../../workers/urls.ts';
import { differentTexts, makeNotes, unrenderable, type Notes } from '../support/notes.ts';
import { startHub } from '../support/hub-server.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { atSourceCall, expectCountsAddUp, expectInSync, only } from '../support/observe.ts';
import { builtinModel, temporaryFolder, type TestEngine } from '../support/workspace.ts';

const stateOf = (engine: TestEngine, id: string | number): Job['state'] | undefined =>
  engine.engine.catalog.jobs.get(Number(id))?.state;

const newest = (engine: TestEngine): string => String(engine.engine.catalog.jobs.list({ limit: 1 })[0]?.id);

/** Starts an operation and asks for a stop right before the n-th source call of a name; the job and the answer. */
async function stoppedAt(
  engine: TestEngine,
  request: 'pause' | 'cancel',
  moment: { operation: 'index' | 'validate' | 'fixDrift' | 'retry'; call: string; nth: number },
): Promise<{ job: Job; asked: Job }> {
  const answer = Promise.withResolvers<Job>();
  const { operation, call, nth } = moment;
  const stop = await atSourceCall(engine, call, nth, () => {
    engine
      .run(request, { job: newest(engine) })
      .then(({ jobs }) => answer.resolve(only(jobs)), answer.reject);
  });
  const input = operation === 'retry' ? { target: 'note' } : {};
  const job = only((await engine.run(operation, input)).jobs);
  stop();
  // A moment that never came would be waited for in vain.
  if (job.state.startsWith('completed')) answer.reject(new Error(`no ${call} ${nth} before the end`));
  return { job, asked: await answer.promise };
}

describe('a running job', () => {
  test('is paused at its next safe point, and resume does the rest', async () => {
    const notes = await makeNotes(differentTexts(2500));
    const engine = notes.open();
    const { job, asked } = await stoppedAt(engine, 'pause', {
      operation: 'index',
      call: 'documents',
      nth: 4,
    });
    expect(job).toMatchObject({ state: 'paused', error: { code: 'PAUSED', retryable: true } });
    expect(asked).toMatchObject({ id: job.id, state: 'paused' });
    expect(job.processed).toBeGreaterThan(0);
    expect(job.processed).toBeLessThan(2500);
    expectCountsAddUp(job);
    const resumed = only((await engine.run('resume', { job: job.id })).jobs);
    expect(resumed).toMatchObject({ id: job.id, state: 'completed', processed: 2500, embedded: 2500 });
    expect(resumed.error).toBeNull();
    await expectInSync(engine);
  });

  test('that is paused is continued by the same index command', async () => {
    const notes = await makeNotes(differentTexts(1500));
    const engine = notes.open();
    const { job } = await stoppedAt(engine, 'pause', { operation: 'index', call: 'documents', nth: 3 });
    expect(only((await engine.run('index')).jobs)).toMatchObject({ id: job.id, state: 'completed' });
    await expectInSync(engine);
  });

  test('is cancelled for good: what it committed stays, and the next job starts anew', async () => {
    const notes = await makeNotes(differentTexts(1500));
    const engine = notes.open();
    const { job } = await stoppedAt(engine, 'cancel', { operation: 'index', call: 'documents', nth: 3 });
    expect(job).toMatchObject({
      state: 'cancelled',
      error: { code: 'CANCELLED', retryable: false, hint: expect.stringContaining(`rollback ${job.id}`) },
    });
    await expect(engine.run('resume', { job: job.id })).rejects.toMatchObject({ code: 'NOT_RESUMABLE' });
    const next = only((await engine.run('index')).jobs);
    expect(next.id).not.toBe(job.id);
    expect(next).toMatchObject({ state: 'completed', unchanged: job.embedded });
    await expectInSync(engine);
  });

  test('a validation that was cancelled offers no rollback: it has changed nothing', async () => {
    const notes = await makeNotes(differentTexts(60));
    const engine = notes.open();
    await engine.run('index');
    const scan = { operation: 'validate', call: 'scan', nth: 1 } as const;
    const running = (await stoppedAt(engine, 'cancel', scan)).job;
    expect(running).toMatchObject({ error: { code: 'CANCELLED', hint: null }, reversible: false });
    const paused = (await stoppedAt(engine, 'pause', scan)).job;
    expect(
      renderJob(paused, new Terminal(process.stdout, process.stderr, 'plumbline')).join('\n'),
    ).not.toMatch(/rows? read/);
    const idle = only((await engine.run('cancel', { job: paused.id })).jobs);
    expect(idle).toMatchObject({ error: { code: 'CANCELLED', hint: null } });
  });

  const moments = [
    { operation: 'index', call: 'openType', nth: 2 },
    { operation: 'index', call: 'proveKey', nth: 1 },
    { operation: 'index', call: 'count', nth: 1 },
    { operation: 'index', call: 'scan', nth: 2 },
    { operation: 'index', call: 'nullKeyRows', nth: 1 },
    { operation: 'validate', call: 'count', nth: 1 },
    { operation: 'validate', call: 'scan', nth: 1 },
    { operation: 'fixDrift', call: 'scan', nth: 1 },
    { operation: 'fixDrift', call: 'documents', nth: 1 },
    { operation: 'fixDrift', call: 'scan', nth: 3 },
    { operation: 'retry', call: 'documents', nth: 1 },
  ] as const;
  test('is paused in whatever phase it is, and completes when resumed', async () => {
    const notes = await makeNotes(differentTexts(600));
    const engine = notes.open();
    await engine.run('index');
    for (const [i, moment] of moments.entries()) {
      const label = `${moment.operation}, ${moment.call} ${moment.nth}`;
      notes.put({ 3: `changed ${i}`, 500: unrenderable });
      if (moment.operation === 'retry') await engine.run('index');
      const { job } = await stoppedAt(engine, 'pause', moment);
      expect(job, label).toMatchObject({ state: 'paused', error: { code: 'PAUSED' } });
      const { jobs, reports = [] } = await engine.run('resume', { job: job.id });
      const resumed = only(jobs);
      expect(resumed.state, label).toMatch(/^completed/);
      // What ends in a verdict shows it, interrupted or not.
      expect(reports.map(({ id }) => id)).toEqual(resumed.reportId === null ? [] : [resumed.reportId]);
      if (moment.operation === 'index' || moment.operation === 'retry') expectCountsAddUp(resumed);
      notes.put({ 500: `mended ${i}` });
      await engine.run('index');
      await expectInSync(engine);
    }
  });

  test('is paused while its model loads, however long that takes', async () => {
    const notes = await makeNotes(differentTexts(20));
    const engine = notes.open();
    const { models } = engine.engine;
    const { with: real } = models;
    const asked = Promise.withResolvers<unknown>();
    models.with = (settings): Models => ({
      info: (name) => real(settings).info(name),
      embedder() {
        // It is loaded ahead first, when there is no job yet.
        if (engine.engine.catalog.jobs.list({ limit: 1 }).length > 0)
          asked.resolve(engine.run('pause', { job: newest(engine) }));
        return Promise.withResolvers<never>().promise;
      },
      threads: () => 0,
    });
    const job = only((await engine.run('index')).jobs);
    models.with = real;
    expect(job).toMatchObject({ state: 'paused' });
    expect(await asked.promise).toMatchObject({ jobs: [{ id: job.id, state: 'paused' }] });
    expect(only((await engine.run('index')).jobs)).toMatchObject({ id: job.id, state: 'completed' });
  });

  test('ends a run over several types; the others are named as not started', async () => {
    const notes = await makeNotes(differentTexts(1500));
    notes.change((db) => db.exec(`CREATE TABLE other (id INTEGER PRIMARY KEY, body TEXT)`));
    notes.configure({
      model: './tiny',
      entityTypes: {
        note: { key: ['id'], template: '{{body}}' },
        other: { key: ['id'], template: '{{body}}' },
      },
    });
    const engine = notes.open();
    let asked: Promise<unknown> = Promise.resolve();
    const stop = await atSourceCall(engine, 'documents', 2, () => {
      asked = engine.run('pause', { job: newest(engine) });
    });
    const output = await engine.run('index');
    await asked;
    stop();
    expect(output).toMatchObject({
      jobs: [{ entityType: 'note', state: 'paused' }],
      notStarted: ['other'],
      error: { code: 'PAUSED' },
    });
  });
});

describe('a job that nobody works on', () => {
  async function interrupted(): Promise<{ notes: Notes; engine: TestEngine; job: Job }> {
    const notes = await makeNotes(differentTexts(1500));
    const engine = notes.open();
    const interrupt = new AbortController();
    const stop = await atSourceCall(engine, 'documents', 2, () => interrupt.abort());
    const job = only((await engine.run('index', {}, { signal: interrupt.signal })).jobs);
    stop();
    expect(job.state).toBe('interrupted');
    return { notes, engine, job };
  }

  test('is paused, paused again, and cancelled; then there is nothing left to ask', async () => {
    const { engine, job } = await interrupted();
    const ask = async (request: 'pause' | 'cancel') =>
      only((await engine.run(request, { job: job.id })).jobs).state;
    expect(await ask('pause')).toBe('paused');
    expect(await ask('pause')).toBe('paused');
    expect((await engine.run('jobs', { state: 'paused' })).jobs).toMatchObject([{ id: job.id }]);
    expect(await ask('cancel')).toBe('cancelled');
    const over = { code: 'NOT_RUNNING', exitCode: 2, message: expect.stringContaining('is cancelled') };
    await expect(ask('cancel')).rejects.toMatchObject(over);
    await expect(ask('pause')).rejects.toMatchObject(over);
    await expect(engine.run('resume', { job: job.id })).rejects.toMatchObject({ code: 'NOT_RESUMABLE' });
    await expect(engine.run('pause', { job: '99' })).rejects.toMatchObject({ code: 'JOB_UNKNOWN' });
  });

  test('is paused by a reader: with the lock where that is free, by word to its holder where not', async () => {
    const { notes, engine, job } = await interrupted();
    const read = readerOf(notes);
    const asked = await stopJob(read, job.id, 'pause', new AbortController().signal);
    expect(asked.jobs).toMatchObject([{ id: job.id, state: 'paused' }]);
    await engine.close();
    expect((await notes.run('cancel', { job: job.id })).jobs).toMatchObject([{ state: 'cancelled' }]);
    expect(isLockFree(workspacePaths(notes.folder))).toBe(true);
    await expect(notes.run('cancel', { job: job.id })).rejects.toMatchObject({ code: 'NOT_RUNNING' });
  });

  test('whose holder does not answer: the request lies there, and the next writer clears it away', async () => {
    const { notes, engine, job } = await interrupted();
    await engine.close();
    const paths = workspacePaths(notes.folder);
    const lock = takeWriteLock(paths);
    const read = readerOf(notes);
    await expect(stopJob(read, job.id, 'cancel', new AbortController().signal, 100)).rejects.toMatchObject({
      code: 'REQUEST_PENDING',
      retryable: true,
      hint: expect.stringContaining('next safe point'),
    });
    expect(existsSync(join(paths.requests, `${job.id}.cancel`))).toBe(true);
    lock.release();
    const other = notes.open();
    expect(existsSync(join(paths.requests, `${job.id}.cancel`))).toBe(false);
    expect(only((await other.run('resume', { job: job.id })).jobs)).toMatchObject({ state: 'completed' });
  });

  function readerOf({ folder }: Notes): Engine {
    const engine = new Engine({ folder, workers: workerUrls, builtinModel, access: 'read' });
    onTestFinished(() => engine.close());
    return engine;
  }
});

describe('two jobs of one engine', () => {
  /** A first job in its middle, and a second one that waits. */
  async function two(meanwhile: (engine: TestEngine, waiting: string) => void | Promise<void>) {
    const notes = await makeNotes(differentTexts(1500));
    const engine = notes.open();
    const second = Promise.withResolvers<Job>();
    const done = Promise.withResolvers<void>();
    const stop = await atSourceCall(engine, 'documents', 2, () => {
      const first = newest(engine);
      engine.run('index').then(({ jobs }) => second.resolve(only(jobs)), second.reject);
      const look = async (): Promise<void> => {
        while (newest(engine) === first || stateOf(engine, newest(engine)) !== 'queued') await letOthersRun();
        await meanwhile(engine, newest(engine));
      };
      look().then(done.resolve, done.reject);
    });
    const first = only((await engine.run('index')).jobs);
    await done.promise;
    stop();
    return { engine, first, second: await second.promise };
  }

  test('run one after the other, the second one queued meanwhile', async () => {
    const { engine, first, second } = await two((engine, waiting) => {
      expect(stateOf(engine, waiting)).toBe('queued');
      expect(stateOf(engine, Number(waiting) - 1)).toBe('running');
    });
    expect(first).toMatchObject({ state: 'completed', processed: 1500, embedded: 1500 });
    expect(second).toMatchObject({ state: 'completed', processed: 1500, unchanged: 1500 });
    expect(second.id).not.toBe(first.id);
    expect(second.startedAt).toBeGreaterThanOrEqual(first.finishedAt ?? Infinity);
    await expectInSync(engine);
  });

  test('the waiting one can be cancelled, at once', async () => {
    const { first, second } = await two(async (engine, waiting) => {
      await engine.run('cancel', { job: waiting });
      expect(stateOf(engine, waiting)).toBe('cancelled');
    });
    expect(first).toMatchObject({ state: 'completed', embedded: 1500 });
    expect(second).toMatchObject({ state: 'cancelled', processed: 0, error: { code: 'CANCELLED' } });
  });

  test('the waiting one is not taken up a second time', async () => {
    const { second } = await two(async (engine, waiting) => {
      await expect(engine.run('resume', { job: waiting })).rejects.toMatchObject({ code: 'JOB_RUNNING' });
    });
    expect(second.state).toBe('completed');
  });

  test('a waiting one whose process died is interrupted', async () => {
    const notes = await makeNotes(differentTexts(20));
    const engine = notes.open();
    const { id } = only((await engine.run('index')).jobs);
    const catalog = engine.engine.writable();
    catalog.transaction(() => catalog.jobs.enqueue(Number(id)));
    await engine.close();
    expect((await notes.run('status', { job: id })).jobs).toMatchObject([{ state: 'interrupted' }]);
    expect((await notes.run('jobs', { state: 'queued' })).jobs).toEqual([]);
    expect(stateOf(notes.open(), id)).toBe('interrupted');
  });
});

describe('JobControl', () => {
  const never = new AbortController().signal;

  test('lets jobs in one by one, in the order in which they came', async () => {
    const control = new JobControl();
    const seen: string[] = [];
    const run = (id: number) =>
      control.run(id, never, async ({ come }) => {
        await come();
        seen.push(`${id} in`);
        await letOthersRun();
        seen.push(`${id} out`);
        if (id === 2) throw new Error('what one job throws is no business of the next');
      });
    await Promise.allSettled([run(1), run(2), run(3)]);
    expect(seen).toEqual(['1 in', '1 out', '2 in', '2 out', '3 in', '3 out']);
  });

  test('a job started by another one does not wait for it', async () => {
    const control = new JobControl();
    const outer = control.run(1, never, async ({ come }) => {
      await come();
      return control.nested().run(2, never, async (turn) => {
        await turn.come();
        return control.holds(1) && control.holds(2);
      });
    });
    expect(await outer).toBe(true);
  });

  test('a waiting job that is stopped leaves the line, and the next one still waits for the first', async () => {
    const control = new JobControl();
    const first = Promise.withResolvers<void>();
    let third = false;
    const runs = [
      control.run(1, never, async ({ come }) => come().then(() => first.promise)),
      control.run(2, never, async ({ come }) => come()),
      control.run(3, never, async ({ come }) => come().then(() => void (third = true))),
    ];
    expect(control.stop(2, 'pause')).toBe(true);
    await expect(runs[1]).rejects.toMatchObject({ code: 'PAUSED' });
    expect(control.holds(2)).toBe(false);
    await letOthersRun();
    expect(third).toBe(false);
    first.resolve();
    await runs[2];
    expect(third).toBe(true);
    expect(control.stop(2, 'pause')).toBe(false);
  });

  test('holds a job once', async () => {
    const control = new JobControl();
    const first = Promise.withResolvers<void>();
    const run = control.run(1, never, () => first.promise);
    await expect(control.run(1, never, async () => {})).rejects.toBeInstanceOf(PlumblineError);
    first.resolve();
    await run;
  });
});

test('a run is interrupted while its model downloads; the next one goes on with what has arrived', async () => {
  const tiny = temporaryFolder();
  writeTinyModel(tiny);
  const hub = await startHub('acme/tiny', tiny);
  const { HF_ENDPOINT } = process.env;
  process.env['HF_ENDPOINT'] = hub.endpoint;
  onTestFinished(async () => {
    if (HF_ENDPOINT === undefined) delete process.env['HF_ENDPOINT'];
    else process.env['HF_ENDPOINT'] = HF_ENDPOINT;
    await hub.close();
  });
  const notes = await makeNotes(differentTexts(20));
  notes.reconfigure({ model: 'acme/tiny' });
  const interrupt = new AbortController();
  hub.intercept = ({ host }, response, body) => {
    if (host === 'hub') return false;
    // Half of the graph, and then silence.
    response.writeHead(200, { 'content-length': body.length }).write(body.subarray(0, body.length / 2));
    setTimeout(() => interrupt.abort(new PlumblineError('INTERRUPTED', 'interrupted')), 50);
    return true;
  };
  await expect(notes.run('index', {}, { signal: interrupt.signal })).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
  expect((await notes.run('jobs')).jobs).toEqual([]);
  hub.intercept = () => false;
  expect(only((await notes.run('index')).jobs)).toMatchObject({ state: 'completed', processed: 20 });
  expect(hub.seen.filter(({ host }) => host === 'storage').map(({ range }) => range)).toEqual([
    null,
    expect.stringMatching(/^bytes=[1-9]\d*-$/),
  ]);
});

test('a lock that cannot be looked at is not called free', () => {
  const paths = workspacePaths(temporaryFolder());
  mkdirSync(paths.lock, { recursive: true });
  expect(isLockFree(paths)).toBe(false);
});

test('what else lies in the folder of requests disturbs nobody', async () => {
  const notes = await makeNotes(differentTexts(5));
  const { requests } = workspacePaths(notes.folder);
  const engine = notes.open();
  mkdirSync(requests, { recursive: true });
  for (const name of ['7.cancel', '1.delete', 'x.pause', '1.pause.ab12.tmp'])
    writeFileSync(join(requests, name), '');
  expect(only((await engine.run('index')).jobs)).toMatchObject({ state: 'completed' });
});

test('a file in the place of the folder of requests gives way to the first request', async () => {
  const notes = await makeNotes(differentTexts(10));
  const { requests } = workspacePaths(notes.folder);
  await notes.run('index');
  writeFileSync(requests, '');
  const engine = notes.open();
  expect(only((await engine.run('index')).jobs)).toMatchObject({ state: 'completed' });
  await engine.close();
  placeRequest(requests, { jobId: 7, request: 'pause' });
  expect(readRequests(requests)).toEqual([{ jobId: 7, request: 'pause' }]);
});
