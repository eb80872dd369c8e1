/** The socket under the REST door: loopback only, with time limits that a slow or silent client cannot stretch. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { PlumblineError } from '../../errors.ts';
import { DEFAULT_PORT } from '../endpoint.ts';
import { errorAnswer } from './answer.ts';

/** A name could be made to point elsewhere. */
const ADDRESS = '127.0.0.1';
/** As many ports behind the default one are tried. */
const TRIED_PORTS = 50;

const HEADERS_MS = 5000;
/** Until the whole request is here; answers may take as long as they take. */
const REQUEST_MS = 30_000;
const CHECK_MS = 1000;
const KEEP_ALIVE_MS = 5000;
const HEADER_BYTES = 16 * 1024;
const MAX_CONNECTIONS = 1024;
/** What answers under way get to be read before their connections are cut. */
const GRACE_MS = 2000;

/** Beside the request comes the connection that it came by, for an answer that has to break off. */
export interface Connection {
  readonly outgoing: { destroy(): unknown };
}

type Fetch = (request: Request, connection: Connection) => Response | Promise<Response>;

export interface HttpServer {
  readonly port: number;
  /** Takes no more connections. */
  refuse(): void;
  /** Ends the connections: idle ones at once, others when they are done or after a grace period. */
  close(): Promise<void>;
}

/**
 * Listens on a port: 0 for any free one, null for the default one or the next that is free.
 * @throws PlumblineError `PORT_TAKEN`, `PORT_FORBIDDEN`.
 */
export async function listen(fetch: Fetch, port: number | null): Promise<HttpServer> {
  const server = createServer(
    {
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: CHECK_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADER_BYTES,
    },
    getRequestListener(fetch, {
      overrideGlobalObjects: false,
      // What cannot even be read as a request: a host or path that makes no URL.
      errorHandler: (error) =>
        errorAnswer(new PlumblineError('INPUT_INVALID', `this is no request: ${(error as Error).message}`)),
    }),
  );
  server.maxConnections = MAX_CONNECTIONS;
  const bound = await bind(server, port);
  // Noted from the beginning: with nobody connected it happens as soon as the server takes no more connections.
  const closed = new Promise<'closed'>((resolve) => server.once('close', () => resolve('closed')));
  return {
    port: bound,
    refuse: () => void server.close(),
    async close() {
      if (server.listening) server.close();
      server.closeIdleConnections();
      const timer = new AbortController();
      const grace = wait(GRACE_MS, 'late', { signal: timer.signal }).catch(() => 'done');
      if ((await Promise.race([closed, grace])) === 'late') server.closeAllConnections();
      timer.abort();
    },
  };
}

async function bind(server: Server, port: number | null): Promise<number> {
  if (port !== null) return bindTo(server, port);
  for (let candidate = DEFAULT_PORT; ; candidate += 1) {
    try {
      return await bindTo(server, candidate);
    } catch (error) {
      const isTaken = error instanceof PlumblineError && error.code === 'PORT_TAKEN';
      if (!isTaken || candidate === DEFAULT_PORT + TRIED_PORTS) throw error;
    }
  }
}

function bindTo(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const fail = (error: NodeJS.ErrnoException): void => reject(portError(error, port));
  server.once('error', fail);
  server.listen({ host: ADDRESS, port, exclusive: true }, () => {
    server.off('error', fail);
    resolve((server.address() as AddressInfo).port);
  });
  return promise;
}

function portError(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code === 'EADDRINUSE')
    return new PlumblineError('PORT_TAKEN', `another program listens on port ${port}`, {
      hint: 'Name another one with --port, or 0 for any that is free.',
      cause: error,
    });
  if (error.code === 'EACCES')
    return new PlumblineError('PORT_FORBIDDEN', `this user may not listen on port ${port}`, {
      hint: 'Name one from 1024 on with --port.',
      cause: error,
    });
  return error;
}
