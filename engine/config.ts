/**
 * `plumbline.yaml`: one zod schema, errors that name their line, and the commented text that `init` writes. Pure: text in,
 * values or text out.
 */
import { LineCounter, parseDocument, stringify as yamlString, type Document, isNode } from 'yaml';
import { z } from 'zod';
import { PlumblineError } from './errors.ts';

const chunkingSchema = z.strictObject({
  maxTokens: z.int().min(8).optional(),
  overlapTokens: z.int().min(0).optional(),
});

const entityTypeSchema = z.strictObject({
  key: z.array(z.string().min(1)).min(1),
  template: z.string().min(1),
  filter: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  chunking: chunkingSchema.optional(),
  maxDeletePercent: z.number().min(0).max(100).optional(),
});

const configSchema = z.strictObject({
  version: z.literal(1),
  source: z.strictObject({
    kind: z.literal('sqlite'),
    name: z.string().min(1),
    path: z.string().min(1),
  }),
  model: z.string().min(1).default('builtin'),
  chunking: chunkingSchema.default({}),
  maxDeletePercent: z.number().min(0).max(100).default(20),
  entityTypes: z.record(z.string(), entityTypeSchema).default({}),
});

export type Config = z.output<typeof configSchema>;
export type EntityTypeConfig = z.output<typeof entityTypeSchema>;

/** Tokens that neighbouring chunks share unless the configuration says otherwise. */
export const DEFAULT_OVERLAP_TOKENS = 32;

export const CONFIG_FILE = 'plumbline.yaml';

/**
 * Reads a configuration's text. `environment` fills `${NAME}` in strings, so that secrets stay out of the file.
 * @throws PlumblineError `CONFIG_INVALID`, naming file, line and what is allowed there.
 */
export function parseConfig(
  text: string,
  file: string,
  environment: Record<string, string | undefined>,
): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) {
    const { line } = lines.linePos(syntaxError.pos[0]);
    throw invalid(file, line, syntaxError.message);
  }
  const result = configSchema.safeParse(document.toJS() ?? {});
  if (!result.success) throw describeIssue(result.error, document, lines, file);
  return resolveEnvironment(result.data, environment, file) as Config;
}

function describeIssue(error: z.ZodError, document: Document, lines: LineCounter, file: string) {
  const [issue] = error.issues;
  const path = issue?.path ?? [];
  const at = issue?.code === 'unrecognized_keys' ? [...path, ...issue.keys.slice(0, 1)] : path;
  const where = path.length === 0 ? '' : `${path.join('.')}: `;
  return invalid(file, lineOf(document, at, lines), `${where}${issue?.message ?? 'invalid'}`);
}

/** The line of a path's key; for something absent, the line of the nearest parent that is there. */
function lineOf(document: Document, path: readonly PropertyKey[], lines: LineCounter): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node = keyOrValue(document, path.slice(0, depth));
    if (node !== null) return lines.linePos(node).line;
  }
  return 1;
}

function keyOrValue(document: Document, path: readonly PropertyKey[]): number | null {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const name = path.at(-1);
  const items = (parent as { items?: { key?: unknown }[] } | null)?.items ?? [];
  const pair = items.find((item) => isNode(item.key) && (item.key as { value?: unknown }).value === name);
  const node = (pair?.key ?? document.getIn(path, true)) as { range?: [number, number, number] } | undefined;
  return node?.range?.[0] ?? null;
}

function invalid(file: string, line: number, message: string): PlumblineError {
  return new PlumblineError('CONFIG_INVALID', `${file}, line ${line}: ${message}`, {
    hint: 'docs/configuration.md lists every key; nothing was changed.',
    details: { file, line },
  });
}

function resolveEnvironment(
  value: unknown,
  environment: Record<string, string | undefined>,
  file: string,
): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_match, name: string) => {
      const found = environment[name];
      if (found !== undefined) return found;
      throw new PlumblineError('CONFIG_INVALID', `${file}: the environment variable ${name} is not set`, {
        hint: `Set ${name}, or write the value into the file.`,
      });
    });
  }
  if (Array.isArray(value)) return value.map((item) => resolveEnvironment(item, environment, file));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => [
      key,
      // Templates and filters are the source's text: a `${…}` in them is theirs.
      key === 'template' || key === 'filter' ? item : resolveEnvironment(item, environment, file),
    ]);
    return Object.fromEntries(entries);
  }
  return value;
}

/** What `init` knows of an entity type when it writes the file. */
export interface InitialType {
  readonly name: string;
  readonly selected: boolean;
  readonly reason: string;
  readonly keyColumns: readonly string[];
  readonly template: string;
}

/** The text of a new configuration: selected types, and the others as comments with the reason and the remedy. */
export function renderConfig(
  source: { kind: string; name: string; path: string },
  types: readonly InitialType[],
): string {
  const selected = types.filter((type) => type.selected);
  const others = types.filter((type) => !type.selected);
  const head = [
    '# Plumbline keeps a vector index true to the data it was built from.',
    '# Every key is described in docs/configuration.md. Fit for version control: write secrets as ${ENV_NAME}.',
    'version: 1',
    '',
    '# Only ever read, never written to. A relative path starts at this file.',
    ...yamlLines({ source }),
    '',
    "# 'builtin' works offline; or a folder with an ONNX model, or a hub id such as Xenova/all-MiniLM-L6-v2.",
    'model: builtin',
    '',
    '# fix-drift stops and asks when it would delete more than this share of an entity type.',
    'maxDeletePercent: 20',
    '',
    '# One entry per table or view: its key columns, and the text that is embedded ({{column}}; docs/templates.md).',
    selected.length === 0 ? 'entityTypes: {}' : 'entityTypes:',
  ];
  const body = selected.flatMap((type) => indent(typeLines(type), '  '));
  const rest = others.flatMap((type) => ['', `  # ${oneLine(type.name)}: ${oneLine(type.reason)}`]);
  return `${[...head, ...body, ...rest].join('\n')}\n`;
}

function typeLines(type: InitialType): string[] {
  return yamlLines({ [type.name]: { key: type.keyColumns, template: type.template } });
}

function yamlLines(value: unknown): string[] {
  return yamlString(value, { lineWidth: 0, flowCollectionPadding: false }).trimEnd().split('\n');
}

const indent = (lines: readonly string[], by: string): string[] =>
  lines.map((line) => (line === '' ? '' : by + line));
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
