/** The OpenAPI 3.1 document, made from the contract's schemas and the table of routes. */
import { z } from 'zod';
import {
  auditSchema,
  brokenRuleSchema,
  checkSchema,
  compactedGraphSchema,
  compactionSchema,
  deadLetterSchema,
  deepSchema,
  discoveredTypeSchema,
  driftItemSchema,
  engineSchema,
  entitySchema,
  errorSchema,
  hitSchema,
  jobSchema,
  operations,
  pastReportSchema,
  planSchema,
  reportSchema,
  sourceSummarySchema,
  type OperationName,
} from '../../contract.ts';
import { API, MAX_WAIT_S, restOfInput, routes, type Route } from '../../routes.ts';
import {
  chosenTypeSchema,
  fileEntrySchema,
  modelSummarySchema,
  settingsSchema,
  setupOperations,
  workspacesSchema,
  type SetupOperationName,
} from '../../setup-contract.ts';
import { setupRoutes, type SetupRoute } from '../../setup-routes.ts';
import { exportSchema } from './drift-export.ts';
import { isList, restSchema, setupSchema, shapeOf } from './input.ts';

type Json = Record<string, unknown>;

/** Shapes with names of their own. */
const NAMED = {
  Job: jobSchema,
  Report: reportSchema,
  Plan: planSchema,
  DriftItem: driftItemSchema,
  DeadLetter: deadLetterSchema,
  DiscoveredType: discoveredTypeSchema,
  Source: sourceSummarySchema,
  Hit: hitSchema,
  Check: checkSchema,
  BrokenRule: brokenRuleSchema,
  DeepResult: deepSchema,
  CompactedGraph: compactedGraphSchema,
  Compaction: compactionSchema,
  Entity: entitySchema,
  PastReport: pastReportSchema,
  Audit: auditSchema,
  Engine: engineSchema,
  Workspaces: workspacesSchema,
  ChosenType: chosenTypeSchema,
  FileEntry: fileEntrySchema,
  Model: modelSummarySchema,
  Settings: settingsSchema,
  Error: errorSchema,
  // Of several operations.
  Jobs: operations.index.output,
  DeadLetters: operations.deadLetters.output,
  Models: setupOperations.models.output,
  SettingsFile: setupOperations.settings.output,
} as const;

/** All operations: no name is in both contracts. */
const outputs: Readonly<Record<OperationName | SetupOperationName, { readonly output: z.ZodType }>> = {
  ...operations,
  ...setupOperations,
};

const outputName = (name: string): string => `${capital(name)}Output`;

export function openApiDocument(version: string): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Plumbline',
      version,
      summary: 'Keeps a vector index true to the data it was built from.',
      description:
        'Every operation of the command line, with the same inputs and outputs. Integers beyond 2^53 appear in `keyValues` in full; `key` is exact as text. Fields may be added, never renamed.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: API }],
    security: [{ token: [] }],
    paths: { ...operationPaths(), ...serverPaths() },
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'What `plumbline token` prints.' },
      },
      schemas: schemas(),
      responses: {
        Error: {
          description: 'What went wrong, where, and what to do next.',
          content: { 'application/json': { schema: object({ error: ref('Error') }) } },
        },
        Started: {
          description:
            'Not done yet. `jobs` are those begun so far; `GET /runs/{run}` answers with the result in the end.',
          headers: { Location: { description: 'Where the result will be.', schema: { type: 'string' } } },
          content: { 'application/json': { schema: started } },
        },
      },
    },
  };
}

function schemas(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
  for (const [name, { output }] of Object.entries(outputs)) {
    // An output that is a shape of its own already keeps its name.
    if (!registry.has(output)) registry.add(output, { id: outputName(name) });
  }
  const made = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    unrepresentable: 'any',
    override: ({ jsonSchema, path }) => tidy(jsonSchema, path),
  }).schemas as Record<string, Json>;
  // An id of its own would move what the references inside are relative to.
  for (const schema of Object.values(made)) {
    delete schema['$schema'];
    delete schema['$id'];
  }
  return made;
}

/** Outputs may get more fields; bounds that only say "exact as a double" say nothing. */
function tidy(schema: Json, path: readonly (string | number)[]): void {
  delete schema['additionalProperties'];
  dropVagueBounds(schema);
  if (path.at(-1) !== 'keyValues') return;
  schema['type'] = 'array';
  schema['description'] = 'The typed values of the key, in the order of its columns.';
}

function dropVagueBounds(schema: Json): void {
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
}

function inputSchema(schema: z.ZodType): Json {
  const made = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => dropVagueBounds(jsonSchema as Json),
  }) as Json;
  delete made['$schema'];
  return made;
}

function operationPaths(): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const operation = operationOf(route);
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation };
  }
  for (const route of setupRoutes)
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: setupOperationOf(route) };
  return paths;
}

function setupOperationOf(route: SetupRoute): Json {
  const { operation, method, summary } = route;
  const schema = setupSchema(route);
  return {
    operationId: operation,
    summary,
    tags: ['setup'],
    parameters: method === 'GET' ? Object.entries(schema.shape).map(queryParameter) : [],
    ...(method === 'POST' ? { requestBody: requestBody(schema) } : {}),
    responses: {
      '200': {
        description: 'The answer.',
        content: { 'application/json': { schema: ref(outputSchemaName(operation)) } },
      },
      ...errors(),
    },
  };
}

function operationOf(route: Route): Json {
  const isStart = route.waitSeconds !== undefined;
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: [route.operation],
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(route.method === 'POST' ? { requestBody: bodyOf(route) } : {}),
    responses: {
      '200': {
        description: isStart ? 'The result.' : 'The answer.',
        content: { 'application/json': { schema: ref(outputSchemaName(route.operation)) } },
      },
      ...(isStart ? { '202': { $ref: '#/components/responses/Started' } } : {}),
      ...errors(),
    },
  };
}

function outputSchemaName(name: OperationName | SetupOperationName): string {
  const named = Object.entries(NAMED).find(([, schema]) => schema === (outputs[name].output as unknown));
  return named?.[0] ?? outputName(name);
}

/** `index`, `indexByEntityType`, `validateAll`, `searchByPost`. */
function operationId({ method, path, operation }: Route): string {
  const words = path.split(/[/-]/).filter((word) => word !== '' && !word.startsWith('{'));
  const base = words.map((word, i) => (i === 0 ? word : capital(word))).join('');
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => `By${capital(name ?? '')}`).join('');
  return `${base}${names}${operation === 'search' && method === 'POST' ? 'WithBody' : ''}`;
}

const capital = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

function pathParameters({ params }: Route): Json[] {
  return Object.keys(params).map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', minLength: 1 },
  }));
}

function queryParameters(route: Route): Json[] {
  if (route.method === 'POST') return route.waitSeconds === undefined ? [] : [waitFor(route.waitSeconds)];
  const shape = shapeOf(route);
  return restOfInput(route).map((name) => queryParameter([name, shape[name] ?? z.never()]));
}

function queryParameter([name, schema]: [name: string, schema: unknown]): Json {
  const type = schema as z.ZodType;
  return {
    name,
    in: 'query',
    required: !type.safeParse(undefined).success,
    // Lists are separated by commas.
    ...(isList(type) ? { style: 'form', explode: false } : {}),
    schema: inputSchema(type),
  };
}

const waitFor = (seconds: number): Json => ({
  name: 'wait',
  in: 'query',
  description: 'Seconds to wait for the result.',
  schema: { type: 'integer', minimum: 0, maximum: MAX_WAIT_S, default: seconds },
});

const bodyOf = (route: Route): Json => requestBody(restSchema(route));

function requestBody(schema: z.ZodObject): Json {
  return {
    required: !schema.safeParse({}).success,
    content: { 'application/json': { schema: inputSchema(schema) } },
  };
}

/** Routes of the server itself, beside the contract's operations. */
function serverPaths(): Json {
  const text = (type: string, description: string): Json => ({
    '200': { description, content: { [type]: { schema: { type: 'string' } } } },
    ...errors(),
  });
  const answer = (description: string, properties: Json): Json => ({
    '200': { description, content: { 'application/json': { schema: object(properties) } } },
    ...errors(),
  });
  const server = (operationId: string, summary: string, responses: Json, more: Json = {}): Json => ({
    operationId,
    summary,
    tags: ['server'],
    responses,
    ...more,
  });
  const open = { security: [] };
  const string = { type: 'string' };
  return {
    '/runs/{run}': {
      get: server(
        'run',
        'The result of a start: what its route answers with, or 202 while it is at work',
        {
          '200': {
            description: 'The result of the operation.',
            content: { 'application/json': { schema: {} } },
          },
          '202': { $ref: '#/components/responses/Started' },
          ...errors(),
        },
        {
          parameters: [{ name: 'run', in: 'path', required: true, schema: string }, waitFor(0)],
        },
      ),
    },
    '/drift/{entityType}/export': {
      get: server(
        'driftExport',
        'What the latest report found, in full, as a file',
        {
          '200': {
            description: 'All items, streamed; a download that breaks off is not the whole.',
            content: {
              'application/json': { schema: { type: 'array', items: ref('DriftItem') } },
              'text/csv': { schema: string },
            },
          },
          ...errors(),
        },
        {
          parameters: [
            { name: 'entityType', in: 'path', required: true, schema: { ...string, minLength: 1 } },
            ...Object.entries(exportSchema.shape).map(([name, schema]) => ({
              name,
              in: 'query',
              schema: inputSchema(schema),
            })),
          ],
        },
      ),
    },
    '/events': {
      get: server(
        'events',
        'What happens, as server-sent events: hello, job, progress, problem, notice, gap, end',
        text('text/event-stream', 'Events until the client leaves or the server ends.'),
        {
          parameters: [
            {
              name: 'Last-Event-ID',
              in: 'header',
              description: 'Goes on behind this event, as far as it is still kept; `gap` says where not.',
              schema: string,
            },
          ],
        },
      ),
    },
    '/health': {
      get: server(
        'health',
        'That the server is there; with a nonce, proof that it knows the token',
        answer('It is there.', { status: { enum: ['ok', 'stopping'] }, version: string, proof: string }),
        { ...open, parameters: [{ name: 'nonce', in: 'query', schema: { type: 'string', maxLength: 100 } }] },
      ),
    },
    '/token': {
      post: server('token', 'The token, for a one-time code', answer('The token.', { token: string }), {
        ...open,
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { ...object({ code: string }), required: ['code'] } } },
        },
      }),
    },
    '/metrics': {
      get: server('metrics', 'Figures for Prometheus', text('text/plain', 'Text exposition format.')),
    },
    '/openapi.json': { get: server('openapi', 'This document', answer('OpenAPI 3.1.', {}), open) },
    '/docs': { get: server('docs', 'This document as a page', text('text/html', 'A page.'), open) },
  };
}

const errors = (): Json => ({ '4XX': { $ref: errorRef }, '5XX': { $ref: errorRef } });
const errorRef = '#/components/responses/Error';
const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const object = (properties: Json): Json => ({ type: 'object', properties });

const started: Json = {
  type: 'object',
  required: ['jobs', 'run'],
  properties: {
    jobs: { type: 'array', items: ref('Job') },
    run: { type: 'string', description: 'Names this start in `GET /runs/{run}` and in events.' },
    notStarted: {
      type: 'array',
      items: { type: 'string' },
      description: 'Entity types whose turn has not come yet.',
    },
  },
};
