/** The REST door under hands that mean harm, or do not know better. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { errorSchema } from '../../engine/contract.ts';
import { checkHost, checkOrigin } from '../../engine/doors/http/guard.ts';
import { staticFile } from '../../engine/doors/http/static-files.ts';
import { API, routes } from '../../engine/routes.ts';
import { makeNotes } from '../support/notes.ts';
import { openSocket, rawExchange, rawRequest } from '../support/raw-http.ts';
import { serveHere, type Rest } from '../support/served.ts';
import { temporaryFolder } from '../support/workspace.ts';

async function served(): Promise<Rest> {
  const { folder } = await makeNotes(['a red book', 'a blue bird']);
  return serveHere(folder);
}

/** An error as the contract has it, and nothing that only a developer should see. */
function expectError(body: unknown, code: string): void {
  const { error } = body as { error: unknown };
  expect(errorSchema.strict().parse(error).code).toBe(code);
  expect(JSON.stringify(error)).not.toMatch(/node_modules|\.ts:\d|at Object/);
}

it('answers to loopback names alone', async () => {
  const { url, token } = await served();
  const { host, port } = new URL(url);
  const ask = (name: string) =>
    rawRequest(url, `GET ${API}/status`, { host: name, authorization: `Bearer ${token}` });
  for (const name of [host, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`, 'localhost'])
    expect((await ask(name)).status, name).toBe(200);
  const foreign = [
    'evil.example',
    `evil.example:${port}`,
    `127.0.0.1.evil.example:${port}`,
    '0.0.0.0',
    'localhost.evil',
  ];
  for (const name of foreign) {
    const { status, body } = await ask(name);
    expect(status, name).toBe(403);
    expectError(JSON.parse(body), 'HOST_FORBIDDEN');
  }
  // Neither the page nor what needs no token is an exception.
  for (const path of ['/', `${API}/health`, `${API}/docs`])
    expect((await rawRequest(url, `GET ${path}`, { host: 'evil.example' })).status, path).toBe(403);
  const none = await rawExchange(url, `GET ${API}/status HTTP/1.1\r\nconnection: close\r\n\r\n`);
  expect(none.status).toBe(400);
});

it('answers to no page but its own', async () => {
  const { url, request } = await served();
  const askFrom = (origin: string) => request('GET', '/status', undefined, { headers: { origin } });
  expect((await askFrom(url)).status).toBe(200);
  for (const origin of [
    'http://evil.example',
    'null',
    'http://localhost:1',
    url.replace('http', 'https'),
    `${url}.evil.example`,
  ]) {
    const answer = await askFrom(origin);
    expect(answer.status, origin).toBe(403);
    expectError(answer.body, 'ORIGIN_FORBIDDEN');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  }
  const preflight = await request('OPTIONS', '/index', undefined, {
    headers: { origin: url, 'access-control-request-method': 'POST' },
  });
  expect(preflight.status).toBe(405);
  expect([...preflight.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
});

it('lets in nobody without the token, on every route', async () => {
  const { url, token } = await served();
  const wrong = [
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: `Basic ${token}` },
    { authorization: token },
    { authorization: `Bearer ${token.slice(0, -1)}` },
    { authorization: `Bearer ${token}x` },
    { authorization: `Bearer ${'A'.repeat(43)}` },
  ];
  for (const headers of wrong as Record<string, string>[]) {
    const answer = await fetch(`${url}${API}/status`, { headers });
    expect(answer.status, JSON.stringify(headers)).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expectError(
      await answer.json(),
      /Bearer \S/.test(headers['authorization'] ?? '') ? 'TOKEN_WRONG' : 'TOKEN_MISSING',
    );
  }
  const paths = routes.map(({ method, path }) => [method, path.replaceAll(/\{\w+\}/g, 'x')] as const);
  for (const [method, path] of [
    ...paths,
    ['GET', '/events'],
    ['GET', '/metrics'],
    ['GET', '/runs/1'],
    ['GET', '/none'],
  ] as const)
    expect((await fetch(`${url}${API}${path}`, { method })).status, `${method} ${path}`).toBe(401);
  expect(
    (await fetch(`${url}${API}/status`, { headers: { authorization: `bearer  ${token} ` } })).status,
  ).toBe(200);
});

it('is not talked around the token by how a path is written', async () => {
  const { url } = await served();
  for (const path of [
    '/api/ai/../ai/bulk-sync/status',
    `/x/..${API}/status`,
    '/API/ai/bulk-sync/status',
    '/api/ai/bulk%2Dsync/status',
    '/api%2Fai/bulk-sync/status',
    `/${API}/status`,
    `${API}//status`,
    `${API}/status/`,
    `${API}/./status`,
    `${API}/health/../status`,
    `${API}/health%3F/../status`,
    `${API}/health;/../status`,
    `${API}/status?${API}/health`,
    `${API}/status%00${API}/health`,
    `http://localhost${API}/status`,
  ]) {
    const { status, body } = await rawRequest(url, `GET ${path}`, { host: 'localhost' });
    expect([401, 404], path).toContain(status);
    expect(body, path).not.toContain('"jobs"');
  }
  const twice = `GET ${API}/health HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\n\r\n`;
  expect([400, 403]).toContain((await rawExchange(url, twice)).status);
  const both = `POST ${API}/index HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`;
  expect((await rawExchange(url, both)).status).toBe(400);
});

it('says what it knows instead of unknown routes and methods', async () => {
  const { request } = await served();
  const unknown = await request('GET', '/nothing');
  expect(unknown.status).toBe(404);
  expectError(unknown.body, 'ROUTE_UNKNOWN');
  for (const [method, path, allow] of [
    ['GET', '/index', 'POST'],
    ['DELETE', '/status/1', 'GET'],
    ['PUT', '/search/note', 'GET, POST'],
    ['POST', '/events', 'GET'],
  ] as const) {
    const answer = await request(method, path);
    expect(answer.status, path).toBe(405);
    expect(answer.headers.get('allow'), path).toBe(allow);
    expectError(answer.body, 'METHOD_UNKNOWN');
  }
  expect((await request('GET', '/search/')).status).toBe(404);
  expect((await request('GET', '/drift/no%2Fsuch%20type')).status).toBe(404);
});

it('refuses query parameters that are wrong, unknown or there twice', async () => {
  const { request } = await served();
  for (const path of [
    '/jobs?limit=x',
    '/jobs?limit=1.5',
    '/jobs?limit=1e3',
    '/jobs?limit=',
    '/jobs?limit=0',
    '/jobs?limit=99999999999999999999',
    '/jobs?limit=1&limit=2',
    '/jobs?state=sleeping',
    '/jobs?nothing=1',
    '/jobs?__proto__=1',
    '/search/note',
    '/search/note?query=',
    '/search/note?query=x&k=1001',
    '/drift/note?class=lots',
    '/runs/1?wait=x',
  ]) {
    const { status, body } = await request('GET', path);
    expect(status, path).toBe(400);
    expectError(body, 'INPUT_INVALID');
  }
  for (const path of [
    '/index?wait=-1',
    '/index?wait=301',
    '/index?wait=1&wait=2',
    '/index?force=true',
    '/pause/1?wait=1',
  ]) {
    const { status, body } = await request('POST', path);
    expect(status, path).toBe(400);
    expectError(body, 'INPUT_INVALID');
  }
});

it('refuses bodies that are wrong, and starts nothing', async () => {
  const { request, url, token } = await served();
  const send = async (body: string | Uint8Array<ArrayBuffer>, type = 'application/json') => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': type };
    const answer = await fetch(`${url}${API}/index`, { method: 'POST', headers, body });
    return { status: answer.status, body: (await answer.json()) as { error: { message: string } } };
  };
  for (const [body, code] of [
    ['{', 'BODY_INVALID'],
    ['[]', 'BODY_INVALID'],
    ['null', 'BODY_INVALID'],
    ['"index"', 'BODY_INVALID'],
    ['{"dryrun":true}', 'INPUT_INVALID'],
    ['{"dryRun":"true"}', 'INPUT_INVALID'],
    ['{"entityTypes":"note"}', 'INPUT_INVALID'],
    ['{"entityTypes":[1]}', 'INPUT_INVALID'],
    ['{"__proto__":{"dryRun":true}}', 'INPUT_INVALID'],
    ['{"workers":1e99}', 'INPUT_INVALID'],
    ['['.repeat(500_000), 'BODY_INVALID'],
    [`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 'INPUT_INVALID'],
  ] as const) {
    const answer = await send(body);
    expect(answer.status, body.slice(0, 40)).toBe(400);
    expectError(answer.body, code);
  }
  expect((await send('{"dryrun":true}')).body.error.message).toBe('the input has no field "dryrun"');
  expectError((await send(new Uint8Array([0x7b, 0xff, 0x7d]))).body, 'BODY_INVALID');
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
  ]) {
    const answer = await send('{}', type);
    expect(answer.status, type).toBe(415);
    expectError(answer.body, 'BODY_NOT_JSON');
  }
  // A field of the path may not come a second time.
  expect((await request('POST', '/index/note', { entityTypes: ['other'] })).status).toBe(400);
  expect((await request('POST', '/validate-all', { entityTypes: ['note'] })).status).toBe(400);
  expect((await request('GET', '/jobs')).body).toMatchObject({ jobs: [] });
});

it('reads no more of a body than its limit, whether its length is said before or not', async () => {
  const { url, token, request } = await served();
  const head = `POST ${API}/index HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`;
  const declared = await rawExchange(url, `${head}content-length: 5000000000\r\n\r\n{`);
  expect(declared.status).toBe(413);
  const chunk = 'x'.repeat(64 * 1024);
  const chunks = `${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(40);
  const chunked = await rawExchange(url, `${head}transfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`);
  expect(chunked.status).toBe(413);
  expectError(JSON.parse(chunked.body), 'BODY_TOO_LARGE');
  for (const bytes of [
    '\r\n\r\n\r\n',
    'GET\r\n\r\n',
    '\u0000\u0001\u0002\r\n\r\n',
    `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
  ])
    expect([400, 414, 431, NaN]).toContain((await rawExchange(url, `${bytes}GET / HTTP/9\r\n\r\n`)).status);
  expect((await request('GET', '/status')).status).toBe(200);
});

it('cuts off who sends a header a minute (slowloris), and answers others meanwhile', async () => {
  const { url, request } = await served();
  const slow = Array.from({ length: 50 }, () => openSocket(url));
  const ended = slow.map((socket) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.on('error', () => {});
    socket.once('close', () => resolve());
    socket.resume();
    socket.write(`GET ${API}/status HTTP/1.1\r\nhost: localhost\r\nx-a: `);
    return promise;
  });
  const drip = setInterval(() => slow.forEach((socket) => socket.writable && socket.write('b')), 500);
  expect((await request('GET', '/status')).status).toBe(200);
  await Promise.all(ended);
  clearInterval(drip);
  expect((await request('GET', '/status')).status).toBe(200);
});

it('serves files of the page and none beside them', async () => {
  const folder = temporaryFolder();
  const page = join(folder, 'page');
  mkdirSync(join(page, 'assets'), { recursive: true });
  writeFileSync(join(page, 'index.html'), '<!doctype html>page');
  writeFileSync(join(page, 'assets', 'app-1.js'), 'app()');
  writeFileSync(join(page, '.env'), 'secret');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  symlinkSync(join(folder, 'secret.txt'), join(page, 'link.txt'));
  symlinkSync(folder, join(page, 'up'));
  const { folder: workspace } = await makeNotes(['a red book']);
  const { url } = await serveHere(workspace, page);
  const host = { host: 'localhost' };
  for (const path of ['/', '/drift/note', '/index.html']) {
    const answer = await rawRequest(url, `GET ${path}`, host);
    expect(answer.status, path).toBe(200);
    expect(answer.head.toLowerCase()).toMatch(/content-security-policy: default-src 'self';[^]*nosniff/);
  }
  const script = await rawRequest(url, 'GET /assets/app-1.js', host);
  expect(script).toMatchObject({ status: 200, body: expect.stringContaining('app()') });
  expect(script.head).toMatch(/content-type: text\/javascript/i);
  expect(script.head).toMatch(/cache-control: .*immutable/i);
  for (const path of [
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%252e%252e/secret.txt',
    '/.env',
    '/link.txt',
    '/up/secret.txt',
    '//etc/passwd.txt',
    '/etc/passwd.txt%00.html',
    '/C:/windows/win.ini',
    '/assets/none.js',
    '/%ff.txt',
  ]) {
    const answer = await rawRequest(url, `GET ${path}`, host);
    expect(answer.status, path).toBe(404);
    expectError(JSON.parse(answer.body), 'ROUTE_UNKNOWN');
  }
  // Without the normalising of a URL before it.
  for (const path of ['/../secret.txt', '/a/../../secret.txt', '/..\\secret.txt', '/./index.html'])
    expect(staticFile(page, path), path).toBeNull();
  expect((await rawRequest(url, 'POST /index.html', host)).status).toBe(404);
});

it('finds entity types whatever their names hold', async () => {
  const names = [
    'a/b',
    'a%2Fb',
    '100%',
    'a%20b',
    'a b',
    'ü',
    'a?b#c',
    'a+b',
    'a&b=c',
    '(x)',
    '{y}',
    ':z',
    '*',
    'status',
    '__proto__x',
  ];
  const { folder, configure } = await makeNotes(['a red book']);
  configure({
    entityTypes: Object.fromEntries(names.map((name) => [name, { key: ['id'], template: '{{body}}' }])),
  });
  const { client, request } = await serveHere(folder);
  for (const entityType of names)
    await expect(client.call('drift', { entityType }), entityType).rejects.toMatchObject({
      code: 'NOT_VALIDATED',
    });
  await expect(client.call('drift', { entityType: 'A/b' })).rejects.toMatchObject({
    code: 'ENTITY_TYPE_UNKNOWN',
  });
  // A percent sign that is none.
  expect((await request('GET', '/drift/100%')).status).toBe(409);
});

it('judges hosts and origins as whole names', () => {
  expect(() => checkHost('127.0.0.1:80@evil.example')).toThrow('does not answer');
  expect(() => checkHost(undefined)).toThrow('does not answer');
  expect(() => checkHost('127.0.0.1\n')).toThrow('does not answer');
  expect(() => checkOrigin('http://localhost:8080', 'localhost:8080')).not.toThrow();
  expect(() => checkOrigin('http://localhost:8081', 'localhost:8080')).toThrow('may not use');
});
