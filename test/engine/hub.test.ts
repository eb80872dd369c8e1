import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HubClient, retryAfterMs, TransientError, type HubOptions } from '../../engine/embed/hub-client.ts';
import { downloadModel, isDownloaded, type DownloadProgress } from '../../engine/embed/hub.ts';
import { startHub, type HubServer, type Intercept } from '../support/hub-server.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const ID = 'maker/tiny';
const GRAPH = 'onnx/model.onnx';

let root: string;
let original: string;
let folder: string;
let hub: HubServer;
let slept: number[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'plumbline-hub-'));
  original = join(root, 'original');
  folder = join(root, 'models', ID);
  writeTinyModel(original);
  writeFileSync(join(original, 'README.md'), '# not needed');
  writeFileSync(join(original, 'pytorch_model.bin'), 'not needed either');
  hub = await startHub(ID, original);
  slept = [];
});

afterEach(async () => {
  await hub.close();
  rmSync(root, { recursive: true, force: true });
});

const options = (more: HubOptions = {}): HubOptions => ({
  endpoint: hub.endpoint,
  random: () => 0.5,
  sleep: (milliseconds) => {
    slept.push(milliseconds);
    return Promise.resolve();
  },
  ...more,
});

function download(more: { hub?: HubOptions; id?: string; signal?: AbortSignal } = {}): Promise<void> {
  return downloadModel({ id: ID, revision: 'main', folder, hub: options(), ...more });
}

/** Ends the connection once the bytes are on the client's disk: what a broken connection still held is lost. */
function sendAndHangUp(response: ServerResponse, bytes: Buffer, start: number): void {
  response.write(bytes);
  const timer = setInterval(() => {
    const [partial] = leftovers();
    const size = partial === undefined ? 0 : statSync(join(folder, partial)).size;
    if (size < start + bytes.length) return;
    clearInterval(timer);
    response.destroy();
  }, 2);
}

/** Serves only the first `bytes` of the graph, then hangs up; for the first `times` requests for it. */
function breakGraph(bytes: number, times: number): Intercept {
  let left = times;
  return (request, response, body) => {
    if (request.host !== 'storage' || left === 0) return false;
    left -= 1;
    const start = Number(/\d+/.exec(request.range ?? '0')?.[0]);
    response.writeHead(start === 0 ? 200 : 206, {
      'content-length': body.length - start,
      'content-range': `bytes ${start}-${body.length - 1}/${body.length}`,
    });
    sendAndHangUp(response, body.subarray(start, start + bytes), start);
    return true;
  };
}

const graphRequests = () => hub.seen.filter(({ host }) => host === 'storage');
const sameGraph = (): boolean =>
  readFileSync(join(folder, GRAPH)).equals(readFileSync(join(original, GRAPH)));
const leftovers = (): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.partial'));

describe('downloadModel', () => {
  test('brings the needed files, and nothing else', async () => {
    const progress: DownloadProgress[] = [];
    await downloadModel({
      id: ID,
      revision: 'main',
      folder,
      hub: options(),
      onProgress: (step) => progress.push(step),
    });
    expect(sameGraph()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual([
      '.plumbline-model.json',
      '1_Pooling',
      'config.json',
      'onnx',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(await isDownloaded(folder)).toBe(true);
    const received = progress.map(({ receivedBytes }) => receivedBytes);
    expect(received).toEqual([...received].sort((a, b) => a - b));
    expect(received.at(-1)).toBe(progress.at(-1)?.totalBytes);
  });

  test('continues a broken file where it stopped', async () => {
    hub.intercept = breakGraph(1000, 1);
    await download();
    expect(graphRequests().map(({ range }) => range)).toEqual([null, 'bytes=1000-']);
    expect(sameGraph()).toBe(true);
    expect(leftovers()).toEqual([]);
  });

  test('continues in a later process what an aborted one began', async () => {
    const controller = new AbortController();
    hub.intercept = (request, response, body) => {
      if (request.host !== 'storage') return false;
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 2000));
      return true; // Hangs until the client goes away.
    };
    const aborted = downloadModel({
      id: ID,
      revision: 'main',
      folder,
      hub: options(),
      signal: controller.signal,
      onProgress: ({ file, receivedBytes, totalBytes }) => {
        if (file === GRAPH && receivedBytes < totalBytes) controller.abort(new Error('enough'));
      },
    });
    await expect(aborted).rejects.toThrow('enough');
    expect(await isDownloaded(folder)).toBe(false);
    expect(leftovers()).toHaveLength(1);
    hub.intercept = () => false;
    hub.seen.length = 0;
    await download();
    expect(graphRequests().map(({ range }) => range)).toEqual(['bytes=2000-']);
    expect(hub.seen.filter(({ url }) => url.includes('tokenizer.json'))).toEqual([]);
    expect(sameGraph()).toBe(true);
  });

  test('starts over where the server ignores Range', async () => {
    const broken = breakGraph(1000, 1);
    hub.intercept = (request, response, body) => {
      if (broken(request, response, body)) return true;
      if (request.host !== 'storage') return false;
      response.writeHead(200, { 'content-length': body.length }).end(body);
      return true;
    };
    await download();
    expect(sameGraph()).toBe(true);
  });

  test('starts over where the file changed at the hub in between', async () => {
    hub.intercept = breakGraph(1000, Infinity);
    const stuck = options({ sleep: () => Promise.reject(new Error('killed')) });
    await expect(download({ hub: stuck })).rejects.toThrow('killed');
    writeTinyModel(original, { seed: 2 });
    hub.intercept = () => false;
    hub.seen.length = 0;
    await download();
    expect(graphRequests().map(({ range }) => range)).toEqual([null]);
    expect(sameGraph()).toBe(true);
  });

  test('a resumed file that turns out damaged is fetched once more from the start', async () => {
    hub.intercept = (request, response, body) => {
      if (request.host !== 'storage' || request.range !== null || graphRequests().length > 1) return false;
      response.writeHead(200, { 'content-length': body.length });
      sendAndHangUp(response, Buffer.alloc(1000, 7), 0);
      return true;
    };
    await download();
    expect(graphRequests().map(({ range }) => range)).toEqual([null, 'bytes=1000-', null]);
    expect(sameGraph()).toBe(true);
  });

  test.each([
    ['a large file', 'storage', GRAPH],
    ['a small file', 'hub', 'tokenizer_config.json'],
  ])('refuses %s whose content is not what the hub announced', async (_name, host, file) => {
    hub.intercept = (request, response, body) => {
      if (request.host !== host || !request.url.endsWith(file)) return false;
      response.writeHead(200).end(Buffer.alloc(body.length, 7));
      return true;
    };
    await expect(download()).rejects.toMatchObject({ code: 'MODEL_CORRUPT', exitCode: 2, retryable: true });
    expect(existsSync(join(folder, file))).toBe(false);
    expect(await isDownloaded(folder)).toBe(false);
  });

  test('refuses a file that does not end', async () => {
    hub.intercept = (request, response, body) => {
      if (request.host !== 'storage') return false;
      response.writeHead(200).end(Buffer.concat([body, body]));
      return true;
    };
    await expect(download()).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
  });

  test.each([
    [404, 'MODEL_NOT_FOUND'],
    [401, 'MODEL_ACCESS_DENIED'],
    [403, 'MODEL_ACCESS_DENIED'],
  ])('says what %i means', async (status, code) => {
    hub.intercept = (_request, response) => {
      response.writeHead(status).end();
      return true;
    };
    await expect(download()).rejects.toMatchObject({ code, exitCode: 2, retryable: false });
    expect(slept).toEqual([]);
  });

  test('waits as long as the hub asks, then goes on', async () => {
    const statuses = [429, 503];
    hub.intercept = (_request, response) => {
      const status = statuses.shift();
      if (status === undefined) return false;
      response.writeHead(status, status === 429 ? { 'retry-after': '7' } : {}).end();
      return true;
    };
    await download();
    expect(slept).toEqual([7000, 1000]);
    expect(sameGraph()).toBe(true);
  });

  test('sends the token to the hub and not to its storage', async () => {
    await download({ hub: options({ token: 'hf_secret' }) });
    const tokens = (host: string) =>
      new Set(hub.seen.filter((request) => request.host === host).map(({ authorization }) => authorization));
    expect(tokens('hub')).toEqual(new Set(['Bearer hf_secret']));
    expect(tokens('storage')).toEqual(new Set([null]));
  });

  test('never shows the token', async () => {
    hub.intercept = (_request, response) => {
      response.writeHead(403).end();
      return true;
    };
    const error = await download({ hub: options({ token: 'hf_secret' }) }).catch((thrown: unknown) => thrown);
    expect(JSON.stringify([error, String(error)])).not.toContain('hf_secret');
  });

  test('says that the hub is out of reach, after patience', async () => {
    await hub.close();
    await expect(download()).rejects.toMatchObject({
      code: 'MODEL_OFFLINE',
      retryable: true,
      exitCode: 2,
      message: expect.stringContaining(hub.endpoint),
      hint: expect.stringMatching(/builtin.*folder.*HF_ENDPOINT/),
    });
    expect(slept).toEqual([500, 1000]);
  });

  test('does not give up while a bad line brings some bytes each time', async () => {
    hub.intercept = breakGraph(2000, 10);
    await download();
    expect(sameGraph()).toBe(true);
    expect(graphRequests().length).toBe(11);
  });

  test('says that a repository holds no ONNX graph', async () => {
    rmSync(join(original, GRAPH));
    await expect(download()).rejects.toMatchObject({
      code: 'MODEL_INCOMPLETE',
      message: expect.stringContaining('onnx/model.onnx'),
    });
  });

  test('is not fooled by a page that is no listing', async () => {
    hub.intercept = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Please log in to the network</h1>');
      return true;
    };
    await expect(download()).rejects.toMatchObject({ code: 'MODEL_OFFLINE' });
  });
});

describe('isDownloaded', () => {
  test('notices a file that was cut or removed', async () => {
    await download();
    writeFileSync(join(folder, GRAPH), 'short');
    expect(await isDownloaded(folder)).toBe(false);
    await download();
    expect(await isDownloaded(folder)).toBe(true);
  });

  test('takes a folder that was copied there by hand', async () => {
    expect(await isDownloaded(original)).toBe(true);
    rmSync(join(original, 'tokenizer.json'));
    expect(await isDownloaded(original)).toBe(false);
  });
});

test('a lost connection is told from a defect of ours', async () => {
  const client = new HubClient(options());
  const attempt = () =>
    client.persist(
      () => Promise.reject(new TypeError('a bug')),
      () => 0,
    );
  await expect(attempt()).rejects.toThrow(TypeError);
  expect(new TransientError('x').waitMs).toBeNull();
});

test('Retry-After may be seconds or a date', () => {
  expect(retryAfterMs('3')).toBe(3000);
  expect(retryAfterMs(null)).toBeNull();
  expect(retryAfterMs('soon')).toBeNull();
  expect(retryAfterMs(new Date(0).toUTCString())).toBe(0);
});
