import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface SilentProxy {
  readonly port: number;
  /** From now on nothing comes through, no connection is told so, and new ones are refused: a cable that was pulled. */
  fallSilent(): void;
}

/** Leads to a port of this machine, and falls silent by itself over this word of a client. Ends with the test. */
export async function openSilentProxy(port: number, word?: string): Promise<SilentProxy> {
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const behind = connect(port, '127.0.0.1');
    for (const socket of [client, behind]) socket.on('error', () => {});
    sockets.push(client, behind);
    client.on('data', (data) => {
      if (word !== undefined && data.includes(word)) fallSilent();
    });
    client.pipe(behind).pipe(client);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const fallSilent = (): void => {
    server.close();
    for (const socket of sockets) socket.unpipe().pause();
  };
  return { port: (server.address() as AddressInfo).port, fallSilent };
}
