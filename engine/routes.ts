/**
 * The REST routes of the contract: which method and path an operation has, and where the fields of its input go. Server,
 * client, OpenAPI document and tests are made from this one table.
 */
import { operations, type OperationName } from './contract.ts';
import { PlumblineError } from './errors.ts';

/** Where the REST door begins. */
export const API = '/api/ai/bulk-sync';

/** Says, with an error, what the command line would exit with: for a client that is one. */
export const EXIT_CODE_HEADER = 'plumbline-exit-code';

/** Seconds that an answer may be waited for with `?wait=`. */
export const MAX_WAIT_S = 300;

export interface Route {
  readonly operation: OperationName;
  readonly method: 'GET' | 'POST';
  /** Below {@link API}; `{name}` stands for one segment, percent-encoded. */
  readonly path: string;
  /** What each name of the path fills: a field of the input. `entityTypes` gets a list of one. */
  readonly params: Readonly<Record<string, string>>;
  readonly summary: string;
  /** For work that may take long: seconds waited for the result by default. Absent where the answer comes at once. */
  readonly waitSeconds?: number;
  /** Fields of the input that the route has no place for. */
  readonly without?: readonly string[];
}

const ONE_TYPE = { entityType: 'entityType' } as const;
const IN_LIST = { entityType: 'entityTypes' } as const;
const JOB = { jobId: 'job' } as const;

/** Validations answer quickly as a rule: worth waiting for. */
const VALIDATION_WAIT_S = 30;

export const routes: readonly Route[] = [
  get('discover', '/discover', 'Tables and views of the source, and what could be indexed of them'),

  start('index', '/index', {}, 'Index entity types: all selected ones, or those named'),
  start('index', '/index/{entityType}', IN_LIST, 'Index an entity type'),
  {
    ...start('validate', '/validate-all', {}, 'Validate all selected entity types', VALIDATION_WAIT_S),
    without: ['entityTypes'],
  },
  start('validate', '/validate', {}, 'Validate entity types', VALIDATION_WAIT_S),
  start('validate', '/validate/{entityType}', IN_LIST, 'Validate an entity type', VALIDATION_WAIT_S),
  start('check', '/check', {}, 'Validate, and hold the result against a policy', VALIDATION_WAIT_S),
  start('check', '/check/{entityType}', IN_LIST, 'The same for one entity type', VALIDATION_WAIT_S),
  start('fixDrift', '/fix-drift', {}, 'Repair what drifted'),
  start('fixDrift', '/fix-drift/{entityType}', IN_LIST, 'Repair what drifted of an entity type'),
  start('rebuild', '/rebuild/{entityType}', ONE_TYPE, 'Index anew beside what serves, then switch'),
  start(
    'retry',
    '/retry/{target}',
    { target: 'target' },
    'Try the dead letters of a job or entity type again',
  ),
  start('rollback', '/rollback/{jobId}', JOB, 'Take back what a job did'),
  start('resume', '/resume/{jobId}', JOB, 'Go on with an interrupted or paused job'),
  post('pause', '/pause/{jobId}', JOB, 'Stop a job at its next safe point, to be resumed'),
  post('cancel', '/cancel/{jobId}', JOB, 'Stop a job for good'),

  get('status', '/status', 'The newest job and report of each entity type'),
  get('status', '/status/{jobId}', 'A job, with the report that it ended with', JOB),
  get('jobs', '/jobs', 'Jobs, newest first'),
  get('audit', '/audit/{jobId}', 'What a job was asked for, went through and changed', JOB),
  get('drift', '/drift/{entityType}', 'What the latest report found', ONE_TYPE),
  get('history', '/history', 'Past reports of each entity type, oldest first'),
  get('entity', '/entity/{entityType}', 'All that is known of one entity', ONE_TYPE),

  get('search', '/search/{entityType}', 'Search an entity type', ONE_TYPE),
  post('search', '/search/{entityType}', ONE_TYPE, 'The same, with the query in a body'),

  get('deadLetters', '/dead-letters', 'Entities that failed for good'),
  post('exclude', '/exclude/{entityType}', ONE_TYPE, 'Set dead letters aside'),
  post('include', '/include/{entityType}', ONE_TYPE, 'Take dead letters back that were set aside'),

  start(
    'compact',
    '/compact',
    {},
    'Give back what dropped vectors and old generations take',
    VALIDATION_WAIT_S,
  ),
  get('engine', '/engine', 'The process that answers, and whether it reaches the source'),
  get('doctor', '/doctor', 'Check source, configuration, catalog, models, indexes and disk'),
];

function get(operation: OperationName, path: string, summary: string, params: Route['params'] = {}): Route {
  return { operation, method: 'GET', path, params, summary };
}

function post(operation: OperationName, path: string, params: Route['params'], summary: string): Route {
  return { operation, method: 'POST', path, params, summary };
}

function start(
  operation: OperationName,
  path: string,
  params: Route['params'],
  summary: string,
  waitSeconds = 0,
): Route {
  return { ...post(operation, path, params, summary), waitSeconds };
}

/** The fields of an input that a route takes in its query (GET) or body (POST): those that its path does not fill. */
export function restOfInput({ operation, params, without = [] }: Route): string[] {
  const elsewhere = [...Object.values(params), ...without];
  return Object.keys(operations[operation].input.shape).filter((field) => !elsewhere.includes(field));
}

/** A request that an operation's input becomes. */
export interface RestRequest {
  readonly method: Route['method'];
  /** Path and query, below {@link API}. */
  readonly path: string;
  /** Null where there is none. */
  readonly body: Readonly<Record<string, unknown>> | null;
  /** True where the route takes `?wait=`. */
  readonly waits: boolean;
}

/** Longer addresses are sent in a body where there is a route for it: servers and proxies bound their length. */
const MAX_ADDRESS = 2000;

/**
 * The request for an operation, by the route that fits this input.
 * @throws PlumblineError `INPUT_INVALID` where there is none.
 */
export function requestFor(operation: OperationName, input: Readonly<Record<string, unknown>>): RestRequest {
  const fitting = routes
    .filter((candidate) => candidate.operation === operation && fits(candidate, input))
    // The one that names the most in its path, and with it the type.
    .toSorted((a, b) => Object.keys(b.params).length - Object.keys(a.params).length);
  const [first] = fitting.map((route) => requestBy(route, input));
  if (first === undefined)
    throw new PlumblineError('INPUT_INVALID', `${operation} cannot be asked for with this input`);
  const inBody =
    first.path.length > MAX_ADDRESS ? fitting.find(({ method }) => method === 'POST') : undefined;
  return inBody === undefined ? first : requestBy(inBody, input);
}

function requestBy(route: Route, input: Readonly<Record<string, unknown>>): RestRequest {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_match, name: string) =>
    encodeURIComponent(String([input[route.params[name] ?? '']].flat()[0])),
  );
  const rest = restOfInput(route).map((field): [string, unknown] => [field, input[field]]);
  return { ...requestWith(route.method, path, rest), waits: route.waitSeconds !== undefined };
}

/** A request with these fields, as far as they have values: in the query of a GET, in the body of a POST. */
export function requestWith(
  method: RestRequest['method'],
  path: string,
  fields: readonly (readonly [name: string, value: unknown])[],
): Omit<RestRequest, 'waits'> {
  const given = fields.filter(([, value]) => value !== undefined);
  if (method === 'POST') return { method, path, body: Object.fromEntries(given) };
  const query = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
  return { method, path: query.size === 0 ? path : `${path}?${query}`, body: null };
}

/** True where every name of the path has a value, one that a path can carry: URLs resolve `.` and `..` away. */
function fits(route: Route, input: Readonly<Record<string, unknown>>): boolean {
  if (route.without?.some((field) => input[field] !== undefined) === true) return false;
  const inPath = Object.values(route.params);
  return inPath.every((field) => {
    const values = [input[field]].flat();
    return values.length === 1 && !['', '.', '..', undefined].includes(values[0] as string | undefined);
  });
}
