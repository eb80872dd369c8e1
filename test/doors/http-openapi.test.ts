/** The OpenAPI document, its page, the table of statuses, and the figures: what the door says about itself. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { docsPage } from '../../engine/doors/http/docs-page.ts';
import { EntryCodes } from '../../engine/doors/http/entry-codes.ts';
import { renderMetrics } from '../../engine/doors/http/metrics.ts';
import { openApiDocument } from '../../engine/doors/http/openapi.ts';
import { retryAfter, statusOf } from '../../engine/doors/http/status-codes.ts';
import { API, routes } from '../../engine/routes.ts';
import { setupOperations } from '../../engine/setup-contract.ts';
import { setupRoutes } from '../../engine/setup-routes.ts';
import { makeNotes } from '../support/notes.ts';
import { serveHere } from '../support/served.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Document {
  paths: Record<string, Record<string, { operationId: string; security?: unknown[] }>>;
  components: { schemas: Record<string, { properties?: Record<string, unknown> }> };
}

describe('the OpenAPI document', () => {
  const document = openApiDocument('1.2.3') as unknown as Document;

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone(document) as unknown as Record<string, unknown>);
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  it('has every route, and an id of its own for each', () => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(documented).toEqual(
      expect.arrayContaining([...routes, ...setupRoutes].map(({ method, path }) => `${method} ${path}`)),
    );
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z]+$/);
  });

  it('has each operation of the setup contract on a route of its own', () => {
    const names = setupRoutes.map(({ operation }) => operation);
    expect(names.toSorted()).toEqual(Object.keys(setupOperations).toSorted());
    const ways = [...routes, ...setupRoutes].map(({ method, path }) => `${method} ${path}`);
    expect(new Set(ways).size).toBe(ways.length);
  });

  it('refers to nothing that is not there', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path]) => path ?? '',
    );
    expect(refs.length).toBeGreaterThan(50);
    for (const path of refs) {
      const target = path
        .split('/')
        .reduce<unknown>((at, part) => (at as Record<string, unknown>)?.[part], document);
      expect(target, path).toBeDefined();
    }
  });

  it('describes shapes as they are sent', () => {
    const { schemas } = document.components;
    expect(schemas['Job']?.properties).toMatchObject({
      state: { enum: expect.arrayContaining(['running', 'completed']) },
      processed: { type: 'integer', minimum: 0 },
    });
    expect(schemas['DriftItem']?.properties?.['keyValues']).toMatchObject({ type: 'array' });
    expect(JSON.stringify(schemas['Jobs'])).toContain('#/components/schemas/Job');
  });

  it('is served without a token, with a page that loads nothing', async () => {
    const { folder } = await makeNotes(['a red book']);
    const { url } = await serveHere(folder);
    const served = (await (await fetch(`${url}${API}/openapi.json`)).json()) as Document;
    expect(Object.keys(served.paths)).toEqual(Object.keys(document.paths));
    const home = await fetch(url, { redirect: 'follow' });
    expect(home.url).toBe(`${url}${API}/docs`);
    const page = await home.text();
    for (const { path } of [...routes, ...setupRoutes]) expect(page).toContain(path);
    expect(page).not.toMatch(/<script|https?:\/\/|<link|<img/i);
    const policy = home.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toMatch(/style-src 'sha256-/);
  });

  it('becomes a page in which nothing of it acts', () => {
    const hostile = structuredClone(document) as unknown as { info: { description: string } };
    hostile.info.description = '<script>alert(1)</script>';
    expect(docsPage(hostile)).toContain('&lt;script&gt;alert(1)');
  });
});

describe('docs/rest.md', () => {
  const text = readFileSync(join(ROOT, 'docs/rest.md'), 'utf8');

  it('names every route', () => {
    for (const { method, path } of [...routes, ...setupRoutes])
      expect(text).toContain(`\`${method} ${path}\``);
  });

  it('says how long each start waits', () => {
    for (const { path, waitSeconds } of routes.filter((route) => route.waitSeconds !== undefined)) {
      const row = text.split('\n').find((line) => line.startsWith('|') && line.includes(`${path}\``));
      expect(row, path).toMatch(new RegExp(`\\| ${waitSeconds} \\|$`));
    }
  });
});

describe('statuses of errors', () => {
  const of = (code: string, retryable = false, exitCode: 0 | 1 | 2 | 5 = 2) =>
    statusOf({ code, retryable, exitCode });

  it('follow the code', () => {
    expect(of('INPUT_INVALID')).toBe(400);
    expect(of('JOB_UNKNOWN')).toBe(404);
    expect(of('DELETE_CAP_EXCEEDED')).toBe(409);
    expect(of('OVERLOADED', true)).toBe(503);
    // Retryable, but not by waiting.
    expect(of('JOB_RUNNING', true)).toBe(409);
  });

  it('of other errors follow what can be done about them', () => {
    expect(of('CONFIG_INVALID')).toBe(422);
    expect(of('SOURCE_NOT_FOUND')).toBe(422);
    expect(of('SOURCE_BUSY', true)).toBe(503);
    expect(of('THREAD_DIED', true, 1)).toBe(503);
    expect(of('UNEXPECTED', false, 1)).toBe(500);
  });

  it('say when to try again where that helps', () => {
    expect(retryAfter(503, 'OVERLOADED')).toBe(5);
    expect(retryAfter(409, 'JOB_RUNNING')).toBeNull();
  });

  it('list no code that nobody throws', () => {
    const engine = readdirSync(join(ROOT, 'engine'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('status-codes.ts'))
      .map((name) => readFileSync(join(ROOT, 'engine', name), 'utf8'))
      .join('\n');
    const table = readFileSync(join(ROOT, 'engine/doors/http/status-codes.ts'), 'utf8');
    for (const [, code] of table.matchAll(/^ {2}([A-Z_]+): \d{3},/gm)) expect(engine).toContain(`'${code}'`);
  });
});

it('figures are in the text format, whatever a name holds', () => {
  const text = renderMetrics([
    { name: 'a', help: 'A.', samples: [[{ entity_type: 'x"y\\z\nw' }, 1.5]] },
    { name: 'b', help: 'B.', samples: [] },
  ]);
  expect(text).toBe(
    '# HELP a A.\n# TYPE a gauge\na{entity_type="x\\"y\\\\z\\nw"} 1.5\n# HELP b B.\n# TYPE b gauge\n',
  );
});

it('figures tell of jobs, entities and drift', async () => {
  const { folder, remove } = await makeNotes(['a red book', 'a blue bird']);
  const { request, token, url } = await serveHere(folder);
  await request('POST', '/index?wait=60');
  remove(1);
  await request('POST', '/validate?wait=60');
  const answer = await fetch(`${url}${API}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  expect(text).toContain('plumbline_jobs{state="completed"} 2\n');
  expect(text).toContain('plumbline_entities{entity_type="note"} 2\n');
  expect(text).toContain('plumbline_drift{entity_type="note",class="orphaned"} 1\n');
  expect(text).not.toContain('class="lost"');
  expect(text).toMatch(/^process_resident_memory_bytes \d{7,}$/m);
});

describe('one-time codes', () => {
  it('let in once, in time', () => {
    const codes = new EntryCodes();
    const [first, second] = [codes.issue(0), codes.issue(0)];
    expect(() => codes.redeem(first, 60_000)).not.toThrow();
    expect(() => codes.redeem(first, 60_000)).toThrow('not any more');
    expect(() => codes.redeem(second, 60_001)).toThrow('not any more');
    for (const wrong of ['', undefined, 1, {}, null])
      expect(() => codes.redeem(wrong, 0)).toThrow('does not let');
  });

  it('give the token over HTTP, to pages of the server alone', async () => {
    const { folder } = await makeNotes(['a red book']);
    const { url, token, serving } = await serveHere(folder);
    const redeem = (code: string, headers: Record<string, string> = {}) =>
      fetch(`${url}${API}/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ code }),
      });
    const code = new URL(serving.entryUrl()).hash.replace('#code=', '');
    expect((await redeem(code, { origin: 'http://evil.example' })).status).toBe(403);
    const answer = await redeem(code, { origin: url });
    expect(await answer.json()).toEqual({ token });
    expect((await redeem(code)).status).toBe(401);
  });
});
