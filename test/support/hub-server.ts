/**
 * A model hub on this machine: the two routes of the Hugging Face hub that downloads use, over real HTTP. Large files
 * (`.onnx`) are redirected to a storage server on another port, as the real hub does.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A request as the hub or its storage saw it. */
export interface SeenRequest {
  readonly host: 'hub' | 'storage';
  readonly url: string;
  readonly range: string | null;
  readonly authorization: string | null;
}

/** Answers a request in the server's stead and returns true, or returns false to let it be served. */
export type Intercept = (request: SeenRequest, response: ServerResponse, body: Buffer) => boolean;

export interface HubServer {
  readonly endpoint: string;
  readonly seen: SeenRequest[];
  /** May be set anew at any time. */
  intercept: Intercept;
  close(): Promise<void>;
}

/** Serves the model in `folder` as `id`, at revision `main`. */
export async function startHub(id: string, folder: string): Promise<HubServer> {
  const seen: SeenRequest[] = [];
  const answer = (host: 'hub' | 'storage') => (incoming: IncomingMessage, response: ServerResponse) => {
    const { range = null, authorization = null } = incoming.headers;
    const request = { host, url: incoming.url ?? '', range, authorization };
    seen.push(request);
    const file = decodeURIComponent(request.url).split(host === 'hub' ? '/resolve/main/' : '/stored/')[1];
    const body = file === undefined ? Buffer.from(listing(folder)) : read(folder, file);
    if (hub.intercept(request, response, body ?? Buffer.alloc(0))) return;
    if (!request.url.includes(id) || body === null) {
      response.writeHead(404).end();
    } else if (host === 'hub' && file?.endsWith('.onnx') === true) {
      response.writeHead(302, { location: `${addressOf(storage)}/${id}/stored/${file}` }).end();
    } else {
      send(response, body, range);
    }
  };
  const main = createServer(answer('hub'));
  const storage = createServer(answer('storage'));
  await Promise.all([listen(main), listen(storage)]);
  const hub: HubServer = {
    endpoint: addressOf(main),
    seen,
    intercept: () => false,
    async close() {
      await Promise.all([shut(main), shut(storage)]);
    },
  };
  return hub;
}

/** A body, or the part of it that `range` asks for. */
function send(response: ServerResponse, body: Buffer, range: string | null): void {
  const start = range === null ? 0 : Number(/bytes=(\d+)-/.exec(range)?.[1] ?? 0);
  const part = body.subarray(start);
  const headers = { 'content-length': part.length };
  const partial = { ...headers, 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` };
  response.writeHead(range === null ? 200 : 206, range === null ? headers : partial).end(part);
}

function listing(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return JSON.stringify(
    files.map((entry) => {
      const full = join(entry.parentPath, entry.name);
      const content = readFileSync(full);
      const oid = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
      const path = full.slice(folder.length + 1).replaceAll('\\', '/');
      const file = { type: 'file', oid, size: content.length, path };
      const sha256 = createHash('sha256').update(content).digest('hex');
      return path.endsWith('.onnx') ? { ...file, lfs: { oid: sha256, size: content.length } } : file;
    }),
  );
}

function read(folder: string, file: string): Buffer | null {
  try {
    return readFileSync(join(folder, file));
  } catch {
    return null;
  }
}

const addressOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function shut(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
