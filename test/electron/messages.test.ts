/** What crosses between the processes of the desktop, and what is shown of it. */
import { describe, expect, it } from 'vitest';
import { parseFromEngine, parseToEngine } from '../../electron/messages.ts';
import { activityOf, activityText, IDLE, progressBar } from '../../electron/policy/activity.ts';
import { requestSchemas } from '../../electron/requests.ts';
import type { Job } from '../../engine/contract.ts';
import { toErrorData } from '../../engine/errors.ts';

describe('messages', () => {
  it('to the engine are understood', () => {
    const resources = { builtinModel: '/m', page: '/p' };
    const start = {
      type: 'start',
      folder: null,
      port: 0,
      version: '1.2.3',
      environment: { A: 'b' },
      resources,
    };
    for (const message of [
      start,
      { type: 'stop' },
      { type: 'open', folder: '/x' },
      { type: 'selftest', resources },
    ])
      expect(parseToEngine(message)).toEqual(message);
  });

  it('from the engine are understood, errors with their code and hint', () => {
    const error = { ...toErrorData(new Error('x')), hint: 'do that' };
    expect(parseFromEngine({ type: 'failed', error })).toEqual({ type: 'failed', error });
    expect(parseFromEngine({ type: 'activity', activity: IDLE })).toMatchObject({ activity: IDLE });
  });

  it.each([null, 'stop', {}, { type: 'quit' }, { type: 'start' }, { type: 'start', folder: 7, port: -1 }])(
    'that are none (%j) are errors with a name',
    (message) => {
      expect(() => parseToEngine(message)).toThrow(expect.objectContaining({ code: 'MESSAGE_INVALID' }));
      expect(() => parseFromEngine(message)).toThrow(expect.objectContaining({ code: 'MESSAGE_INVALID' }));
    },
  );
});

describe('requests of the page', () => {
  it('may leave out what has a default', () => {
    expect(requestSchemas.pickFile.parse([])).toEqual([{}]);
    expect(requestSchemas.pickFolder.parse([undefined])).toEqual([{}]);
  });

  it.each([
    ['pickFile', [{ properties: ['openDirectory'] }]],
    ['pickFile', ['/etc']],
    ['notify', [{ title: 'x' }]],
    ['notify', [{ title: 'x', body: 'y', icon: 'file:///etc/passwd' }]],
    ['showInFolder', []],
    ['showInFolder', ['']],
    ['showInFolder', [{ toString: 'x' }]],
    ['saveSecret', ['NAME']],
    ['saveSecret', ['NAME', 7]],
    ['secretNames', ['everything']],
  ] as const)('%s(%j) is refused', (call, args) => {
    expect(requestSchemas[call].safeParse(args).success).toBe(false);
  });
});

describe('activity', () => {
  const job = (fields: Partial<Job>): Job =>
    ({
      kind: 'index',
      entityType: 'products',
      state: 'running',
      total: 200,
      processed: 50,
      ...fields,
    }) as Job;

  it('is none without jobs, and with jobs that are over', () => {
    expect(activityOf([])).toEqual(IDLE);
    expect(activityOf([job({ state: 'completed' }), job({ state: 'paused' })])).toEqual(IDLE);
    expect(progressBar(IDLE)).toBe(-1);
    expect(activityText(IDLE)).toBe('Plumbline: no jobs are running');
  });

  it('is that of the running job, and counts those that wait', () => {
    const activity = activityOf([job({ state: 'queued', entityType: 'orders' }), job({})]);
    expect(activity).toEqual({ jobs: 2, title: 'index products', share: 0.25 });
    expect(progressBar(activity)).toBe(0.25);
    expect(activityText(activity)).toBe('Plumbline: index products 25 %, 1 waiting');
  });

  it('has no share before the total is known, and never more than all', () => {
    expect(activityOf([job({ total: null })]).share).toBeNull();
    expect(activityOf([job({ total: 0 })]).share).toBeNull();
    expect(progressBar(activityOf([job({ total: null })]))).toBeGreaterThan(1);
    expect(activityOf([job({ processed: 300 })]).share).toBe(1);
  });
});
