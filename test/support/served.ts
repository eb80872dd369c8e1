/** A workspace being served: by this process, or by `plumbline serve` as people start it. */
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { Client } from '../../engine/doors/client/client.ts';
import { serve, type Serving } from '../../engine/doors/http/serve.ts';
import { parse } from '../../engine/json.ts';
import { API } from '../../engine/routes.ts';
import { workerUrls } from '../../workers/urls.ts';
import { startPlumbline, type CliOptions, type CliProcess } from './cli.ts';
import { builtinModel } from './workspace.ts';

export interface Rest {
  readonly url: string;
  readonly token: string;
  readonly client: Client;
  /** A request below `/api/ai/bulk-sync`, with the token. */
  request(method: string, path: string, body?: unknown, init?: RequestInit): Promise<RestAnswer>;
}

export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed, with 64-bit integers. */
  readonly body: unknown;
}

export function restOf({ url, token }: { readonly url: string; readonly token: string }): Rest {
  return {
    url,
    token,
    client: new Client({ url, token }),
    async request(method, path, body, init = {}) {
      const response = await fetch(`${url}${API}${path}`, {
        method,
        ...init,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(init.headers as Record<string, string> | undefined),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: text === '' ? null : parse(text) };
    },
  };
}

/** Serves a workspace from this process, on any free port unless one is given, until the test ends. */
export async function serveHere(
  folder: string,
  page: string | null = null,
  port = 0,
): Promise<Rest & { serving: Serving }> {
  const serving = await serve({
    folder,
    workers: workerUrls,
    builtinModel,
    port,
    version: '0.0.0-test',
    page,
  });
  onTestFinished(async () => {
    await serving.stop();
  });
  return { ...restOf(serving), serving };
}

/** Starts `plumbline serve --port 0 --json` and waits until it is ready. */
export async function startServer(
  folder: string,
  args: readonly string[] = ['--port', '0'],
  options: CliOptions = {},
): Promise<Rest & { process: CliProcess }> {
  const process = startPlumbline(['serve', '--json', ...args], { cwd: folder, ...options });
  let out = '';
  process.child.stdout.on('data', (text: string) => (out += text));
  while (!out.includes('\n')) {
    if (process.child.exitCode !== null) throw new Error(`serve ended: ${(await process.ended).err}`);
    await wait(10);
  }
  return { ...restOf(JSON.parse(out) as { url: string; token: string }), process };
}

/** Waits until a look at something finds what it waits for. */
export async function until<T>(
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    await wait(20);
  }
}
