/** Server-sent events: numbers, replay, gaps, slow readers, and the end. */
import { expect, it } from 'vitest';
import type { Job, JobState } from '../../engine/contract.ts';
import { EventLog } from '../../engine/doors/http/event-log.ts';
import { eventStream } from '../../engine/doors/http/event-stream.ts';
import { Client } from '../../engine/doors/client/client.ts';
import { follow } from '../../engine/doors/client/follow.ts';
import { readEvents, type ReceivedEvent } from '../../engine/doors/client/events.ts';
import { API } from '../../engine/routes.ts';
import { makeNotes, differentTexts } from '../support/notes.ts';
import { openSocket } from '../support/raw-http.ts';
import { serveHere, until } from '../support/served.ts';

function job(id: string, state: JobState, processed = 0): Job {
  return {
    ...{ id, kind: 'index', entityType: 'note', state, total: null, processed, embedded: 0, reused: 0 },
    ...{ unchanged: 0, deleted: 0, failed: 0, createdAt: 1, startedAt: 1, finishedAt: null, durationMs: 0 },
    ...{ error: null, reportId: null, ofJob: null, reversible: false },
  } as Job;
}

const FACTS = {
  ...{ stage: 'indexing', stages: ['indexing'], percent: null, ratePerSecond: null, etaMs: null },
  ...{ workers: 1, memoryBytes: 1 },
};

const tell = (log: EventLog, id: string, state: JobState, processed = 0): void =>
  log.progress({ ...FACTS, job: job(id, state, processed) }, null);

interface Reader {
  next(): Promise<string>;
  /** Everything up to and without this type. */
  until(type: string): Promise<ReceivedEvent[]>;
  leave(): Promise<unknown>;
}

function read(log: EventLog, lastEventId?: string, onEnd = (): void => {}, heartbeatMs = 60_000): Reader {
  const events = readEvents(eventStream(log, { lastEventId, onEnd, heartbeatMs }));
  const take = async (): Promise<ReceivedEvent | null> => {
    const { value, done } = await events.next();
    return done === true ? null : value;
  };
  return {
    next: async () => describe(await take()),
    async until(type) {
      const seen: ReceivedEvent[] = [];
      for (let event = await take(); event !== null && event.event.type !== type; event = await take())
        seen.push(event);
      return seen;
    },
    leave: () => events.return(undefined),
  };
}

/** `job 1 running`, `progress 1 50`, `notice hello`. */
function describe(received: ReceivedEvent | null): string {
  if (received === null) return '(over)';
  const { event } = received;
  if (event.type === 'job') return `job ${event.job.id} ${event.job.state}`;
  if (event.type === 'progress') return `progress ${event.job.id} ${event.job.processed}`;
  return event.type === 'notice' ? `notice ${event.message}` : event.type;
}

it('tells what comes, states one by one and progress as the newest of each job', async () => {
  const log = new EventLog();
  log.notice('before');
  const reader = read(log);
  expect(await reader.next()).toBe('hello');
  tell(log, '1', 'queued');
  tell(log, '1', 'running');
  tell(log, '1', 'running', 10);
  tell(log, '2', 'queued');
  tell(log, '1', 'running', 20);
  tell(log, '1', 'running', 30);
  const seen: string[] = [];
  for (let i = 0; i < 4; i += 1) seen.push(await reader.next());
  expect(seen).toEqual(['job 1 queued', 'job 1 running', 'job 2 queued', 'progress 1 30']);
  tell(log, '1', 'running', 40);
  tell(log, '1', 'completed', 50);
  log.notice('a\nb: "c"');
  expect([await reader.next(), await reader.next()]).toEqual(['job 1 completed', 'notice a\nb: "c"']);
});

it('goes on behind the event that was seen last', async () => {
  const log = new EventLog();
  for (let i = 1; i <= 5; i += 1) log.notice(String(i));
  const reader = read(log, log.format(3));
  expect([await reader.next(), await reader.next(), await reader.next()]).toEqual([
    'hello',
    'notice 4',
    'notice 5',
  ]);
});

it('says where something was missed: too old, of another server, or no id at all', async () => {
  const log = new EventLog(3);
  for (let i = 1; i <= 10; i += 1) log.notice(String(i));
  for (const id of [log.format(2), 'abc-7', `${log.epoch}-11`, 'nonsense']) {
    const reader = read(log, id);
    const seen: string[] = [];
    for (let i = 0; i < 5; i += 1) seen.push(await reader.next());
    expect(seen, id).toEqual(['hello', 'gap', 'notice 8', 'notice 9', 'notice 10']);
  }
  // Right at the edge nothing was.
  const edge = read(log, log.format(7));
  expect([await edge.next(), await edge.next()]).toEqual(['hello', 'notice 8']);
});

it('keeps nothing for a slow reader, which hears of the gap', async () => {
  const log = new EventLog(10);
  const reader = read(log);
  expect(await reader.next()).toBe('hello');
  for (let i = 1; i <= 10_000; i += 1) {
    log.notice(String(i));
    tell(log, 'x', 'running', i);
    if (i % 1000 === 0) await new Promise(setImmediate);
  }
  log.close();
  const seen = await reader.until('end');
  expect(seen.length).toBeLessThan(20);
  expect(seen.map(({ event }) => event.type)).toContain('gap');
  expect(describe(seen.at(-1) ?? null)).toBe('progress x 10000');
});

it('ends with what was not read yet, then `end`, and says that it is over once', async () => {
  const log = new EventLog();
  let ends = 0;
  const reader = read(log, undefined, () => (ends += 1));
  log.notice('last words');
  log.close();
  log.notice('too late');
  expect([await reader.next(), await reader.next(), await reader.next(), await reader.next()]).toEqual([
    'hello',
    'notice last words',
    'end',
    '(over)',
  ]);
  await reader.leave();
  expect(ends).toBe(1);
});

it('breaks silence with a comment, and stops when the reader leaves', async () => {
  const log = new EventLog();
  let ends = 0;
  const stream = eventStream(log, { lastEventId: undefined, onEnd: () => (ends += 1), heartbeatMs: 5 });
  const reader = stream.getReader();
  const texts: string[] = [];
  while (texts.length < 3) texts.push(new TextDecoder().decode((await reader.read()).value));
  expect(texts.slice(1)).toEqual([': still here\n\n', ': still here\n\n']);
  await reader.cancel();
  expect(ends).toBe(1);
});

it('tells of a job over HTTP, with the start that it belongs to, and again to who comes back', async () => {
  const { folder } = await makeNotes(differentTexts(50));
  const { client } = await serveHere(folder);
  const stop = new AbortController();
  const seen: ReceivedEvent[] = [];
  const reading = (async () => {
    for await (const event of client.events({ signal: stop.signal })) seen.push(event);
  })().catch(() => {});
  await until(() => seen.length > 0);
  const started = await client.start('index', {}, { waitSeconds: 0 });
  const run = started.done ? null : started.run;
  expect(run).toBe('1');
  const last = await until(
    () => seen.find(({ event }) => event.type === 'job' && event.job.state === 'completed') ?? null,
  );
  expect(last.event).toMatchObject({ run: '1', job: { id: '1', processed: 50 } });
  stop.abort();
  await reading;
  const first = seen.find(({ event }) => event.type === 'job');
  const again: string[] = [];
  for await (const event of client.events({ after: first?.id ?? '' })) {
    again.push(describe(event));
    if (again.at(-1) === 'job 1 completed') break;
  }
  expect(again[0]).toBe('hello');
  expect(again).not.toContain('gap');
});

it('is opened a thousand times: streams that left are gone, too many at once are refused', async () => {
  const { folder } = await makeNotes(['a red book']);
  const { url, token, request } = await serveHere(folder);
  const open = async (): Promise<() => Promise<void>> => {
    const stop = new AbortController();
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}${API}/events`, { headers, signal: stop.signal });
    expect(answer.status).toBe(200);
    return async () => {
      stop.abort();
      await answer.body?.cancel().catch(() => {});
    };
  };
  const streams = async (): Promise<number> => {
    const text = await (
      await fetch(`${url}${API}/metrics`, { headers: { authorization: `Bearer ${token}` } })
    ).text();
    return Number(/^plumbline_event_streams (\d+)$/m.exec(text)?.[1]);
  };
  for (let round = 0; round < 20; round += 1) {
    const leave = await Promise.all(Array.from({ length: 50 }, open));
    expect(await streams()).toBeGreaterThanOrEqual(50);
    await Promise.all(leave.map((close) => close()));
    await until(async () => (await streams()) === 0);
  }
  for (let i = 0; i < 150; i += 1) expect((await request('HEAD', '/events')).status).toBe(200);
  expect(await streams()).toBe(0);
  const leave = await Promise.all(Array.from({ length: 100 }, open));
  const refused = await request('GET', '/events');
  expect(refused).toMatchObject({ status: 503, body: { error: { code: 'TOO_MANY_STREAMS' } } });
  expect(refused.headers.get('retry-after')).toBe('5');
  expect((await request('GET', '/status')).status).toBe(200);
  await Promise.all(leave.map((close) => close()));
  await until(async () => (await streams()) === 0);
});

it('holds back a reader that does not read, without holding events for it', async () => {
  const { folder } = await makeNotes(['a red book']);
  const { url, token, serving, request } = await serveHere(folder);
  const socket = openSocket(url);
  socket.write(`GET ${API}/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n\r\n`);
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  const line = 'n'.repeat(10_000);
  // 200 MB of events, of which the ring keeps 10.
  for (let i = 0; i < 20_000; i += 1) {
    serving.events.notice(line);
    if (i % 100 === 0) await new Promise(setImmediate);
  }
  expect((await request('GET', '/status')).status).toBe(200);
  const chunks: Buffer[] = [];
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.resume();
  await serving.stop();
  await closed;
  const text = Buffer.concat(chunks).toString('latin1');
  expect(text).toContain('event: gap');
  expect(text).toContain('event: end');
  expect(text.length).toBeLessThan(60e6);
});

it('a follower outlives its server, goes on with the next one, and says what it missed', async () => {
  const { folder } = await makeNotes(differentTexts(5));
  const first = await serveHere(folder);
  const stop = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    for await (const event of follow(first.client, stop.signal))
      seen.push(event.type === 'connected' ? `connected ${event.missed ? 'anew' : 'again'}` : event.type);
  })();
  await until(() => seen.length > 0);
  await first.client.call('index', {});
  await until(() => seen.includes('job'));
  await first.serving.stop();
  await until(() => seen.includes('lost'));
  const second = await serveHere(folder, null, first.serving.port);
  await until(() => seen.lastIndexOf('connected anew') > 0);
  second.serving.events.notice('here');
  await until(() => seen.includes('notice'));
  stop.abort();
  await following;
  expect(seen[0]).toBe('connected anew');
  expect(seen.indexOf('lost')).toBeGreaterThan(seen.indexOf('job'));
});

it('a follower with the wrong token is told so, once', async () => {
  const { folder } = await makeNotes(['a red book']);
  const { url } = await serveHere(folder);
  const client = new Client({ url, token: 'x'.repeat(43) });
  const following = follow(client, new AbortController().signal).next();
  await expect(following).rejects.toMatchObject({ code: 'TOKEN_WRONG' });
});
