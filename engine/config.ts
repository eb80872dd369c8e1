/**
 * `plumbline.yaml`: one zod schema, and errors that name their line. Pure: text in, values out. `config-text.ts` writes the
 * file, `config-errors.ts` says what is wrong with one.
 */
import { LineCounter, parseDocument, visit, type Document } from 'yaml';
import { z } from 'zod';
import { describeIssue, invalidConfig } from './config-errors.ts';
import { toErrorData } from './errors.ts';
import { parsePolicy } from './policy.ts';
import { sourceKeys, sourceSchema } from './source-config.ts';

const chunkingSchema = z
  .strictObject({
    maxTokens: z.int().min(8).optional(),
    overlapTokens: z.int().min(0).optional(),
  })
  .refine(({ maxTokens, overlapTokens }) => (overlapTokens ?? 0) < (maxTokens ?? Infinity), {
    path: ['overlapTokens'],
    message: 'must be less than maxTokens',
  });

const policySchema = z.string().superRefine((text, context) => {
  try {
    parsePolicy(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: toErrorData(error).message });
  }
});

const entityTypeSchema = z.strictObject({
  key: z.array(z.string().min(1)).min(1),
  template: z.string().min(1),
  filter: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  chunking: chunkingSchema.optional(),
  maxDeletePercent: z.number().min(0).max(100).optional(),
  failOn: policySchema.optional(),
});

/** By name. Not `z.record`, which leaves a key `__proto__` out: it is a legal table name. */
const entityTypesSchema = z
  .custom<Record<string, unknown>>(isMapping, { message: 'must be a mapping of entity types' })
  .transform((types, context) => {
    const entries = Object.entries(types).map(([name, value]) => {
      const parsed = entityTypeSchema.safeParse(value);
      if (parsed.success) return [name, parsed.data] as const;
      for (const issue of parsed.error.issues) {
        context.addIssue({ ...issue, path: [name, ...issue.path] } as Parameters<typeof context.addIssue>[0]);
      }
      return [name, z.NEVER] as const;
    });
    return Object.fromEntries(entries);
  });

const daysSchema = z.number().min(0).max(36_500);
const retentionSchema = z.strictObject({
  /** Jobs of an entity type whose undo records are kept, if they are not older than this. */
  undoJobs: z.int().min(0).default(20),
  undoDays: daysSchema.default(30),
  /** Retired generations of an entity type that are kept for going back, if they are not older than this. */
  generations: z.int().min(0).default(1),
  generationDays: daysSchema.default(30),
});

const compactionSchema = z.strictObject({
  /** Dropped vectors in an index, in percent of all, from which on it is rebuilt from the catalog. */
  tombstonePercent: z.number().min(1).max(100).default(25),
});

const configSchema = z.strictObject({
  version: z.literal(1),
  source: sourceSchema,
  model: z.string().min(1).default('builtin'),
  chunking: chunkingSchema.default({}),
  maxDeletePercent: z.number().min(0).max(100).default(20),
  failOn: policySchema.optional(),
  /** Threads that embed; the machine's cores decide where it is not said. */
  workers: z.int().min(1).max(64).optional(),
  retention: retentionSchema.prefault({}),
  compaction: compactionSchema.prefault({}),
  entityTypes: entityTypesSchema.default({}),
});

export type Config = z.output<typeof configSchema>;
export type Retention = Config['retention'];
export type EntityTypeConfig = z.output<typeof entityTypeSchema>;

/** Tokens that neighbouring chunks share unless the configuration says otherwise. */
export const DEFAULT_OVERLAP_TOKENS = 32;

export const CONFIG_FILE = 'plumbline.yaml';

/** The rules that an entity type is held against, see `parsePolicy`; null where none are configured. */
export function configuredPolicy(config: Config, entityType: string): string | null {
  const type = Object.hasOwn(config.entityTypes, entityType) ? config.entityTypes[entityType] : undefined;
  return type?.failOn ?? config.failOn ?? null;
}

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
    throw invalidConfig(file, line, withoutQuote(syntaxError.message));
  }
  fillIn(document, lines, file, environment);
  const result = configSchema.safeParse(toValue(document, file));
  if (result.success) return result.data;
  throw describeIssue(result.error, {
    document,
    lines,
    file,
    allowedKeys: (path) => allowedKeys(path, document.getIn(['source', 'kind'])),
  });
}

function toValue(document: Document, file: string): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    // An alias that refers to itself, or a bomb of aliases.
    throw invalidConfig(file, 1, withoutQuote(toErrorData(error).message));
  }
}

/** A parser's message without what it quotes of the file: `password: *horse` is an alias to it. */
const withoutQuote = (message: string): string => message.replace(/: .*$/s, '');

/** Column names, templates and filters are the source's text: a `${…}` in them is theirs. */
const VERBATIM = new Set(['key', 'template', 'filter']);

function fillIn(
  document: Document,
  lines: LineCounter,
  file: string,
  environment: Record<string, string | undefined>,
): void {
  visit(document, {
    Pair(_key, pair) {
      const name = (pair.key as { value?: unknown } | null)?.value;
      return VERBATIM.has(String(name)) ? visit.SKIP : undefined;
    },
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string') return;
      node.value = node.value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_match, name: string) => {
        const found = environment[name];
        if (found !== undefined) return found;
        const line = lines.linePos(node.range?.[0] ?? 0).line;
        throw invalidConfig(
          file,
          line,
          `the environment variable ${name} is not set`,
          `Set ${name}, or write the value into the file.`,
        );
      });
    },
  });
}

/** The keys that the mapping at `path` may have; null where any name may stand. */
function allowedKeys(path: readonly PropertyKey[], sourceKind: unknown): string[] | null {
  const [first, , third] = path;
  if (path.length === 0) return Object.keys(configSchema.shape);
  if (path.length === 1 && first === 'source') return sourceKeys(sourceKind);
  if (path.length === 1 && first === 'retention') return Object.keys(retentionSchema.shape);
  if (path.length === 1 && first === 'compaction') return Object.keys(compactionSchema.shape);
  if (first === 'entityTypes' && path.length === 2) return Object.keys(entityTypeSchema.shape);
  return first === 'chunking' || third === 'chunking' ? ['maxTokens', 'overlapTokens'] : null;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
