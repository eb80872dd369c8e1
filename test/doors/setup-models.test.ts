/** Models of a workspace: what there is, downloads that are followed, stopped and fail, imports, removals. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { ModelSummary } from '../../engine/setup-contract.ts';
import { codeOf, errorOf, hostHere, type TestHost } from '../support/host.ts';
import { startHub, type HubServer } from '../support/hub-server.ts';
import { makeNotes } from '../support/notes.ts';
import { until } from '../support/served.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { temporaryFolder } from '../support/workspace.ts';

/** A host with a workspace of the tiny model open. */
async function openNotes(): Promise<
  TestHost & { folder: string; model(name: string): Promise<ModelSummary> }
> {
  const { folder } = await makeNotes(['a red book']);
  const host = await hostHere();
  await host.setup.call('openWorkspace', { folder });
  return {
    ...host,
    folder,
    async model(name) {
      const { models } = await host.setup.call('models', {});
      const found = models.find((candidate) => candidate.name === name);
      if (found === undefined) throw new Error(`there is no ${name} among ${models.map((one) => one.name)}`);
      return found;
    },
  };
}

/** A hub that has `maker/tiny`. */
async function tinyHub(): Promise<HubServer> {
  const shipped = join(temporaryFolder(), 'tiny');
  writeTinyModel(shipped);
  const hub = await startHub('maker/tiny', shipped);
  vi.stubEnv('HF_ENDPOINT', hub.endpoint);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await hub.close();
  });
  return hub;
}

/** A line that hangs: the beginning of a file comes, and then nothing. */
const hang: HubServer['intercept'] = ({ host }, response, body) => {
  if (host !== 'storage') return false;
  response.writeHead(200, { 'content-length': body.length });
  response.write(body.subarray(0, 1000));
  return true;
};

it('offers the built-in model and some of the hub before there is a workspace', async () => {
  const { setup } = await hostHere();
  const { models } = await setup.call('models', {});
  expect(models[0]).toMatchObject({
    name: 'builtin',
    kind: 'builtin',
    state: 'ready',
    dimensions: 256,
    maxTokens: 512,
    license: 'MIT',
    inUse: false,
    textsPerSecond: { measured: false },
  });
  expect(models[0]?.bytes).toBeGreaterThan(5_000_000);
  expect(models.length).toBeGreaterThan(3);
  for (const model of models.slice(1))
    expect(model, model.name).toMatchObject({ kind: 'hub', state: 'absent', progress: null, error: null });
});

it('shows what the configuration names, be it there or not', async () => {
  const { folder, model, setup } = await openNotes();
  expect(await model('./tiny')).toMatchObject({
    kind: 'folder',
    state: 'ready',
    dimensions: 32,
    maxTokens: 64,
    inUse: true,
  });
  expect(await model('builtin')).toMatchObject({ inUse: false });
  rmSync(join(folder, 'tiny'), { recursive: true });
  expect(await model('./tiny')).toMatchObject({
    state: 'failed',
    inUse: true,
    error: { code: 'MODEL_NOT_FOUND', hint: expect.any(String) },
  });
  await setup.call('changeSettings', { model: 'maker/other' });
  expect(await model('maker/other')).toMatchObject({
    kind: 'hub',
    state: 'absent',
    inUse: true,
    bytes: null,
  });
});

it('downloads, says how far it is, and uses what has arrived', async () => {
  const hub = await tinyHub();
  const { setup, model, client, folder } = await openNotes();
  // The last file is held back until somebody has seen the progress.
  const held = Promise.withResolvers<void>();
  hub.intercept = ({ host }, response, body) => {
    if (host !== 'storage') return false;
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, 100));
    void held.promise.then(() => response.end(body.subarray(100)));
    return true;
  };
  const { models } = await setup.call('downloadModel', { name: 'maker/tiny' });
  expect(models.length).toBeGreaterThan(3);
  await until(async () => (await model('maker/tiny').catch(() => null))?.progress?.total !== null);
  const loading = await until(async () => {
    const found = await model('maker/tiny').catch(() => null);
    return (found?.progress?.received ?? 0) > 0 && found;
  });
  expect(loading.state).toBe('downloading');
  expect(loading.progress?.received).toBeLessThan(loading.progress?.total ?? 0);
  // Asking twice begins nothing anew.
  await setup.call('downloadModel', { name: 'maker/tiny' });
  expect(await codeOf(setup.call('removeModel', { name: 'maker/tiny' }))).toBe('MODEL_IN_USE');
  held.resolve();
  const ready = await until(async () => {
    const found = await model('maker/tiny');
    return found.state === 'ready' && found;
  });
  expect(ready).toMatchObject({ progress: null, error: null, dimensions: 32, inUse: false });
  expect(hub.seen.filter(({ host }) => host === 'storage')).toHaveLength(1);
  await setup.call('changeSettings', { model: 'maker/tiny' });
  expect(await client.call('index', {})).toMatchObject({ jobs: [{ state: 'completed' }] });
  expect(existsSync(join(folder, '.plumbline', 'models', 'maker', 'tiny', 'onnx', 'model.onnx'))).toBe(true);
});

it('stops a download and goes on from there', async () => {
  const hub = await tinyHub();
  const { setup, model } = await openNotes();
  hub.intercept = hang;
  await setup.call('downloadModel', { name: 'maker/tiny' });
  await until(() => hub.seen.some(({ host }) => host === 'storage'));
  await setup.call('cancelDownload', { name: 'maker/tiny' });
  const absent = await until(async () => {
    const found = await model('maker/tiny');
    return found.state === 'absent' && found;
  });
  expect(absent).toMatchObject({ progress: null, error: null });
  hub.intercept = () => false;
  await setup.call('downloadModel', { name: 'maker/tiny' });
  await until(async () => (await model('maker/tiny')).state === 'ready');
  expect((await setup.call('cancelDownload', { name: 'maker/tiny' })).models).toContainEqual(
    expect.objectContaining({ name: 'maker/tiny', state: 'ready' }),
  );
});

it('starts again at once after a stop, as often as it is asked to', async () => {
  const hub = await tinyHub();
  const { setup, model } = await openNotes();
  hub.intercept = hang;
  for (let i = 0; i < 5; i += 1) {
    const seen = hub.seen.length;
    await setup.call('downloadModel', { name: 'maker/tiny' });
    await until(() => hub.seen.slice(seen).some(({ host }) => host === 'storage'));
    await setup.call('cancelDownload', { name: 'maker/tiny' });
  }
  hub.intercept = () => false;
  await setup.call('downloadModel', { name: 'maker/tiny' });
  const ended = await until(async () => {
    const found = await model('maker/tiny');
    return found.state !== 'downloading' && found;
  });
  expect(ended).toMatchObject({ state: 'ready', error: null });
});

it('says why a download failed, until the next one', async () => {
  const hub = await tinyHub();
  const { setup, model } = await openNotes();
  await setup.call('changeSettings', { model: 'maker/none' });
  await setup.call('downloadModel', { name: 'maker/none' });
  const failed = await until(async () => {
    const found = await model('maker/none');
    return found.state === 'failed' && found;
  });
  expect(failed.error).toMatchObject({ code: 'MODEL_NOT_FOUND', hint: expect.any(String) });
  hub.intercept = (_request, response) => {
    response.writeHead(401).end();
    return true;
  };
  await setup.call('downloadModel', { name: 'maker/none' });
  await until(async () => (await model('maker/none')).error?.code === 'MODEL_ACCESS_DENIED');
  expect(await codeOf(setup.call('downloadModel', { name: 'no name' }))).toBe('MODEL_NOT_FOUND');
  expect(await codeOf(setup.call('downloadModel', { name: '../../nowhere' }))).toBe('MODEL_NOT_FOUND');
});

it('a download ends with its workspace', async () => {
  const hub = await tinyHub();
  const { setup, folder } = await openNotes();
  hub.intercept = ({ host }) => host === 'storage';
  await setup.call('downloadModel', { name: 'maker/tiny' });
  await until(() => hub.seen.some(({ host }) => host === 'storage'));
  expect((await setup.call('closeWorkspace', {})).open).toBeNull();
  await setup.call('openWorkspace', { folder });
  const { models } = await setup.call('models', {});
  expect(models.filter(({ state }) => state === 'downloading')).toEqual([]);
});

it('imports a folder after having tried it, and indexes with the copy', async () => {
  const { setup, model, client, folder } = await openNotes();
  const source = join(temporaryFolder(), 'my model (new)');
  writeTinyModel(source, { seed: 7 });
  writeFileSync(join(source, 'README.md'), 'not needed');
  await setup.call('importModel', { folder: source });
  const name = './.plumbline/models/imported/my-model-new';
  expect(await model(name)).toMatchObject({ kind: 'folder', state: 'ready', dimensions: 32, inUse: false });
  expect(existsSync(join(folder, name, 'README.md'))).toBe(false);
  // The same once more is no other one; another of the same name is.
  await setup.call('importModel', { folder: source });
  writeTinyModel(source, { seed: 8 });
  expect(await codeOf(setup.call('importModel', { folder: source }))).toBe('MODEL_EXISTS');
  rmSync(source, { recursive: true });
  await setup.call('changeSettings', { model: name });
  expect(await client.call('index', {})).toMatchObject({ jobs: [{ state: 'completed', embedded: 1 }] });
  expect(await codeOf(setup.call('removeModel', { name }))).toBe('MODEL_IN_USE');
  // What searches use stays, whatever the configuration says by now.
  await setup.call('changeSettings', { model: './tiny' });
  expect((await errorOf(setup.call('removeModel', { name }))).hint).toContain('index anew');
  await client.call('index', {});
  const { models } = await setup.call('removeModel', { name });
  expect(models.map((one) => one.name)).not.toContain(name);
  expect(existsSync(join(folder, name))).toBe(false);
  expect(
    readdirSync(join(folder, '.plumbline', 'models')).filter((one) => one.startsWith('.removed')),
  ).toEqual([]);
});

it.skipIf(process.platform === 'win32')(
  'does not wait for a pipe in the place of a file of a model',
  async () => {
    const folder = join(temporaryFolder(), 'piped');
    writeTinyModel(folder);
    rmSync(join(folder, 'config.json'));
    execFileSync('mkfifo', [join(folder, 'config.json')]);
    const { setup } = await openNotes();
    expect(await errorOf(setup.call('importModel', { folder }))).toMatchObject({
      code: 'MODEL_INCOMPLETE',
      message: expect.stringContaining('config.json'),
    });
  },
);

it('imports nothing that is no model', async () => {
  const { setup, folder } = await openNotes();
  const root = temporaryFolder();
  const broken = join(root, 'broken');
  writeTinyModel(broken);
  writeFileSync(join(broken, 'onnx', 'model.onnx'), 'no graph at all');
  const incomplete = join(root, 'incomplete');
  cpSync(broken, incomplete, { recursive: true });
  rmSync(join(incomplete, 'tokenizer.json'));
  mkdirSync(join(root, 'empty'));
  const imported = (path: string) => codeOf(setup.call('importModel', { folder: path }));
  expect(await imported(broken)).toBe('MODEL_INVALID');
  expect(await imported(incomplete)).toBe('MODEL_INCOMPLETE');
  expect(await imported(join(root, 'empty'))).toBe('MODEL_INCOMPLETE');
  expect(await imported(join(root, 'nowhere'))).toBe('FOLDER_NOT_FOUND');
  expect(await imported(join(broken, 'config.json'))).toBe('FOLDER_NOT_FOUND');
  expect(await imported(`${root}\0`)).toBe('PATH_INVALID');
  expect(existsSync(join(folder, '.plumbline', 'models', 'imported'))).toBe(false);
});

it('removes nothing that is not the workspace’s', async () => {
  const { setup, folder } = await openNotes();
  const removed = (name: string) => codeOf(setup.call('removeModel', { name }));
  expect(await removed('builtin')).toBe('MODEL_ELSEWHERE');
  expect(await removed('./tiny')).toBe('MODEL_IN_USE');
  expect(await removed(join(folder, 'tiny'))).toBe('MODEL_IN_USE');
  mkdirSync(join(folder, '.plumbline', 'models', 'maker', 'other'), { recursive: true });
  expect(await removed('./.plumbline/models/maker')).toBe('MODEL_ELSEWHERE');
  expect(await removed('./.plumbline/models/.probes')).toBe('MODEL_ELSEWHERE');
  expect(await removed('./.plumbline')).toBe('MODEL_ELSEWHERE');
  expect(await removed('./.plumbline/models')).toBe('MODEL_ELSEWHERE');
  expect(await removed('maker/tiny')).toBe('MODEL_NOT_FOUND');
  await setup.call('changeSettings', { model: 'tiny' });
  expect(await removed('./tiny')).toBe('MODEL_IN_USE');
  expect(await removed('..')).toBe('MODEL_ELSEWHERE');
  expect(existsSync(join(folder, 'tiny', 'config.json'))).toBe(true);
});
