/** Sources, models and threads that go away in the middle of a job: it stops, resumable, and says what to do. */
import { renameSync, rmSync, truncateSync, writeFileSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Job } from '../../engine/contract.ts';
import { dispatch } from '../../engine/doors/dispatch.ts';
import { Engine } from '../../engine/engine.ts';
import { EXIT, PlumblineError, toErrorData } from '../../engine/errors.ts';
import { outcomeOf, stateAfter } from '../../engine/jobs/outcome.ts';
import { stopReason } from '../../engine/control.ts';
import { diskFull } from '../../engine/file-errors.ts';
import { workerUrls } from '../../workers/urls.ts';
import { differentTexts, makeNotes, type Notes } from '../support/notes.ts';
import { atSourceCall, catalogNumber, expectCountsAddUp, expectInSync, only } from '../support/observe.ts';
import { builtinModel, type TestEngine } from '../support/workspace.ts';

const ROWS = 1500;

async function indexed(engine: TestEngine, call: string, nth: number, action: () => void): Promise<Job> {
  const stop = await atSourceCall(engine, call, nth, action);
  const job = only((await engine.run('index')).jobs);
  stop();
  return job;
}

const resume = async (engine: TestEngine, { id }: Job): Promise<Job> =>
  only((await engine.run('resume', { job: id })).jobs);

/** Everything in one file, so that moving it moves the database. */
function settle({ change }: Notes): void {
  change((db) => db.pragma('journal_mode = DELETE'));
}

describe('the source file', () => {
  test('is deleted: the job is interrupted, and index goes on with the one that is put in its place', async () => {
    const notes = await makeNotes(differentTexts(ROWS));
    settle(notes);
    copyFileSync(notes.sourcePath, `${notes.sourcePath}.copy`);
    const engine = notes.open();
    const job = await indexed(engine, 'documents', 3, () => rmSync(notes.sourcePath));
    expect(job).toMatchObject({
      state: 'interrupted',
      error: { code: 'SOURCE_NOT_FOUND', hint: expect.stringContaining('Put it back') },
    });
    expect(job.failed).toBe(0);
    await expect(resume(engine, job)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    await expect(engine.run('index')).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    renameSync(`${notes.sourcePath}.copy`, notes.sourcePath);
    await expect(resume(engine, job)).rejects.toMatchObject({
      code: 'SOURCE_REPLACED',
      hint: expect.stringContaining('plumbline index'),
    });
    expect(only((await engine.run('index')).jobs)).toMatchObject({ state: 'completed', failed: 0 });
    await expectInSync(engine);
  });

  test('is moved away and back: resume goes on', async () => {
    const notes = await makeNotes(differentTexts(ROWS));
    settle(notes);
    const engine = notes.open();
    const away = `${notes.sourcePath}.away`;
    const job = await indexed(engine, 'documents', 3, () => renameSync(notes.sourcePath, away));
    expect(job).toMatchObject({ state: 'interrupted', error: { code: 'SOURCE_NOT_FOUND' } });
    renameSync(away, notes.sourcePath);
    const resumed = await resume(engine, job);
    expect(resumed).toMatchObject({ state: 'completed', processed: ROWS, failed: 0 });
    expectCountsAddUp(resumed);
    await expectInSync(engine);
  });

  const damages = {
    garbage: (path: string) => {
      writeFileSync(path, Buffer.alloc(200_000, 'garbage '), { flag: 'r+' });
    },
    half: (path: string) => truncateSync(path, 20_480),
    nothing: (path: string) => truncateSync(path, 0),
  };
  test.each(Object.entries(damages))(
    'becomes %s: the job is interrupted, and nothing is believed of it',
    async (_name, damage) => {
      const notes = await makeNotes(differentTexts(ROWS));
      settle(notes);
      copyFileSync(notes.sourcePath, `${notes.sourcePath}.copy`);
      const engine = notes.open();
      const job = await indexed(engine, 'scan', 3, () => damage(notes.sourcePath));
      expect(job.state).toBe('interrupted');
      // Restored in place, as a backup program does.
      copyFileSync(`${notes.sourcePath}.copy`, notes.sourcePath);
      const resumed = await resume(engine, job);
      expect(resumed).toMatchObject({ state: 'completed', processed: ROWS, failed: 0 });
      await expectInSync(engine);
    },
  );

  test('is gone during a validation or repair: no report, nothing deleted', async () => {
    const notes = await makeNotes(differentTexts(600));
    settle(notes);
    const engine = notes.open();
    await engine.run('index');
    const away = `${notes.sourcePath}.away`;
    for (const operation of ['validate', 'fixDrift'] as const) {
      const stop = await atSourceCall(engine, 'scan', 2, () => renameSync(notes.sourcePath, away));
      const output = await engine.run(operation);
      stop();
      expect(output, operation).toMatchObject({
        jobs: [{ state: 'interrupted', deleted: 0, error: { code: 'SOURCE_NOT_FOUND' } }],
        reports: [],
      });
      renameSync(away, notes.sourcePath);
      expect(await resume(engine, only(output.jobs))).toMatchObject({ state: 'completed' });
    }
    expect(catalogNumber(notes.folder, 'SELECT count(*) FROM entity')).toBe(600);
    await expectInSync(engine);
  });
});

describe('the model folder', () => {
  test('is gone before the first batch: interrupted; put back, resume goes on', async () => {
    const notes = await makeNotes(differentTexts(100));
    const model = join(notes.folder, 'tiny');
    const engine = notes.open();
    const job = await indexed(engine, 'openType', 2, () => renameSync(model, `${model}.away`));
    expect(job).toMatchObject({ state: 'interrupted', processed: 0, failed: 0 });
    expect(job.error?.code).toMatch(/^MODEL_/);
    renameSync(`${model}.away`, model);
    expect(await resume(engine, job)).toMatchObject({ state: 'completed', processed: 100, failed: 0 });
    await expectInSync(engine);
  });
});

test('the source thread died: the job is interrupted, and the next one has a new thread', async () => {
  const notes = await makeNotes(differentTexts(600));
  const source = new URL('../support/dying-source.ts', import.meta.url);
  const engine = new Engine({
    folder: notes.folder,
    workers: { ...workerUrls, source },
    builtinModel,
    access: 'write',
  });
  onTestFinished(() => engine.close());
  const { signal } = new AbortController();
  writeFileSync(join(notes.folder, 'deadly'), '');
  const job = only((await dispatch(engine, 'index', {}, signal)).jobs);
  expect(job).toMatchObject({ state: 'interrupted', error: { code: 'THREAD_DIED' } });
  const resumed = only((await dispatch(engine, 'resume', { job: job.id }, signal)).jobs);
  expect(resumed).toMatchObject({ state: 'completed', processed: 600, failed: 0 });
});

describe('the state after an error', () => {
  const error = (code: string, options = {}) => toErrorData(new PlumblineError(code, 'x', options));

  test('is interrupted where something went away, or may be better next time', () => {
    const away = [
      ...[
        'SOURCE_NOT_FOUND',
        'SOURCE_UNREADABLE',
        'SOURCE_CORRUPT',
        'SOURCE_NOT_A_DATABASE',
        'SOURCE_CHANGED',
        'MODEL_INVALID',
      ],
      ...['MODEL_INCOMPLETE', 'MODEL_NOT_FOUND', 'THREAD_CLOSED', 'WORKSPACE_UNWRITABLE'],
    ];
    for (const code of away) expect(stateAfter(error(code)), code).toBe('interrupted');
    expect(stateAfter(error('SOURCE_BUSY', { retryable: true }))).toBe('interrupted');
    expect(stateAfter(error('MODEL_FAILING', { exitCode: EXIT.interrupted }))).toBe('interrupted');
    expect(stateAfter(toErrorData(diskFull('/x', null)))).toBe('interrupted');
    expect(stateAfter(toErrorData(new TypeError('a bug')))).toBe('interrupted');
  });

  test('is failed on the terms of the job', () => {
    const own = ['DELETE_CAP_EXCEEDED', 'KEY_UNKNOWN', 'KEY_NOT_UNIQUE', 'SOURCE_REPLACED', 'KEY_CHANGED'];
    for (const code of [...own, 'FILTER_INVALID', 'MODEL_UNSUPPORTED', 'TEMPLATE_INVALID'])
      expect(stateAfter(error(code)), code).toBe('failed');
  });

  test('is what a person asked for, whatever broke off because of it', () => {
    const after = (reason?: unknown) => {
      const stop = new AbortController();
      stop.abort(reason);
      const data = outcomeOf(new PlumblineError('THREAD_DIED', 'x'), stop.signal);
      return [data.code, stateAfter(data)];
    };
    expect(after(stopReason('pause', 7))).toEqual(['PAUSED', 'paused']);
    expect(after(stopReason('cancel', 7))).toEqual(['CANCELLED', 'cancelled']);
    expect(after()).toEqual(['INTERRUPTED', 'interrupted']);
    expect(after(new PlumblineError('toString', 'x'))).toEqual(['INTERRUPTED', 'interrupted']);
  });
});
