/** The REST door as one function from request to answer: who is let in, where a request goes, what comes back. */
import { Hono, type Context } from 'hono';
import type { Engine } from '../../engine.ts';
import { PlumblineError } from '../../errors.ts';
import { API, routes, type Route } from '../../routes.ts';
import type { Output } from '../../contract.ts';
import { dispatch } from '../dispatch.ts';
import { proofOf } from '../token.ts';
import { errorAnswer, json, MethodError } from './answer.ts';
import { readBody } from './body.ts';
import { docsPage, STYLE_HASH } from './docs-page.ts';
import type { EntryCodes } from './entry-codes.ts';
import type { EventLog } from './event-log.ts';
import { eventStream } from './event-stream.ts';
import { checkHost, checkOrigin, checkToken } from './guard.ts';
import { protect } from './headers.ts';
import {
  checkNoQuery,
  fieldsOfBody,
  fieldsOfPath,
  fieldsOfQuery,
  parseObject,
  takeWait,
  type Fields,
} from './input.ts';
import { collectMetrics, renderMetrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import type { Run, Runs } from './runs.ts';
import { staticFile } from './static-files.ts';

export interface AppOptions {
  readonly engine: Engine;
  readonly runs: Runs;
  readonly events: EventLog;
  readonly codes: EntryCodes;
  readonly token: string;
  readonly version: string;
  /** The folder of the page; null where there is none. */
  readonly page: string | null;
  /** Aborts when the server shuts down. */
  readonly stopping: AbortSignal;
}

/** Event streams open at once. */
const MAX_STREAMS = 100;
/** A plan takes its time, and has no job to follow meanwhile. */
const PLAN_WAIT_S = 30;

export function createApp(options: AppOptions): Hono {
  const { engine, runs, events, token, version, stopping } = options;
  const app = new Hono({ strict: true });
  const startedAt = Date.now();
  let streams = 0;

  app.use(async (c, next) => {
    await next();
    protect(c.res, c.req.path.startsWith(`${API}/`) ? 'data' : 'page');
  });
  app.onError((error) => errorAnswer(error));
  app.use(async (c, next) => {
    const host = c.req.header('host');
    checkHost(host);
    checkOrigin(c.req.header('origin'), host ?? '');
    await next();
  });

  const open = new Set([`${API}/health`, `${API}/token`, `${API}/openapi.json`, `${API}/docs`]);
  app.use(`${API}/*`, async (c, next) => {
    if (!open.has(c.req.path)) checkToken(c.req.header('authorization'), token);
    await next();
  });

  const document = openApiDocument(version);
  const page = docsPage(document);
  const own: readonly (readonly [method: 'GET' | 'POST', path: string, answer: Handler])[] = [
    ['GET', '/health', (c) => json(health(c.req.query('nonce')))],
    ['POST', '/token', async (c) => json({ token: await redeem(c) })],
    ['GET', '/openapi.json', () => json(document)],
    ['GET', '/docs', () => html(page)],
    ['GET', '/metrics', () => metrics()],
    ['GET', '/events', (c) => stream(c)],
    ['GET', '/runs/:run', (c) => runResult(c)],
  ];
  for (const [method, path, answer] of own) app.on(method, `${API}${path}`, answer);
  for (const route of routes) app.on(route.method, pathOf(route), (c) => operation(c, route));
  for (const [path, methods] of methodsByPath([
    ...own.map(([method, path]) => ({ method, path: `${API}${path}` })),
    ...routes.map((route) => ({ method: route.method, path: pathOf(route) })),
  ]))
    app.all(path, (c) => {
      throw new MethodError(c.req.path, c.req.method, methods);
    });
  app.get('*', (c) => pageFile(c));
  app.all('*', (c) => {
    throw unknownRoute(c.req.method, c.req.path);
  });
  return app;

  async function operation(c: Context, route: Route): Promise<Response> {
    const query = new URL(c.req.url).searchParams;
    const wait = route.waitSeconds === undefined ? null : takeWait(query);
    const fields = { ...(await restOf(c, route, query)), ...fieldsOfPath(route, c.req.param()) };
    if (route.waitSeconds === undefined) {
      // A job under way keeps the configuration that it began with, and so do its readers.
      if (engine.isConfigStale && runs.active === 0) engine.reloadConfig();
      return json(await dispatch(engine, route.operation, fields, stopping));
    }
    const run = runs.start(route.operation, fields);
    const seconds = wait ?? (fields['dryRun'] === true ? PLAN_WAIT_S : route.waitSeconds);
    return answerRun(c, run, seconds);
  }

  async function runResult(c: Context): Promise<Response> {
    const query = new URL(c.req.url).searchParams;
    const wait = takeWait(query) ?? 0;
    checkNoQuery(query);
    return answerRun(c, runs.get(c.req.param('run') ?? ''), wait);
  }

  async function answerRun(c: Context, run: Run, seconds: number): Promise<Response> {
    if (run.outcome === null) await runs.wait(run, seconds * 1000, c.req.raw.signal);
    const location = { location: `${API}/runs/${run.id}`, 'plumbline-run': run.id };
    if (run.outcome?.ok === true) return json(run.outcome.output, 200, location);
    if (run.outcome?.ok === false) return errorAnswer(run.outcome.error);
    const jobs = await Promise.all(run.jobs.map((id) => jobOf(id)));
    const { notStarted } = run;
    return json({ jobs, run: run.id, ...(notStarted.length === 0 ? {} : { notStarted }) }, 202, location);
  }

  async function jobOf(id: number): Promise<Output<'status'>['jobs'][number] | undefined> {
    return (await dispatch(engine, 'status', { job: String(id) }, stopping)).jobs[0];
  }

  function health(nonce: string | undefined): object {
    return {
      status: stopping.aborted ? 'stopping' : 'ok',
      version,
      ...(nonce === undefined || nonce.length > 100 ? {} : { proof: proofOf(token, nonce) }),
    };
  }

  async function redeem(c: Context): Promise<string> {
    const { code } = parseObject(await readBody(c.req.raw));
    options.codes.redeem(code, Date.now());
    return token;
  }

  function metrics(): Response {
    const figures = collectMetrics(engine, { version, startedAt, runs: runs.active, streams }, Date.now());
    return new Response(renderMetrics(figures), {
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    });
  }

  function stream(c: Context): Response {
    const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' };
    // The router answers a HEAD as a GET, and nobody would ever read or end its stream.
    if (c.req.method === 'HEAD') return new Response(null, { headers });
    if (streams >= MAX_STREAMS) throw tooManyStreams();
    streams += 1;
    const body = eventStream(events, {
      lastEventId: c.req.header('last-event-id'),
      onEnd: () => (streams -= 1),
      signal: c.req.raw.signal,
    });
    return new Response(body, { headers });
  }

  function pageFile(c: Context): Response {
    if (c.req.path.startsWith('/api/')) throw unknownRoute(c.req.method, c.req.path);
    if (options.page === null && c.req.path === '/') return c.redirect(`${API}/docs`);
    const file = options.page === null ? null : staticFile(options.page, new URL(c.req.url).pathname);
    if (file === null) throw unknownRoute(c.req.method, c.req.path);
    return file;
  }
}

type Handler = (c: Context) => Response | Promise<Response>;

/** As the router writes it. */
const pathOf = (route: Route): string => `${API}${route.path.replaceAll(/\{(\w+)\}/g, ':$1')}`;

function methodsByPath(known: readonly { method: string; path: string }[]): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const { method, path } of known) methods.set(path, [...(methods.get(path) ?? []), method]);
  return methods;
}

async function restOf(c: Context, route: Route, query: URLSearchParams): Promise<Fields> {
  if (route.method === 'GET') return fieldsOfQuery(route, query);
  checkNoQuery(query);
  return fieldsOfBody(route, await readBody(c.req.raw));
}

function html(text: string): Response {
  return new Response(text, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src '${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    },
  });
}

const unknownRoute = (method: string, path: string): PlumblineError =>
  new PlumblineError('ROUTE_UNKNOWN', `there is no ${method} ${path}`, {
    hint: `${API}/docs lists what there is.`,
  });

const tooManyStreams = (): PlumblineError =>
  new PlumblineError('TOO_MANY_STREAMS', `${MAX_STREAMS} event streams are open`, {
    hint: 'Close some first.',
    retryable: true,
  });
