/** Failures as they happen: none untold, and few events however many they are. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ProblemEvent } from '../../engine/contract.ts';
import { readEvents, type ServerEvent } from '../../engine/doors/client/events.ts';
import { EventLog } from '../../engine/doors/http/event-log.ts';
import { eventStream } from '../../engine/doors/http/event-stream.ts';
import { ProblemTeller, type Problem } from '../../engine/problems.ts';
import { differentTexts, makeNotes, unrenderable } from '../support/notes.ts';
import { serveHere } from '../support/served.ts';

const problem = (code: string, key: string): Problem => ({
  ...{ jobId: '1', entityType: 'note', kind: 'dead_letter', code, message: `failed ${key}`, key },
});

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(() => void vi.useRealTimers());

test('the first is told at once, the next ones together, each kind with its count and its latest', () => {
  const told: ProblemEvent[] = [];
  const teller = new ProblemTeller((event) => told.push(event));
  for (let i = 0; i < 1000; i += 1) teller.note(problem('A', String(i)));
  teller.note(problem('B', 'x'));
  expect(told).toMatchObject([{ code: 'A', key: '0', count: 1 }]);
  vi.advanceTimersByTime(500);
  expect(told.slice(1)).toMatchObject([
    { code: 'A', key: '999', message: 'failed 999', count: 999 },
    { code: 'B', count: 1 },
  ]);
  teller.note(problem('A', 'again'));
  expect(told).toHaveLength(3);
  teller.close();
  expect(told).toHaveLength(4);
  vi.advanceTimersByTime(5000);
  teller.note(problem('A', 'after a pause'));
  expect(told).toHaveLength(5);
  teller.close();
});

test('of many the log keeps the newest, and loses nothing else for them', async () => {
  const log = new EventLog(50 + 100);
  const hello = readEvents(eventStream(log, { lastEventId: log.format(0), onEnd: () => {} }));
  log.notice('before');
  for (let i = 0; i < 1000; i += 1) log.problem({ ...problem('A', String(i)), count: 1, at: i });
  log.close();
  const seen: ServerEvent[] = [];
  for await (const { event } of hello) seen.push(event);
  expect(seen.map(({ type }) => type).filter((type) => type !== 'problem')).toEqual([
    'hello',
    'notice',
    'end',
  ]);
  expect(seen.filter(({ type }) => type === 'problem')).toHaveLength(100);
  expect(seen.at(-2)).toMatchObject({ type: 'problem', key: '999', jobId: '1' });
});

test('a served job tells of the rows that fail while it runs', async () => {
  vi.useRealTimers();
  const notes = await makeNotes([...differentTexts(20), unrenderable, unrenderable]);
  const { client } = await serveHere(notes.folder);
  const seen: ServerEvent[] = [];
  const begun = Promise.withResolvers<void>();
  const stop = new AbortController();
  const listening = (async () => {
    for await (const { event } of client.events({ signal: stop.signal })) {
      begun.resolve();
      seen.push(event);
      if (event.type === 'problem') return;
    }
  })();
  await begun.promise;
  const { jobs } = await client.call('index', {});
  await listening;
  stop.abort();
  expect(seen.at(-1)).toMatchObject({
    ...{
      type: 'problem',
      jobId: jobs[0]?.id,
      entityType: 'note',
      kind: 'dead_letter',
      code: 'BLOB_NOT_TEXT',
    },
  });
  expect(seen.find((event) => event.type === 'progress' || event.type === 'job')).toMatchObject({
    stages: ['indexing'],
    memoryBytes: expect.any(Number),
  });
});
