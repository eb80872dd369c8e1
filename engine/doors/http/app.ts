/** The REST door as one function from request to answer: who is let in, where a request goes, what comes back. */
import { Hono, type Context } from 'hono';
import { PlumblineError } from '../../errors.ts';
import { API, routes, type Route } from '../../routes.ts';
import type { Output } from '../../contract.ts';
import type { SetupOperationName } from '../../setup-contract.ts';
import { setupRoutes, type SetupRoute } from '../../setup-routes.ts';
import { dispatch } from '../dispatch.ts';
import { dispatchSetup } from '../dispatch-setup.ts';
import { proofOf } from '../token.ts';
import { errorAnswer, json, MethodError } from './answer.ts';
import { readBody } from './body.ts';
import { exportDrift, exportSchema } from './drift-export.ts';
import { docsPage, STYLE_HASH } from './docs-page.ts';
import type { EntryCodes } from './entry-codes.ts';
import { eventStream } from './event-stream.ts';
import { checkHost, checkOrigin, checkToken } from './guard.ts';
import { protect } from './headers.ts';
import type { Host } from './host.ts';
import {
  checkNoQuery,
  fieldsOfBody,
  fieldsOfPath,
  fieldsOfQuery,
  parseObject,
  restSchema,
  setupSchema,
  takeWait,
  type Fields,
} from './input.ts';
import { collectMetrics, renderMetrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import type { OpenWorkspace } from './open-workspace.ts';
import type { Run } from './runs.ts';
import type { Connection } from './server.ts';
import { staticFile } from './static-files.ts';

export interface AppOptions {
  readonly host: Host;
  readonly codes: EntryCodes;
  readonly version: string;
  /** The folder of the page; null where there is none. */
  readonly page: string | null;
}

/** Event streams open at once. */
const MAX_STREAMS = 100;
/** Operations that change which workspace is open: they end it themselves, and go on when the client has left. */
const MOVES: ReadonlySet<SetupOperationName> = new Set([
  'openWorkspace',
  'closeWorkspace',
  'createWorkspace',
  'createSample',
]);
/** A plan takes its time, and has no job to follow meanwhile. */
const PLAN_WAIT_S = 30;

export function createApp(options: AppOptions): Hono {
  const { host, version } = options;
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
    if (!open.has(c.req.path)) checkToken(c.req.header('authorization'), host.tokens);
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
    ['GET', '/drift/:entityType/export', (c) => driftExport(c)],
  ];
  for (const [method, path, answer] of own) app.on(method, `${API}${path}`, answer);
  for (const route of routes) app.on(route.method, pathOf(route), (c) => operation(c, route));
  for (const route of setupRoutes) app.on(route.method, pathOf(route), (c) => setup(c, route));
  for (const [path, methods] of methodsByPath([
    ...own.map(([method, path]) => ({ method, path: `${API}${path}` })),
    ...[...routes, ...setupRoutes].map((route) => ({ method: route.method, path: pathOf(route) })),
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
    const workspace = host.required();
    const { engine, runs } = workspace;
    const query = new URL(c.req.url).searchParams;
    const wait = route.waitSeconds === undefined ? null : takeWait(query);
    const fields = { ...(await restOf(c, route, query)), ...fieldsOfPath(route, c.req.param()) };
    if (route.waitSeconds === undefined)
      return workspace.use(async () => {
        // A job under way keeps the configuration that it began with, and so do its readers.
        if (engine.isConfigStale && runs.active === 0) engine.reloadConfig();
        return json(await dispatch(engine, route.operation, fields, workspace.closing));
      });
    const run = runs.start(route.operation, fields);
    const seconds = wait ?? (fields['dryRun'] === true ? PLAN_WAIT_S : route.waitSeconds);
    return answerRun(c, workspace, run, seconds);
  }

  async function setup(c: Context, route: SetupRoute): Promise<Response> {
    const query = new URL(c.req.url).searchParams;
    const schema = setupSchema(route);
    if (route.method === 'POST') checkNoQuery(query);
    const fields =
      route.method === 'GET' ? fieldsOfQuery(schema, query) : fieldsOfBody(schema, await readBody(c.req.raw));
    const { workspace } = host;
    const run = async (): Promise<Response> => {
      const signals = [c.req.raw.signal, host.stopping, ...(workspace === null ? [] : [workspace.closing])];
      const signal = MOVES.has(route.operation) ? host.stopping : AbortSignal.any(signals);
      return json(await dispatchSetup(host, route.operation, fields, signal));
    };
    return workspace === null || MOVES.has(route.operation) ? run() : workspace.use(run);
  }

  async function runResult(c: Context): Promise<Response> {
    const workspace = host.required();
    const query = new URL(c.req.url).searchParams;
    const wait = takeWait(query) ?? 0;
    checkNoQuery(query);
    return answerRun(c, workspace, workspace.runs.get(c.req.param('run') ?? ''), wait);
  }

  async function answerRun(
    c: Context,
    workspace: OpenWorkspace,
    run: Run,
    seconds: number,
  ): Promise<Response> {
    if (run.outcome === null) await workspace.runs.wait(run, seconds * 1000, c.req.raw.signal);
    const location = { location: `${API}/runs/${run.id}`, 'plumbline-run': run.id };
    if (run.outcome?.ok === true) return json(run.outcome.output, 200, location);
    if (run.outcome?.ok === false) return errorAnswer(run.outcome.error);
    const jobs = await workspace.use(() => Promise.all(run.jobs.map((id) => jobOf(workspace, id))));
    const { notStarted } = run;
    return json({ jobs, run: run.id, ...(notStarted.length === 0 ? {} : { notStarted }) }, 202, location);
  }

  async function jobOf(
    { engine, closing }: OpenWorkspace,
    id: number,
  ): Promise<Output<'status'>['jobs'][number] | undefined> {
    return (await dispatch(engine, 'status', { job: String(id) }, closing)).jobs[0];
  }

  function health(nonce: string | undefined): object {
    return {
      status: host.stopping.aborted ? 'stopping' : 'ok',
      version,
      ...(nonce === undefined || nonce.length > 100
        ? {}
        : { proof: proofOf(host.workspace?.token ?? host.token, nonce) }),
    };
  }

  async function redeem(c: Context): Promise<string> {
    const { code } = parseObject(await readBody(c.req.raw));
    options.codes.redeem(code, Date.now());
    return host.token;
  }

  function metrics(): Response {
    const { engine, runs } = host.required();
    const figures = collectMetrics(engine, { version, startedAt, runs: runs.active, streams }, Date.now());
    return new Response(renderMetrics(figures), {
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    });
  }

  function stream(c: Context): Response {
    const { events } = host.required();
    const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' };
    // The router answers a HEAD as a GET, and nobody would ever read or end its stream.
    if (c.req.method === 'HEAD') return new Response(null, { headers });
    if (streams >= MAX_STREAMS) throw tooManyStreams();
    streams += 1;
    const body = eventStream(events, {
      lastEventId: c.req.header('last-event-id'),
      onEnd: () => (streams -= 1),
      signal: AbortSignal.any([c.req.raw.signal, host.tokenRenewed]),
    });
    return new Response(body, { headers });
  }

  function driftExport(c: Context): Promise<Response> {
    const workspace = host.required();
    return workspace.use(() =>
      exportDrift(workspace.engine, {
        ...exportSchema.parse(fieldsOfQuery(exportSchema, new URL(c.req.url).searchParams)),
        entityType: c.req.param('entityType') ?? '',
        isHead: c.req.method === 'HEAD',
        closing: workspace.closing,
        breakOff: () => (c.env as Connection).outgoing.destroy(),
      }),
    );
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
const pathOf = (route: Pick<Route, 'path'>): string => `${API}${route.path.replaceAll(/\{(\w+)\}/g, ':$1')}`;

function methodsByPath(known: readonly { method: string; path: string }[]): Map<string, string[]> {
  const methods = new Map<string, string[]>();
  for (const { method, path } of known) methods.set(path, [...(methods.get(path) ?? []), method]);
  return methods;
}

async function restOf(c: Context, route: Route, query: URLSearchParams): Promise<Fields> {
  const schema = restSchema(route);
  if (route.method === 'GET') return fieldsOfQuery(schema, query);
  checkNoQuery(query);
  return fieldsOfBody(schema, await readBody(c.req.raw));
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
