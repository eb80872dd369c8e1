/** `plumbline open` as people start it. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SetupClient } from '../../engine/doors/client/setup-client.ts';
import { expectFailure, newestJob, plumbline, startPlumbline, type CliProcess } from '../support/cli.ts';
import { makeManyNotes, MANY } from '../support/many-notes.ts';
import { makeNotes } from '../support/notes.ts';
import { restOf, startServer, until, type Rest } from '../support/served.ts';
import { temporaryFolder } from '../support/workspace.ts';

type Opened = Rest & { readonly process: CliProcess; readonly setup: SetupClient };

/** Starts `plumbline open --port 0 --json` and waits until it is ready. */
async function openPlumbline(
  home: string,
  args: readonly string[] = ['--no-browser'],
  env: Readonly<Record<string, string>> = {},
): Promise<Opened> {
  const process = startPlumbline(['open', '--json', '--port', '0', ...args], {
    cwd: temporaryFolder(),
    env: { PLUMBLINE_HOME: home, ...env },
  });
  let out = '';
  process.child.stdout.on('data', (text: string) => (out += text));
  while (!out.includes('\n')) {
    if (process.child.exitCode !== null) throw new Error(`open ended: ${(await process.ended).err}`);
    await wait(10);
  }
  const server = JSON.parse(out) as { url: string; token: string };
  return { ...restOf(server), process, setup: new SetupClient(server) };
}

it('opens nothing, the named workspace, then the one that was open last, and the token stays', async () => {
  const { folder } = await makeNotes(['a red book']);
  const home = join(temporaryFolder(), 'home');
  const none = await openPlumbline(home);
  expect(await none.setup.call('workspaces', {})).toMatchObject({ open: null, pinned: false, recent: [] });
  none.process.child.kill('SIGTERM');
  expect(await none.process.ended).toMatchObject({ code: 0, err: expect.not.stringContaining('error') });

  const named = await openPlumbline(home, [folder, '--no-browser']);
  expect(named.token).toBe(none.token);
  expect((await named.setup.call('workspaces', {})).open?.folder).toBe(folder);
  expect(await plumbline(['index'], { cwd: folder })).toMatchObject({ code: 0 });
  named.process.child.kill('SIGINT');
  expect((await named.process.ended).code).toBe(0);
  expect(existsSync(join(folder, '.plumbline', 'server.json'))).toBe(false);

  const last = await openPlumbline(home);
  expect((await last.setup.call('workspaces', {})).open?.folder).toBe(folder);
  expect((await last.request('GET', '/status')).body).toMatchObject({ jobs: [{ state: 'completed' }] });
  last.process.child.kill('SIGINT');
  await last.process.ended;

  // Gone since: no reason to show nothing.
  rmSync(join(folder, 'plumbline.yaml'));
  const gone = await openPlumbline(home);
  expect(await gone.setup.call('workspaces', {})).toMatchObject({ open: null, recent: [{ exists: false }] });
  gone.process.child.kill('SIGINT');
  expect((await gone.process.ended).err).toContain(`${folder} stays closed`);
});

it('says what is wrong with the folder that was named', async () => {
  const { folder } = await makeNotes(['a red book']);
  const env = { PLUMBLINE_HOME: join(temporaryFolder(), 'home') };
  const options = { cwd: temporaryFolder(), env };
  await expectFailure(
    ['open', 'nowhere', '--no-browser', '--port', '0'],
    { code: 'WORKSPACE_NOT_FOUND', exit: 2 },
    options,
  );
  const served = await startServer(folder);
  await expectFailure(
    ['open', folder, '--no-browser', '--port', '0'],
    { code: 'WORKSPACE_LOCKED', exit: 2, message: new RegExp(`being served at ${served.url}`) },
    options,
  );
  await expectFailure(['open', '--port', 'x'], { code: 'USAGE', exit: 2 }, options);
  const file = join(options.cwd, 'file');
  writeFileSync(file, '');
  await expectFailure(
    ['open', '--no-browser', '--port', '0'],
    { code: 'HOME_UNWRITABLE', exit: 2, message: /a file is in the way/, hint: /PLUMBLINE_HOME/ },
    { ...options, env: { PLUMBLINE_HOME: join(file, 'home') } },
  );
  if (process.platform === 'linux')
    // Where Node's own recursive mkdir never comes back.
    await expectFailure(
      ['open', '--no-browser', '--port', '0'],
      { code: 'HOME_UNWRITABLE', exit: 2 },
      { ...options, env: { PLUMBLINE_HOME: '/proc/nowhere/home' } },
    );
});

it('brings jobs to a safe point when it ends: exit code 5, and they can be resumed', async () => {
  const { folder, run } = await makeManyNotes(MANY);
  const { process, request } = await openPlumbline(join(temporaryFolder(), 'home'), [folder, '--no-browser']);
  await request('POST', '/index/note', { workers: 1 });
  await until(() => newestJob(folder)?.state === 'running' && (newestJob(folder)?.processed ?? 0) > 0);
  process.child.kill('SIGTERM');
  expect((await process.ended).code).toBe(5);
  expect(newestJob(folder)).toMatchObject({ state: 'interrupted' });
  expect(await run('resume', { job: '1' })).toMatchObject({
    jobs: [{ state: 'completed', processed: MANY }],
  });
});

it('gives the browser an address that lets it in once', async (context) => {
  context.skip(process.platform === 'win32', 'xdg-open is replaced by a shell script');
  const root = temporaryFolder();
  const [bin, opened] = [join(root, 'bin'), join(root, 'opened.txt')];
  mkdirSync(bin);
  for (const name of ['xdg-open', 'open'])
    writeFileSync(
      join(bin, name),
      `#!/bin/sh\necho "$1" > '${opened}.tmp' && mv '${opened}.tmp' '${opened}'\n`,
      {
        mode: 0o755,
      },
    );
  const { url, token } = await openPlumbline(join(root, 'home'), [], {
    PATH: `${bin}:${process.env['PATH']}`,
  });
  await until(() => existsSync(opened));
  const address = readFileSync(opened, 'utf8').trim();
  expect(address).toMatch(new RegExp(`^${url}/#code=[\\w-]{43}$`));
  const answer = await fetch(`${url}/api/ai/bulk-sync/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: new URL(address).hash.replace('#code=', '') }),
  });
  expect(await answer.json()).toEqual({ token });
});
