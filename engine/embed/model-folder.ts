/** What the files of a model folder say: which graph to run, how to pool, what to put before a text, how much fits. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PlumblineError } from '../errors.ts';
import type { Pooling } from '../recipe.ts';

/**
 * Graph files by dtype (transformers.js's names), best first: 8 bits are about three times as fast as 32 on a CPU, at a
 * loss of recall that is hard to measure; half precision and 4 bits save memory on a GPU and are slower here.
 */
const GRAPHS = [
  ['q8', 'model_quantized.onnx'],
  ['int8', 'model_int8.onnx'],
  ['uint8', 'model_uint8.onnx'],
  ['fp32', 'model.onnx'],
  ['fp16', 'model_fp16.onnx'],
  ['q4', 'model_q4.onnx'],
  ['q4f16', 'model_q4f16.onnx'],
  ['bnb4', 'model_bnb4.onnx'],
] as const;

/** Every model needs these beside its graph. */
const REQUIRED = ['config.json', 'tokenizer.json', 'tokenizer_config.json'] as const;

/** Read where they exist: they say how sentence-transformers uses the model, or how we do (`plumbline.json`). */
const OPTIONAL = [
  'modules.json',
  '1_Pooling/config.json',
  'sentence_bert_config.json',
  'config_sentence_transformers.json',
  'plumbline.json',
] as const;

/** Models that say nothing of their window get the one of BERT. */
const DEFAULT_MAX_TOKENS = 512;
/** `model_max_length` is 1e30 where nobody set it. */
const MAX_SANE_TOKENS = 1_000_000;

export interface Graph {
  readonly dtype: string;
  /** Path inside the model, with slashes. */
  readonly path: string;
}

/** The best graph among a model's files, in `onnx/` or beside the configs; null if there is none. */
export function chooseGraph(files: Iterable<string>): Graph | null {
  const present = new Set(files);
  for (const [dtype, name] of GRAPHS) {
    for (const path of [`onnx/${name}`, name]) if (present.has(path)) return { dtype, path };
  }
  return null;
}

/** The files of a model that are needed, of those that exist; what else lies there (README, other formats) is not. */
export function neededFiles(files: readonly string[]): string[] {
  const graph = chooseGraph(files)?.path;
  const named = new Set<string>([...REQUIRED, ...OPTIONAL]);
  return files.filter((path) => named.has(path) || (graph !== undefined && belongsTo(path, graph)));
}

/** The graph itself, or the weights beside it where they are too large for one protobuf (`model.onnx_data`, `_1`). */
function belongsTo(path: string, graph: string): boolean {
  return path.startsWith(graph) && /^((_data|\.data)(_\d+)?)?$/.test(path.slice(graph.length));
}

/** What is missing for a complete model, as a person would look for it; empty if nothing is. */
export function missingFiles(files: readonly string[]): string[] {
  const missing: string[] = REQUIRED.filter((path) => !files.includes(path));
  return chooseGraph(files) === null ? [...missing, 'onnx/model.onnx'] : missing;
}

/**
 * The needed files that a folder holds, with slashes. A folder that does not exist has none. What is no file is not there:
 * reading a named pipe would never come back.
 */
export async function listModelFolder(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const part of ['', 'onnx/', '1_Pooling/']) {
    const entries = await readdir(join(folder, part), { withFileTypes: true }).catch(() => []);
    for (const { name } of entries) if (await isFile(join(folder, part, name))) files.push(part + name);
  }
  return neededFiles(files);
}

/** The hub's own cache has links to files. */
async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** What a model's files say about its use. */
export interface ModelSettings {
  readonly graph: Graph;
  readonly pooling: Exclude<Pooling, 'none'>;
  readonly queryPrefix: string;
  readonly documentPrefix: string;
  readonly maxTokens: number;
  /** True where sentence-transformers puts a dense layer after the pooling, which only some graphs contain. */
  readonly needsDense: boolean;
}

/**
 * Reads the settings of a complete folder.
 * @param name As configured; the families that need a prefix are known by name where no file says so.
 * @throws PlumblineError `MODEL_INCOMPLETE` naming what is missing; `MODEL_INVALID` naming a file that is no JSON, or
 * of which no sense can be made.
 */
export async function readModelFolder(folder: string, name: string): Promise<ModelSettings> {
  const files = await listModelFolder(folder);
  const missing = missingFiles(files);
  const graph = chooseGraph(files);
  if (graph === null || missing.length > 0) throw incomplete(folder, missing);
  const read = async (path: string): Promise<Json> =>
    files.includes(path) ? readJson(folder, path) : Promise.resolve({});
  const config = await read('config.json');
  const own = ownSettings(folder, await read('plumbline.json'));
  const bert = await read('sentence_bert_config.json');
  const prefixes = readPrefixes(await read('config_sentence_transformers.json'), [
    name,
    config['_name_or_path'],
  ]);
  return {
    graph,
    pooling: own.pooling ?? readPooling(folder, await read('1_Pooling/config.json')),
    queryPrefix: own.queryPrefix ?? prefixes.query,
    documentPrefix: own.documentPrefix ?? prefixes.document,
    maxTokens: own.maxTokens ?? readMaxTokens(config, await read('tokenizer_config.json'), bert),
    needsDense: hasDense(await read('modules.json')),
  };
}

type Json = Record<string, unknown>;

async function readJson(folder: string, path: string): Promise<Json> {
  try {
    return JSON.parse(await readFile(join(folder, path), 'utf8')) as Json;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw invalid(folder, `${path} cannot be read: ${why}`);
  }
}

function incomplete(folder: string, missing: readonly string[]): PlumblineError {
  return new PlumblineError('MODEL_INCOMPLETE', `the model in ${folder} lacks ${missing.join(', ')}`, {
    hint: 'Copy the missing files from where the model came from, or remove the folder to download it again.',
    details: { folder, missing },
  });
}

function invalid(folder: string, why: string): PlumblineError {
  return new PlumblineError('MODEL_INVALID', `the model in ${folder} cannot be used: ${why}`, {
    hint: 'Get the model again, or choose another one.',
    details: { folder },
  });
}

/** Our own file, which comes first: for models whose makers say nothing, or say it elsewhere. */
const OwnSettings = z.looseObject({
  pooling: z.enum(['mean', 'cls', 'last_token']).optional(),
  queryPrefix: z.string().optional(),
  documentPrefix: z.string().optional(),
  maxTokens: z.int().positive().optional(),
});

function ownSettings(folder: string, json: Json): z.infer<typeof OwnSettings> {
  const parsed = OwnSettings.safeParse(json);
  if (parsed.success) return parsed.data;
  throw invalid(folder, `plumbline.json: ${z.prettifyError(parsed.error)}`);
}

/** sentence-transformers writes one flag per mode up to version 4, one word since. Mean where nothing is said. */
function readPooling(folder: string, json: Json): ModelSettings['pooling'] {
  const flags = Object.keys(json).filter((key) => key.startsWith('pooling_mode_') && json[key] === true);
  const modes = typeof json['pooling_mode'] === 'string' ? [json['pooling_mode']] : flags;
  const [mode = 'mean', ...others] = modes.map((key) => key.replace(/^pooling_mode_|_tokens?$/g, ''));
  const known = { mean: 'mean', cls: 'cls', lasttoken: 'last_token' } as const;
  if (others.length === 0 && mode in known) return known[mode as keyof typeof known];
  throw invalid(
    folder,
    `pooling "${[mode, ...others].join(' and ')}" is not supported (mean, cls, last token are)`,
  );
}

/** Prefixes of families whose converted models lost the file that names them. Query first. */
const FAMILIES: readonly (readonly [RegExp, string, string])[] = [
  [/(^|[/_-])e5-(small|base|large)/i, 'query: ', 'passage: '],
  [/nomic-embed-text/i, 'search_query: ', 'search_document: '],
  [/bge-(small|base|large)-en/i, 'Represent this sentence for searching relevant passages: ', ''],
  [/snowflake-arctic-embed/i, 'Represent this sentence for searching relevant passages: ', ''],
];

function readPrefixes(json: Json, names: readonly unknown[]): { query: string; document: string } {
  const prompts = json['prompts'];
  if (typeof prompts === 'object' && prompts !== null && Object.keys(prompts).length > 0) {
    const text = (key: unknown): string | undefined => {
      const prompt = (prompts as Json)[String(key)];
      return typeof prompt === 'string' ? prompt : undefined;
    };
    const otherwise = text(json['default_prompt_name']) ?? '';
    return { query: text('query') ?? otherwise, document: text('document') ?? text('passage') ?? otherwise };
  }
  const family = FAMILIES.find(([pattern]) =>
    names.some((name) => typeof name === 'string' && pattern.test(name)),
  );
  return { query: family?.[1] ?? '', document: family?.[2] ?? '' };
}

/** The smallest window that any of the files names. */
function readMaxTokens(config: Json, tokenizer: Json, bert: Json): number {
  const named = [bert['max_seq_length'], tokenizer['model_max_length'], positions(config)];
  const sane = named.filter(
    (value): value is number => typeof value === 'number' && value > 0 && value < MAX_SANE_TOKENS,
  );
  return Math.floor(Math.min(...(sane.length > 0 ? sane : [DEFAULT_MAX_TOKENS])));
}

/** RoBERTa and its kin count positions from the padding token's id + 1: two of theirs hold no token. */
function positions(config: Json): number | null {
  const value = config['max_position_embeddings'] ?? config['n_positions'];
  if (typeof value !== 'number') return null;
  const offset = /roberta|camembert|mpnet|longformer/.test(String(config['model_type'])) ? 2 : 0;
  return value - offset;
}

function hasDense(modules: unknown): boolean {
  return Array.isArray(modules) && modules.some((module: Json) => String(module['type']).endsWith('Dense'));
}

/**
 * sha256 (hex) over names and contents of the files that decide vectors. The settings files are left out: what they
 * say is part of the model's identity by itself. Always read afresh, since a cached hash would miss an exchanged file.
 */
export async function hashModelFolder(folder: string, graph: string, signal?: AbortSignal): Promise<string> {
  const required: readonly string[] = REQUIRED;
  const files = (await listModelFolder(folder)).filter(
    (path) => required.includes(path) || belongsTo(path, graph),
  );
  const all = createHash('sha256');
  for (const path of files.sort()) {
    const one = createHash('sha256');
    const stream = createReadStream(join(folder, path), { highWaterMark: 1 << 20, signal });
    for await (const bytes of stream) one.update(bytes as Buffer);
    all.update(`${path}\0${one.digest('hex')}\n`);
  }
  return all.digest('hex');
}
