/** The whole workflow as a program without our client does it: by fetch, path by path. */
import { expect, it } from 'vitest';
import type { Job, Output } from '../../engine/contract.ts';
import { stringify } from '../../engine/json.ts';
import { makeManyNotes, MANY } from '../support/many-notes.ts';
import { makeNotes } from '../support/notes.ts';
import { serveHere, until, type Rest, type RestAnswer } from '../support/served.ts';
import type { TestWorkspace } from '../support/workspace.ts';

interface Jobs {
  readonly jobs: readonly Job[];
  readonly run?: string;
}

const jobsOf = ({ body }: RestAnswer): readonly Job[] => (body as Jobs).jobs;

async function jobOf({ request }: Rest, id: string): Promise<Job> {
  const [job] = jobsOf(await request('GET', `/status/${id}`));
  if (job === undefined) throw new Error(`no job ${id}`);
  return job;
}

const untilOver = (rest: Rest, id: string): Promise<Job> =>
  until(async () => {
    const job = await jobOf(rest, id);
    return job.state === 'queued' || job.state === 'running' ? null : job;
  });

/** Starts a job, which may be done before that is answered; its id. */
async function start({ request }: Rest, path: string, body?: unknown): Promise<string> {
  const answer = await request('POST', path, body);
  expect([200, 202], stringify(answer.body)).toContain(answer.status);
  const [job] = jobsOf(answer);
  expect(job?.id).toMatch(/^\d+$/);
  return job?.id ?? '';
}

async function inTheMiddle(workspace: TestWorkspace): Promise<Rest & { id: string }> {
  const rest = await serveHere(workspace.folder);
  const id = await start(rest, '/index/note', { workers: 1 });
  await until(async () => (await jobOf(rest, id)).processed > 0);
  return { ...rest, id };
}

it('discover, index, status, validate, drift, fix-drift, validate-all, rebuild, search, rollback', async () => {
  const { folder, put, remove } = await makeNotes([
    'a red book',
    'a blue bird',
    'a green tree',
    'a small ship',
  ]);
  const rest = await serveHere(folder);
  const { request } = rest;
  expect(await request('GET', '/discover')).toMatchObject({
    status: 200,
    body: { entityTypes: [{ name: 'note' }] },
  });

  const index = await start(rest, '/index/note');
  expect(await untilOver(rest, index)).toMatchObject({ state: 'completed', embedded: 4 });

  put({ 1: 'a red lamp', 5: 'a new phone' });
  remove(2);
  const validated = await request('POST', '/validate/note');
  expect(validated).toMatchObject({
    status: 200,
    body: { reports: [{ stale: 1, missing: 1, orphaned: 1 }] },
  });
  expect(await request('GET', '/drift/note?class=orphaned')).toMatchObject({
    body: { items: [{ key: '2' }], total: 1 },
  });

  const planned = await request('POST', '/fix-drift/note', { dryRun: true });
  expect(planned).toMatchObject({ status: 200, body: { plans: [{ embed: 2, delete: 1 }] } });
  const capped = await request('POST', '/fix-drift/note?wait=60');
  expect(capped).toMatchObject({ status: 200, body: { error: { code: 'DELETE_CAP_EXCEEDED' } } });
  const fixed = await request('POST', '/fix-drift/note?wait=60', { maxDeletePercent: 50 });
  expect(fixed).toMatchObject({ status: 200, body: { jobs: [{ kind: 'repair', state: 'completed' }] } });

  const all = await request('POST', '/validate-all');
  expect(all).toMatchObject({ status: 200, body: { reports: [{ state: 'in_sync' }] } });

  const rebuild = await start(rest, '/rebuild/note');
  const rebuilt = await untilOver(rest, rebuild);
  expect(rebuilt).toMatchObject({ kind: 'rebuild', state: 'completed' });
  expect(await request('GET', `/status/${rebuild}`)).toMatchObject({
    body: { reports: [{ state: 'in_sync' }] },
  });
  const found = await request('GET', '/search/note?query=phone&k=1&mode=text');
  expect(found).toMatchObject({ status: 200, body: { hits: [{ key: '5' }] } });
  const { hits } = found.body as Output<'search'>;
  expect(await request('POST', '/search/note', { query: 'phone', k: 1, mode: 'text' })).toMatchObject({
    status: 200,
    body: { hits },
  });

  const rollback = await start(rest, `/rollback/${rebuild}`);
  expect(await untilOver(rest, rollback)).toMatchObject({ kind: 'rollback', state: 'completed' });
  expect((await request('POST', '/retry/note?wait=60')).status).toBe(200);
  expect(await request('GET', '/jobs?limit=2')).toMatchObject({
    body: { jobs: [{ kind: 'retry' }, { kind: 'rollback' }] },
  });
});

it('pause, resume and cancel a job while it runs, with status, drift and search read meanwhile', async () => {
  const workspace = await makeManyNotes(3 * MANY);
  const { id, ...rest } = await inTheMiddle(workspace);
  const { request } = rest;
  expect((await request('GET', '/search/note?query=teapots')).status).toBe(200);
  expect(await request('GET', '/drift/note')).toMatchObject({
    status: 409,
    body: { error: { code: 'NOT_VALIDATED' } },
  });
  expect(await request('POST', `/pause/${id}`)).toMatchObject({
    status: 200,
    body: { jobs: [{ id, state: 'paused' }] },
  });
  expect(await request('POST', `/resume/${id}`)).toMatchObject({ status: 202, body: { jobs: [{ id }] } });
  await until(async () => (await jobOf(rest, id)).state === 'running');
  // A second start waits for its turn; cancelling the first one lets it come.
  const second = await start(rest, '/validate/note?wait=0');
  expect(second).not.toBe(id);
  expect(await jobOf(rest, second)).toMatchObject({ state: 'queued' });
  expect(await request('POST', `/cancel/${id}`)).toMatchObject({
    status: 200,
    body: { jobs: [{ id, state: 'cancelled' }] },
  });
  expect(await untilOver(rest, second)).toMatchObject({ state: 'completed' });
  expect(await request('POST', `/resume/${id}`)).toMatchObject({
    status: 409,
    body: { error: { code: 'NOT_RESUMABLE' } },
  });
});

it('waits so long for a result, and gives it later under the name of the run', async () => {
  const { folder } = await makeManyNotes(MANY);
  const { request } = await serveHere(folder);
  const started = await request('POST', '/index?wait=0');
  expect(started).toMatchObject({ status: 202, body: { jobs: [{ kind: 'index' }], run: '1' } });
  const path = (started.headers.get('location') ?? '').replace('/api/ai/bulk-sync', '');
  expect(path).toBe('/runs/1');
  const during = await request('GET', path);
  expect(during).toMatchObject({ status: 202, body: { run: '1', jobs: [{ id: '1' }] } });
  const result = await request('GET', `${path}?wait=60`);
  expect(result).toMatchObject({
    status: 200,
    body: { jobs: [{ id: '1', state: 'completed', processed: MANY }] },
  });
  // Kept, with errors as they were.
  expect((await request('GET', path)).body).toEqual(result.body);
  const failed = await request('POST', '/retry/99');
  expect(failed).toMatchObject({ status: 404, body: { error: { code: 'JOB_UNKNOWN' } } });
  expect((await request('GET', '/runs/2')).body).toEqual(failed.body);
  expect(await request('GET', '/runs/3')).toMatchObject({
    status: 404,
    body: { error: { code: 'RUN_UNKNOWN' } },
  });
});

it('says no to more starts than it can queue, and goes on answering what is read', async () => {
  const { folder } = await makeManyNotes(MANY);
  const rest = await serveHere(folder);
  const { request } = rest;
  const first = await start(rest, '/index');
  const starts = await Promise.all(Array.from({ length: 40 }, () => request('POST', '/validate?wait=0')));
  const refused = starts.filter(({ status }) => status === 503);
  expect(refused).toHaveLength(9);
  expect(refused[0]).toMatchObject({ body: { error: { code: 'OVERLOADED', retryable: true } } });
  expect(refused[0]?.headers.get('retry-after')).toBe('5');
  expect(await jobOf(rest, first)).toMatchObject({ kind: 'index' });
  const queued = await request('GET', '/jobs?state=queued');
  expect(jobsOf(queued).length).toBeGreaterThan(0);
  for (const { id } of jobsOf(queued)) await request('POST', `/cancel/${id}`);
  expect((await untilOver(rest, first)).state).toBe('completed');
});

it('names the types whose turn has not come', async () => {
  const workspace = await makeManyNotes(MANY);
  workspace.configure({
    entityTypes: {
      note: { key: ['id'], template: '{{body}}' },
      twice: { key: ['id'], template: '{{body}}' },
    },
  });
  // The second is no table: the first start says so before any job.
  const { request } = await serveHere(workspace.folder);
  const wrong = await request('POST', '/index');
  expect(wrong.status).toBe(404);
  workspace.configure({ entityTypes: { note: { key: ['id'], template: '{{body}}' } } });
  const right = await request('POST', '/index');
  expect(right).toMatchObject({ status: 202, body: { jobs: [{ entityType: 'note' }] } });
  expect(right.body).not.toHaveProperty('notStarted');
  workspace.change((db) => db.exec('CREATE TABLE twice AS SELECT * FROM note'));
  workspace.configure({
    entityTypes: {
      note: { key: ['id'], template: 'again {{body}}' },
      twice: { key: ['id'], template: '{{body}}' },
    },
  });
  const both = await request('POST', '/index');
  expect(both).toMatchObject({
    status: 202,
    body: { jobs: [{ entityType: 'note' }], notStarted: ['twice'] },
  });
});

it('takes a changed configuration up between starts, and never under a job', async () => {
  const workspace = await makeManyNotes(MANY);
  const { id, ...rest } = await inTheMiddle(workspace);
  workspace.configure({ entityTypes: { note: { key: ['id'], template: 'changed {{body}}' } } });
  const second = await rest.client.call('index', { entityTypes: ['note'] });
  expect(await jobOf(rest, id)).toMatchObject({ state: 'completed', embedded: MANY });
  expect(second).toMatchObject({ jobs: [{ state: 'completed', embedded: MANY }] });
  expect(
    (await rest.client.call('search', { entityType: 'note', query: 'changed', mode: 'text', k: 1 })).hits,
  ).toHaveLength(1);
  workspace.configure({ entityTypes: { note: { key: 'id' } } });
  const broken = await rest.request('GET', '/status');
  expect(broken).toMatchObject({ status: 422, body: { error: { code: 'CONFIG_INVALID' } } });
  workspace.configure({ entityTypes: { note: { key: ['id'], template: '{{body}}' } } });
  expect((await rest.request('GET', '/status')).status).toBe(200);
});
