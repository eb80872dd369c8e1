/** `plumbline serve` and `plumbline token` as processes, and the command line beside them. */
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSocketServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { documentOf, expectFailure, newestJob, plumbline, startPlumbline } from '../support/cli.ts';
import { makeManyNotes, MANY } from '../support/many-notes.ts';
import { makeNotes } from '../support/notes.ts';
import { startServer, until } from '../support/served.ts';

const dataFile = (folder: string, name: string): string => join(folder, '.plumbline', name);
const modeOf = (path: string): number => statSync(path).mode & 0o777;

async function inTheMiddle(folder: string): Promise<void> {
  await until(() => {
    const job = newestJob(folder);
    return job?.state === 'running' && job.processed > 0;
  });
}

it('prints one line when it is ready, answers, and ends with 0 and nothing left behind', async () => {
  const { folder } = await makeNotes(['a red book']);
  const { url, token, request, process } = await startServer(folder);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(token).toMatch(/^[\w-]{43}$/);
  expect((await request('GET', '/status')).status).toBe(200);
  for (const name of ['token', 'server.json']) expect(modeOf(dataFile(folder, name)), name).toBe(0o600);
  process.child.kill('SIGTERM');
  const { code, out } = await process.ended;
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({ url, token });
  expect(out.split('\n')).toHaveLength(2);
  expect(existsSync(dataFile(folder, 'server.json'))).toBe(false);
  // The token stays, and is nobody else's.
  chmodSync(dataFile(folder, 'token'), 0o644);
  expect(documentOf(await plumbline(['token', '--json'], { cwd: folder }))).toEqual({ token });
  expect(modeOf(dataFile(folder, 'token'))).toBe(0o600);
  expect(await plumbline(['token'], { cwd: folder })).toMatchObject({ code: 0, out: `${token}\n`, err: '' });
  writeFileSync(dataFile(folder, 'token'), '');
  const fresh = documentOf(await plumbline(['token', '--json'], { cwd: folder })) as { token: string };
  expect(fresh.token).toMatch(/^[\w-]{43}$/);
  expect(fresh.token).not.toBe(token);
});

it('refuses ports that are taken or none, and a second server', async () => {
  const { folder } = await makeNotes(['a red book']);
  const taken = createSocketServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const options = { cwd: folder };
  await expectFailure(
    ['serve', '--port', String(port)],
    { code: 'PORT_TAKEN', exit: 2, hint: /--port/ },
    options,
  );
  await expectFailure(['serve', '--port', '70000'], { code: 'USAGE', exit: 2 }, options);
  await expectFailure(['token', '-w', 'elsewhere'], { code: 'WORKSPACE_NOT_FOUND', exit: 2 }, options);
  const first = await startServer(folder);
  await expectFailure(
    ['serve', '--port', '0'],
    { code: 'WORKSPACE_LOCKED', exit: 2, message: new RegExp(`being served at ${first.url}`) },
    options,
  );
  expect((await first.request('GET', '/status')).status).toBe(200);
});

it('takes the next free port where the default one is taken, and says so', async () => {
  const { folder } = await makeNotes(['a red book']);
  const blocker = createSocketServer();
  onTestFinished(() => void blocker.close());
  // Something else on this machine may have it already; then that is what is in the way.
  blocker.on('error', () => {});
  blocker.listen(8080, '127.0.0.1');
  await Promise.race([once(blocker, 'listening'), once(blocker, 'close'), once(blocker, 'error')]).catch(
    () => {},
  );
  const { url, process } = await startServer(folder, []);
  expect(Number(new URL(url).port)).toBeGreaterThan(8080);
  process.child.kill('SIGINT');
  expect((await process.ended).err).toContain(
    `port 8080 is taken; listening on ${new URL(url).port} instead`,
  );
});

it('brings jobs to a safe point on SIGTERM: exit code 5, and resume completes', async () => {
  const { folder, run } = await makeManyNotes(MANY);
  const { request, process } = await startServer(folder);
  expect((await request('POST', '/index/note', { workers: 1 })).status).toBe(202);
  await inTheMiddle(folder);
  // Who waits for the result gets it, as far as it went.
  const waiting = request('GET', '/runs/1?wait=60');
  // The request before this one has arrived, too.
  expect((await request('GET', '/health')).status).toBe(200);
  process.child.kill('SIGTERM');
  expect(await waiting).toMatchObject({ status: 200, body: { jobs: [{ state: 'interrupted' }] } });
  expect(await process.ended).toMatchObject({
    code: 5,
    err: expect.stringContaining('jobs --state interrupted'),
  });
  expect(newestJob(folder)).toMatchObject({ state: 'interrupted' });
  const resumed = await plumbline(['resume', '1', '--json'], { cwd: folder });
  expect(documentOf(resumed)).toMatchObject({ jobs: [{ state: 'completed', processed: MANY }] });
  expect(await run('validate')).toMatchObject({ reports: [{ state: 'in_sync', indexed: MANY }] });
});

it('killed with SIGKILL it leaves a file that misleads nobody', async () => {
  const { folder } = await makeManyNotes(MANY);
  const { request, process, url } = await startServer(folder);
  await request('POST', '/index/note', { workers: 1 });
  await inTheMiddle(folder);
  process.child.kill('SIGKILL');
  await process.ended;
  expect(readFileSync(dataFile(folder, 'server.json'), 'utf8')).toContain(url);
  // Another program has the port by now, and would like to have the token, too.
  const heard: string[] = [];
  const impostor = createServer((request_, response) => {
    heard.push(`${request_.url} ${request_.headers.authorization ?? 'no token'}`);
    response
      .setHeader('content-type', 'application/json')
      .end('{"status":"ok","proof":"trust me","jobs":[]}');
  }).listen(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void impostor.close());
  await once(impostor, 'listening');
  const dead = await plumbline(['status', '--json'], { cwd: folder });
  expect(documentOf(dead)).toMatchObject({ jobs: [{ id: '1', state: 'interrupted' }] });
  const indexing = startPlumbline(['resume', '1', '--json'], { cwd: folder });
  await until(() => newestJob(folder)?.state === 'running');
  // The lock is held again, but not by that server.
  expect(await plumbline(['status', '--json'], { cwd: folder })).toMatchObject({ code: 0 });
  expect(documentOf(await indexing.ended)).toMatchObject({ jobs: [{ state: 'completed' }] });
  for (const line of heard) expect(line).toMatch(/^\/api\/ai\/bulk-sync\/health\?nonce=\w+ no token$/);
  const next = await startServer(folder);
  expect((await next.request('GET', '/status')).status).toBe(200);
});

it('the command line goes through the server: output, exit codes, progress', async () => {
  const { folder, change } = await makeManyNotes(MANY);
  const options = { cwd: folder };
  const { process } = await startServer(folder);
  const index = await plumbline(['index', '--workers', '1'], options);
  expect(index).toMatchObject({ code: 0, out: expect.stringMatching(/✓ index note {2}completed in /) });
  change((db) => db.exec('DELETE FROM note WHERE id = 1'));
  expect(await plumbline(['validate'], options)).toMatchObject({
    code: 3,
    out: expect.stringContaining('DRIFTED'),
  });
  expect(await plumbline(['check', '--fail-on', 'missing>0'], options)).toMatchObject({ code: 0 });
  expect(await plumbline(['search', 'note', 'teapots', '-k', '1'], options)).toMatchObject({
    code: 0,
    err: '',
  });
  await expectFailure(['status', '99'], { code: 'JOB_UNKNOWN', exit: 2 }, options);
  await expectFailure(['index', 'nodes'], { code: 'ENTITY_TYPE_UNKNOWN', exit: 2 }, options);
  const wrong = await plumbline(['search', 'note', '', '--json'], options);
  process.child.kill('SIGINT');
  expect((await process.ended).code).toBe(0);
  // Word for word what it says without a server.
  expect(await plumbline(['search', 'note', '', '--json'], options)).toEqual(wrong);
  expect(wrong.code).toBe(2);
});

it('Ctrl-C ends the waiting, not the work, and says what goes on', async () => {
  const { folder } = await makeManyNotes(MANY);
  const { request, process } = await startServer(folder);
  const index = startPlumbline(['index', '--workers', '1'], { cwd: folder });
  await inTheMiddle(folder);
  index.child.kill('SIGINT');
  const { code, err } = await index.ended;
  expect(code).toBe(5);
  expect(err).toContain('not waiting any longer; the server goes on');
  expect(err).toContain(`error DETACHED: job 1 goes on in the server (process ${process.child.pid})`);
  expect(err).toContain('plumbline cancel 1');
  const job = await request('GET', '/runs/1?wait=60');
  expect(job).toMatchObject({
    status: 200,
    body: { jobs: [{ id: '1', state: 'completed', processed: MANY }] },
  });
});

it('--open gives the browser an address that lets it in once, and no token', async (context) => {
  context.skip(process.platform === 'win32', 'xdg-open is replaced by a shell script');
  const { folder } = await makeNotes(['a red book']);
  const bin = join(folder, 'bin');
  const opened = join(folder, 'opened.txt');
  mkdirSync(bin);
  for (const name of ['xdg-open', 'open'])
    writeFileSync(
      join(bin, name),
      `#!/bin/sh\necho "$1" > '${opened}.tmp' && mv '${opened}.tmp' '${opened}'\n`,
      { mode: 0o755 },
    );
  const env = { PATH: `${bin}:${process.env['PATH']}` };
  const { url, token } = await startServer(folder, ['--port', '0', '--open'], { env });
  await until(() => existsSync(opened));
  const address = readFileSync(opened, 'utf8').trim();
  expect(address).toMatch(new RegExp(`^${url}/#code=[\\w-]{43}$`));
  expect(address).not.toContain(token);
  const answer = await fetch(`${url}/api/ai/bulk-sync/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: new URL(address).hash.replace('#code=', '') }),
  });
  expect(await answer.json()).toEqual({ token });
});

it('the command line says so when the server dies under it', async () => {
  const { folder } = await makeManyNotes(MANY);
  const { process } = await startServer(folder);
  const index = startPlumbline(['index', '--workers', '1', '--json'], { cwd: folder });
  await inTheMiddle(folder);
  process.child.kill('SIGKILL');
  const result = await index.ended;
  expect(documentOf(result)).toMatchObject({ error: { code: 'SERVER_UNREACHABLE', retryable: true } });
  expect(result.code).toBe(5);
  const again = await plumbline(['index', '--json'], { cwd: folder });
  expect(documentOf(again)).toMatchObject({ jobs: [{ id: '1', state: 'completed', processed: MANY }] });
});
