/** One list of cases over every door: in the process, command line, REST, and the command line of a served workspace. */
import { pathToFileURL } from 'node:url';
import { expect, test, vi } from 'vitest';
import { operations, type OperationName } from '../../engine/contract.ts';
import { main } from '../../engine/doors/cli/main.ts';
import { dispatch } from '../../engine/doors/dispatch.ts';
import { PlumblineError } from '../../engine/errors.ts';
import { parse, stringify } from '../../engine/json.ts';
import { requestFor, routes } from '../../engine/routes.ts';
import { runCases, type Door, type Outcome } from '../cases/operations.case.ts';
import { commandLine } from '../support/command-line.ts';
import { workerUrls } from '../../workers/urls.ts';
import { serveHere, type Rest } from '../support/served.ts';
import { builtinModel } from '../support/workspace.ts';

async function outcomeOf(work: Promise<unknown>): Promise<Outcome> {
  try {
    return { output: await work };
  } catch (error) {
    if (error instanceof PlumblineError) return { error: error.code };
    throw error;
  }
}

/** The command line without its process, which contract.test.ts starts for every verb: here it would be 68 processes. */
async function documentOf(args: readonly string[]): Promise<Record<string, unknown>> {
  let out = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text, ...rest) => {
    out += String(text);
    for (const done of rest) if (typeof done === 'function') (done as () => void)();
    return true;
  });
  const errors = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  try {
    await main({ args, workers: workerUrls, builtinModel: pathToFileURL(builtinModel) });
  } finally {
    write.mockRestore();
    errors.mockRestore();
  }
  expect(out).toMatch(/^\{[^]*\}\n$/);
  return parse(out) as Record<string, unknown>;
}

function cliDoor(folder: string): Door {
  return {
    async call(operation, input) {
      const document = await documentOf(['-w', folder, ...commandLine(operation, input), '--json']);
      const isError = Object.keys(document).length === 1 && 'error' in document;
      return isError ? { error: (document['error'] as { code: string }).code } : { output: document };
    },
  };
}

/** Every request as the table of routes says, without the client. */
function restDoor(rest: Rest): Door {
  return {
    async call(operation, input) {
      const { method, path, body, waits } = requestFor(operation, input);
      const answer = await rest.request(method, waits ? `${path}?wait=60` : path, body ?? undefined);
      if (answer.status === 200) return { output: answer.body };
      expect(answer.status).toBeGreaterThanOrEqual(400);
      return { error: (answer.body as { error: { code: string } }).error.code };
    },
  };
}

/** As every door writes it. */
const asJson = (output: unknown): unknown => parse(stringify(output));

/** What the engine itself does: the measure for the doors. */
let measured: Promise<unknown[]> | null = null;
const expected = (): Promise<unknown[]> =>
  (measured ??= runCases((workspace) => {
    const { engine } = workspace.open();
    const { signal } = new AbortController();
    return Promise.resolve({
      call: (name: OperationName, input) => outcomeOf(dispatch(engine, name, input, signal).then(asJson)),
    });
  }));

test('REST gives what the engine gives', async () => {
  const measure = await expected();
  expect(await runCases(async ({ folder }) => restDoor(await serveHere(folder)))).toEqual(measure);
});

test('the typed client gives what the engine gives', async () => {
  const measure = await expected();
  const outcomes = await runCases(async ({ folder }) => {
    const { client } = await serveHere(folder);
    return { call: (name, input) => outcomeOf(client.call(name, input)) };
  });
  expect(outcomes).toEqual(measure);
});

test('the command line gives what the engine gives', async () => {
  const measure = await expected();
  expect(await runCases(({ folder }) => Promise.resolve(cliDoor(folder)))).toEqual(measure);
});

test('the command line gives the same through a server', async () => {
  const measure = await expected();
  const outcomes = await runCases(async ({ folder }) => {
    await serveHere(folder);
    return cliDoor(folder);
  });
  expect(outcomes).toEqual(measure);
});

test('every operation has a route, and each route a method and path of its own', () => {
  const named = new Set(routes.map(({ operation }) => operation));
  expect([...named].toSorted()).toEqual(Object.keys(operations).toSorted());
  const ways = routes.map(({ method, path }) => `${method} ${path}`);
  expect(new Set(ways).size).toBe(ways.length);
});

test('a request takes the route that its input fits', () => {
  const pathOf = (operation: OperationName, input: Record<string, unknown>): string =>
    requestFor(operation, input).path;
  expect(pathOf('index', {})).toBe('/index');
  expect(pathOf('index', { entityTypes: ['a b/ü'] })).toBe('/index/a%20b%2F%C3%BC');
  expect(requestFor('index', { entityTypes: ['a', 'b'] })).toMatchObject({
    path: '/index',
    body: { entityTypes: ['a', 'b'] },
  });
  expect(pathOf('validate', {})).toBe('/validate-all');
  // A URL would resolve these names away.
  expect(pathOf('validate', { entityTypes: ['..'] })).toBe('/validate');
  expect(() => pathOf('drift', { entityType: '..' })).toThrow('cannot be asked for');
  expect(pathOf('search', { entityType: 'note', query: 'a&b=c d', k: 3 })).toBe(
    '/search/note?query=a%26b%3Dc+d&k=3',
  );
  // An address has an end.
  const query = 'word '.repeat(1000);
  expect(requestFor('search', { entityType: 'note', query })).toEqual({
    method: 'POST',
    path: '/search/note',
    body: { query },
    waits: false,
  });
});
