/** A server and its workspaces: none, one, another; over REST and beside the command line. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { follow } from '../../engine/doors/client/follow.ts';
import { SetupClient } from '../../engine/doors/client/setup-client.ts';
import { API, routes } from '../../engine/routes.ts';
import { setupOperations, type SetupOperationName } from '../../engine/setup-contract.ts';
import { setupRoutes } from '../../engine/setup-routes.ts';
import { documentOf, newestJob, plumbline } from '../support/cli.ts';
import { codeOf, errorOf, hostHere } from '../support/host.ts';
import { makeManyNotes } from '../support/many-notes.ts';
import { makeNotes } from '../support/notes.ts';
import { noReadOnlyFolder } from '../support/read-only-folder.ts';
import { restOf, serveHere, startServer, until } from '../support/served.ts';
import { mountDisk } from '../support/tmpfs.ts';
import { temporaryFolder } from '../support/workspace.ts';

const noDisk = process.platform === 'linux' ? noReadOnlyFolder() !== null : true;

const endpointOf = (folder: string): string => join(folder, '.plumbline', 'server.json');

it('without a workspace every route that needs one says so, and the others answer', async () => {
  const { setup, request, url, token, home } = await hostHere();
  expect(await setup.call('workspaces', {})).toEqual({
    open: null,
    pinned: false,
    recent: [],
    defaultFolder: join(home, 'workspaces'),
  });
  const needing = setupRoutes.filter(({ operation }) => setupOperations[operation].workspace);
  const bodies: Partial<Record<SetupOperationName, object>> = {
    downloadModel: { name: 'a/b' },
    cancelDownload: { name: 'a/b' },
    removeModel: { name: 'a/b' },
    importModel: { folder: '/tmp' },
  };
  expect(needing.length).toBeGreaterThan(5);
  const asked = [
    ...routes.map(({ method, path }) => [method, path.replaceAll(/\{\w+\}/g, '1'), undefined] as const),
    ...needing.map(({ method, path, operation }) => [method, path, bodies[operation]] as const),
    ...(['/events', '/metrics', '/runs/1'] as const).map((path) => ['GET', path, undefined] as const),
  ];
  for (const [method, path, body] of asked)
    expect(await request(method, path, body), `${method} ${path}`).toMatchObject({
      status: 409,
      body: { error: { code: 'NO_WORKSPACE', hint: expect.stringContaining('/workspaces/open') } },
    });
  expect((await request('GET', '/health')).body).toMatchObject({ status: 'ok' });
  // For its owner alone.
  expect(readFileSync(join(home, 'token'), 'utf8')).toBe(token);
  expect(statSync(join(home, 'token')).mode & 0o777).toBe(0o600);
  expect((await fetch(`${url}${API}/workspaces`)).status).toBe(401);
});

it('opens, changes and closes workspaces; port and token stay, and the command line finds its way', async () => {
  const [one, other] = [await makeNotes(['a red book']), await makeNotes(['a blue bird', 'a train'])];
  const { setup, client, url } = await hostHere();
  const opened = await setup.call('openWorkspace', { folder: one.folder });
  expect(opened.open).toEqual({ folder: one.folder, name: 'source', sample: false });
  expect(opened.recent).toMatchObject([{ folder: one.folder, exists: true }]);
  expect(await client.call('index', {})).toMatchObject({ jobs: [{ state: 'completed', total: 1 }] });
  // Through the server, with the workspace's own token.
  expect(JSON.parse(readFileSync(endpointOf(one.folder), 'utf8'))).toMatchObject({ url });
  const own = readFileSync(join(one.folder, '.plumbline', 'token'), 'utf8');
  expect((await restOf({ url, token: own }).request('GET', '/status')).status).toBe(200);
  expect(documentOf(await plumbline(['validate', '--json'], { cwd: one.folder }))).toMatchObject({
    reports: [{ state: 'in_sync' }],
  });

  const changed = await setup.call('openWorkspace', { folder: other.folder });
  expect(changed.open?.folder).toBe(other.folder);
  expect(changed.recent.map(({ folder }) => folder)).toEqual([other.folder, one.folder]);
  expect(existsSync(endpointOf(one.folder))).toBe(false);
  expect((await restOf({ url, token: own }).request('GET', '/status')).status).toBe(401);
  // Its lock is free again.
  expect(documentOf(await plumbline(['index', '--json'], { cwd: one.folder }))).toMatchObject({
    jobs: [{ state: 'completed' }],
  });
  // A number of the one workspace's start is none of the other's.
  const started = await client.call('index', {});
  expect(started).toMatchObject({ jobs: [{ total: 2 }] });
  expect(await codeOf(client.result('index', '1'))).toBe('RUN_UNKNOWN');

  expect((await setup.call('closeWorkspace', {})).open).toBeNull();
  expect(existsSync(endpointOf(other.folder))).toBe(false);
  expect(await codeOf(client.call('status', {}))).toBe('NO_WORKSPACE');
  expect((await setup.call('closeWorkspace', {})).open).toBeNull();
  await setup.call('openWorkspace', { folder: one.folder });
  expect(await client.call('status', {})).toMatchObject({ entityTypes: ['note'] });
});

it('one that cannot be opened leaves the open one as it is', async () => {
  const [open, locked, broken] = [await makeNotes(['a']), await makeNotes(['b']), await makeNotes(['c'])];
  writeFileSync(join(broken.folder, 'plumbline.yaml'), 'version: 1\nsauce: {}\n');
  const empty = temporaryFolder();
  await startServer(locked.folder);
  const { setup, client } = await hostHere();
  await setup.call('openWorkspace', { folder: open.folder });
  const openIt = (folder: string): Promise<string> => codeOf(setup.call('openWorkspace', { folder }));
  expect(await openIt(locked.folder)).toBe('WORKSPACE_LOCKED');
  expect(await openIt(broken.folder)).toBe('CONFIG_INVALID');
  expect(await openIt(empty)).toBe('WORKSPACE_NOT_FOUND');
  expect(await openIt(join(empty, 'nowhere'))).toBe('WORKSPACE_NOT_FOUND');
  expect(await openIt(open.sourcePath)).toBe('WORKSPACE_NOT_FOUND');
  expect(await openIt(`${empty}\0`)).toBe('PATH_INVALID');
  expect(await openIt(' ')).toBe('PATH_INVALID');
  expect(await openIt('')).toBe('INPUT_INVALID');
  const { open: still, recent } = await setup.call('workspaces', {});
  expect(still?.folder).toBe(open.folder);
  expect(recent.map(({ folder }) => folder)).toEqual([open.folder]);
  expect(await client.call('index', {})).toMatchObject({ jobs: [{ state: 'completed' }] });
});

it('leaves nothing of a workspace that was made and could not be opened', async () => {
  const { hosting, home, setup } = await hostHere();
  const { sourcePath: source } = await makeNotes(['a red book']);
  const parent = temporaryFolder();
  const [fresh, used] = [join(parent, 'fresh'), join(parent, 'used')];
  mkdirSync(used);
  writeFileSync(join(used, 'mine.txt'), 'not yours');
  const made = [
    setup.call('createWorkspace', { source, folder: fresh }),
    setup.call('createWorkspace', { source, folder: used }),
    setup.call('createWorkspace', { source }),
    setup.call('createSample', {}),
  ].map((work) => codeOf(work));
  // They have begun, and none is ready.
  await until(() => existsSync(join(home, 'workspaces', 'sample-shop')));
  await hosting.stop();
  expect(await Promise.all(made)).toEqual(made.map(() => 'SHUTTING_DOWN'));
  expect(readdirSync(parent)).toEqual(['used']);
  expect(readdirSync(used)).toEqual(['mine.txt']);
  expect(readdirSync(join(home, 'workspaces'))).toEqual([]);
});

it.skipIf(noDisk)('leaves nothing of a workspace for which the disk has no room, and says so', async () => {
  const { sourcePath: source } = await makeNotes(['a red book']);
  const { folder } = mountDisk('300k');
  const { setup } = await hostHere({ home: join(folder, 'home') });
  writeFileSync(join(folder, 'ball'), Buffer.alloc(256 * 1024));
  const wanted = join(folder, 'wanted');
  expect(await codeOf(setup.call('createSample', {}))).toBe('DISK_FULL');
  expect(await codeOf(setup.call('createWorkspace', { source, folder: wanted }))).toBe('DISK_FULL');
  expect(readdirSync(join(folder, 'home', 'workspaces'))).toEqual([]);
  expect(existsSync(wanted)).toBe(false);
});

it('of two that make a workspace in one folder at once, one has it', async () => {
  const { setup } = await hostHere();
  const { sourcePath: source } = await makeNotes(['a red book']);
  const folder = join(temporaryFolder(), 'wanted');
  const outcomes = await Promise.allSettled(
    ['first', 'second'].map((name) => setup.call('createWorkspace', { source, folder, name })),
  );
  const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.open] : []));
  expect(made).toHaveLength(1);
  expect((await setup.call('workspaces', {})).open).toEqual(made[0]);
  expect((await setup.call('settings', {})).text).toContain(made[0]?.name);
});

it('lets go of a workspace whose address cannot be taken away', async () => {
  const { setup } = await hostHere();
  const { folder } = await makeNotes(['a red book']);
  await setup.call('openWorkspace', { folder });
  rmSync(endpointOf(folder));
  mkdirSync(endpointOf(folder));
  expect((await setup.call('closeWorkspace', {})).open).toBeNull();
  rmSync(endpointOf(folder), { recursive: true });
  expect((await setup.call('openWorkspace', { folder })).open?.folder).toBe(folder);
});

it('the same folder by another name is the same workspace; two opens at once end with one of them', async () => {
  const [one, other] = [await makeNotes(['a']), await makeNotes(['b'])];
  const link = join(temporaryFolder(), 'link');
  symlinkSync(one.folder, link);
  const { setup } = await hostHere();
  await setup.call('openWorkspace', { folder: one.folder });
  expect((await setup.call('openWorkspace', { folder: link })).open?.folder).toBe(one.folder);
  const answers = await Promise.all(
    [other.folder, one.folder, other.folder].map((folder) => setup.call('openWorkspace', { folder })),
  );
  expect(answers.map(({ open }) => open !== null)).toEqual([true, true, true]);
  expect((await setup.call('workspaces', {})).open?.folder).toBe(other.folder);
  for (const { folder } of [one, other])
    expect(existsSync(endpointOf(folder)), folder).toBe(folder === other.folder);
});

it('is not left while a job runs, unless the job may be interrupted: then it can be resumed', async () => {
  const { folder, run } = await makeManyNotes(4000);
  const other = await makeNotes(['a']);
  const { setup, client } = await hostHere();
  await setup.call('openWorkspace', { folder });
  const waiting = client.start('index', { workers: 1 }, { waitSeconds: 60 });
  await until(() => newestJob(folder)?.state === 'running');
  const refused = await errorOf(setup.call('closeWorkspace', {}));
  expect(refused).toMatchObject({ code: 'JOBS_RUNNING', hint: expect.stringContaining('interrupt') });
  expect(await codeOf(setup.call('openWorkspace', { folder: other.folder }))).toBe('JOBS_RUNNING');
  expect(await codeOf(setup.call('createSample', {}))).toBe('JOBS_RUNNING');
  expect((await setup.call('closeWorkspace', { interrupt: true })).open).toBeNull();
  // Who waits hears what became of it.
  expect(await waiting).toMatchObject({ done: true, output: { jobs: [{ id: '1', state: 'interrupted' }] } });
  expect(await run('resume', { job: '1' })).toMatchObject({
    jobs: [{ state: 'completed', processed: 4000 }],
  });
});

it('event streams end with their workspace, and a follower sees the next one', async () => {
  const [one, other] = [await makeNotes(['a']), await makeNotes(['b'])];
  const { setup, client } = await hostHere();
  await setup.call('openWorkspace', { folder: one.folder });
  const stop = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    for await (const event of follow(client, stop.signal)) seen.push(event.type);
  })();
  await until(() => seen.includes('connected'));
  await setup.call('closeWorkspace', {});
  await until(() => seen.includes('lost'));
  await setup.call('openWorkspace', { folder: other.folder });
  await until(() => seen.filter((type) => type === 'connected').length === 2);
  await client.call('index', {});
  await until(() => seen.includes('job'));
  stop.abort();
  await following;
});

it('a server that is for one workspace stays with it', async () => {
  const [one, other] = [await makeNotes(['a']), await makeNotes(['b'])];
  const { url, token } = await serveHere(one.folder);
  const setup = new SetupClient({ url, token });
  expect(await setup.call('workspaces', {})).toMatchObject({ open: { folder: one.folder }, pinned: true });
  expect((await setup.call('openWorkspace', { folder: one.folder })).open?.folder).toBe(one.folder);
  const pinned = await errorOf(setup.call('openWorkspace', { folder: other.folder }));
  expect(pinned).toMatchObject({ code: 'WORKSPACE_PINNED', hint: expect.stringContaining('plumbline open') });
  for (const work of [
    setup.call('closeWorkspace', { interrupt: true }),
    setup.call('createSample', {}),
    setup.call('createWorkspace', { source: other.sourcePath }),
  ])
    expect(await codeOf(work)).toBe('WORKSPACE_PINNED');
  expect((await setup.call('workspaces', {})).recent).not.toContainEqual(
    expect.objectContaining({ folder: one.folder }),
  );
});

it('recent workspaces outlive the server, damage and their folders, and can be forgotten', async () => {
  const [one, other] = [await makeNotes(['a']), await makeNotes(['b'])];
  const home = join(temporaryFolder(), 'home');
  const first = await hostHere({ home });
  await first.setup.call('openWorkspace', { folder: one.folder });
  await first.setup.call('openWorkspace', { folder: other.folder });
  await first.hosting.stop();
  const { setup, hosting } = await hostHere({ home });
  expect(hosting.token).toBe(first.hosting.token);
  expect(hosting.host.lastOpened()).toBe(other.folder);
  rmSync(join(other.folder, 'plumbline.yaml'));
  const { recent } = await setup.call('workspaces', {});
  expect(recent).toMatchObject([
    { folder: other.folder, exists: false },
    { folder: one.folder, exists: true },
  ]);
  expect((await setup.call('forgetWorkspace', { folder: other.folder })).recent).toHaveLength(1);
  expect(existsSync(other.folder)).toBe(true);
  const file = join(home, 'recent.json');
  for (const damage of ['', 'null', '{"workspaces": 7}', '{"workspaces": [1, {"folder": ""}]}', '\0\0']) {
    writeFileSync(file, damage);
    expect((await setup.call('workspaces', {})).recent, damage).toEqual([]);
  }
  await setup.call('openWorkspace', { folder: one.folder });
  expect((await setup.call('workspaces', {})).recent).toHaveLength(1);
  // A list that cannot be written keeps nothing shut.
  rmSync(file);
  mkdirSync(file);
  await setup.call('closeWorkspace', {});
  expect((await setup.call('openWorkspace', { folder: one.folder })).open?.folder).toBe(one.folder);
});

it('a new token takes the place of the former one at once, for requests and streams', async () => {
  const { folder } = await makeNotes(['a']);
  const { setup, client, url, token } = await hostHere();
  await setup.call('openWorkspace', { folder });
  const own = readFileSync(join(folder, '.plumbline', 'token'), 'utf8');
  const events = client.events();
  expect((await events.next()).value).toMatchObject({ event: { type: 'hello' } });
  const renewed = await setup.call('renewToken', {});
  expect(renewed.token).toMatch(/^[\w-]{43}$/);
  for (const former of [token, own])
    expect((await restOf({ url, token: former }).request('GET', '/status')).status).toBe(401);
  expect(await events.next()).toMatchObject({ done: true });
  expect((await restOf({ url, ...renewed }).request('GET', '/status')).status).toBe(200);
  // The command line reads the file anew.
  expect(await plumbline(['status', '--json'], { cwd: folder })).toMatchObject({ code: 0 });
  expect(readFileSync(join(folder, '.plumbline', 'token'), 'utf8')).not.toBe(own);
});

it('a home with a relative path starts where all of them do', async () => {
  const startFolder = temporaryFolder();
  const { setup } = await hostHere({ home: 'mine', startFolder });
  expect((await setup.call('workspaces', {})).defaultFolder).toBe(join(startFolder, 'mine', 'workspaces'));
  expect(readdirSync(startFolder)).toEqual(['mine']);
});

it('input that fits no operation is refused with the field that is wrong', async () => {
  const { request } = await hostHere();
  const wrong: readonly [string, string, unknown, string][] = [
    ['POST', '/workspaces/open', {}, 'folder'],
    ['POST', '/workspaces/open', { folder: 7 }, 'folder'],
    ['POST', '/workspaces/open', { folder: '/tmp', force: true }, 'force'],
    ['POST', '/workspaces/open?folder=/tmp', {}, 'query'],
    ['GET', '/files?folder=a&folder=b', undefined, 'more than once'],
    ['GET', '/files?all=1', undefined, 'all'],
    ['POST', '/source/preview', { name: 'a', key: [], template: '{{b}}' }, 'key'],
    ['POST', '/workspaces/create', { source: '' }, 'source'],
    ['POST', '/workspaces/create', { source: 'a', entityTypes: [] }, 'entityTypes'],
  ];
  for (const [method, path, body, words] of wrong)
    expect(await request(method, path, body), `${method} ${path}`).toMatchObject({
      status: 400,
      body: { error: { code: 'INPUT_INVALID', message: expect.stringContaining(words) } },
    });
  expect(await request('DELETE', '/workspaces')).toMatchObject({ status: 405 });
});
