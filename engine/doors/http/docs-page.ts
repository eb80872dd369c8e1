/** The OpenAPI document as a page that people can read: one file, no script, nothing from elsewhere. Pure. */
import { createHash } from 'node:crypto';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: unknown;
}

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: unknown } } };
  readonly responses: Readonly<Record<string, Answer>>;
  readonly security?: readonly unknown[];
}

interface Answer {
  readonly description?: string;
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema: unknown }>>;
}

interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

const STYLE = `
:root{color-scheme:light dark;--line:light-dark(#d5d9de,#3b4148);--soft:light-dark(#5a636d,#a4acb5);--code:light-dark(#f3f5f7,#1f2328)}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1.5rem}
h1{margin-bottom:0}h2{border-top:1px solid var(--line);margin-top:2.5rem;padding-top:1rem;font-size:1.1rem}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}pre{background:var(--code);padding:.75rem;overflow-x:auto;border-radius:6px}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line)}
.soft{color:var(--soft)}.method{display:inline-block;min-width:3rem;font-weight:600}
`;

/** The hash by which the page's policy lets its own style in. */
export const STYLE_HASH = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;

/** @param document as `openApiDocument` makes it. */
export function docsPage(document: unknown): string {
  const { info, servers, paths, components } = document as Document;
  const base = servers[0]?.url ?? '';
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(info.title)} REST</title><style>${STYLE}</style></head><body>
<h1>${escape(info.title)} REST</h1>
<p class="soft">Version ${escape(info.version)} · <a href="openapi.json">openapi.json</a></p>
<p>${escape(info.description)}</p>
<p>All paths are below <code>${escape(base)}</code>. Send <code>Authorization: Bearer &lt;token&gt;</code>;
<code>plumbline token</code> prints it.</p>
<table><caption class="soft">Routes</caption><tbody>${operations
    .map(
      ({ path, method, operation }) =>
        `<tr><td><a href="#${anchor(method, path)}"><code>${method} ${escape(path)}</code></a></td><td>${escape(operation.summary)}</td></tr>`,
    )
    .join('\n')}</tbody></table>
${operations.map(({ path, method, operation }) => section(path, method, operation)).join('\n')}
<h2 id="schemas">Shapes</h2>
${Object.entries(components.schemas)
  .map(([name, schema]) => `<h3 id="schema-${escape(name)}">${escape(name)}</h3>${code(schema)}`)
  .join('\n')}
</body></html>
`;
}

function section(path: string, method: string, operation: Operation): string {
  const body = operation.requestBody?.content['application/json'].schema;
  return `<h2 id="${anchor(method, path)}"><span class="method">${method}</span> <code>${escape(path)}</code></h2>
<p>${escape(operation.summary)}.${operation.security === undefined ? '' : ' Needs no token.'}</p>
${parameterTable(operation.parameters ?? [])}
${body === undefined ? '' : `<p>Body:</p>${code(body)}`}
<ul>${Object.entries(operation.responses)
    .map(([status, response]) => `<li><code>${escape(status)}</code> ${answer(response)}</li>`)
    .join('')}</ul>`;
}

function parameterTable(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return '';
  const rows = parameters.map(
    (parameter) =>
      `<tr><td><code>${escape(parameter.name)}</code>${parameter.required === true ? ' (required)' : ''}</td><td>${escape(parameter.in)}</td><td>${escape(parameter.description ?? '')} <code>${escape(JSON.stringify(parameter.schema))}</code></td></tr>`,
  );
  return `<table><thead><tr><th>Parameter</th><th>In</th><th>Value</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function answer(response: Answer): string {
  if (response.$ref !== undefined)
    return response.$ref.endsWith('/Started')
      ? 'Started: <code>{jobs, run, notStarted}</code>; <code>GET /runs/{run}</code> has the result in the end.'
      : '<code>{error: {code, message, hint, retryable}}</code>';
  const schemas = Object.values(response.content ?? {}).map(({ schema }) => nameOf(schema));
  return `${escape(response.description ?? '')} ${schemas.join(' ')}`;
}

function nameOf(schema: unknown): string {
  const name = (schema as { $ref?: string }).$ref?.split('/').at(-1);
  return name === undefined ? '' : `<a href="#schema-${escape(name)}">${escape(name)}</a>`;
}

const anchor = (method: string, path: string): string =>
  escape(`${method}${path}`.replaceAll(/[^\w]+/g, '-'));

const code = (value: unknown): string => `<pre tabindex="0">${escape(JSON.stringify(value, null, 2))}</pre>`;

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
