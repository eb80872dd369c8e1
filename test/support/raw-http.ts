/** HTTP as `fetch` would never send it: any host, any path, any bytes, any pace. */
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

export function openSocket(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Sends these bytes and reads until the server closes the connection. */
export function rawExchange(url: string, bytes: string | Uint8Array): Promise<RawAnswer> {
  const { promise, resolve } = Promise.withResolvers<RawAnswer>();
  const socket = openSocket(url);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A server may refuse a request before it has read all of it: what it said counts.
  socket.on('error', () => {});
  socket.on('close', () => {
    const [head = '', ...rest] = Buffer.concat(chunks).toString('utf8').split('\r\n\r\n');
    resolve({ status: Number(head.split(' ')[1] ?? NaN), head, body: rest.join('\r\n\r\n') });
  });
  socket.write(bytes);
  return promise;
}

/** A request with exactly these headers; the connection closes after it. */
export function rawRequest(
  url: string,
  line: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): Promise<RawAnswer> {
  const all = { connection: 'close', ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return rawExchange(url, `${line} HTTP/1.1\r\n${head.join('')}\r\n${body}`);
}
