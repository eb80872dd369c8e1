/**
 * One model loaded through transformers.js from a local folder: its tokenizer and its ONNX session. Runs on a worker
 * thread. Nothing here ever reaches for the network: getting models is `hub.ts`'s work.
 */
import { AutoModel, AutoTokenizer, env, LogLevel, Tensor } from '@huggingface/transformers';
import { EXIT, PlumblineError } from '../errors.ts';
import type { Answer } from './pooling.ts';

/** Which files to load. */
export interface ModelFiles {
  readonly folder: string;
  /** Relative to `folder`, e.g. `onnx/model_quantized.onnx`. */
  readonly graph: string;
  readonly dtype: string;
  readonly maxTokens: number;
}

/** A text as the model takes it, special tokens included. */
export interface Encoded {
  readonly ids: readonly number[];
  /** Segment numbers, where the tokenizer gives them. */
  readonly types: readonly number[] | null;
}

export interface Transformer {
  encode(text: string): Encoded;
  /** Tokens of a piece of text, without special tokens. */
  countPlain(piece: string): number;
  /** Runs the graph over texts padded on the right to the longest; its outputs by name. */
  run(texts: readonly Encoded[]): Promise<Map<string, Answer>>;
}

/** The narrow shapes needed of transformers.js, whose own types are those of all its tasks at once. */
interface Tokenizer {
  (text: string, options: object): { input_ids: number[]; token_type_ids?: number[] };
  tokenize(text: string, options: object): string[];
  readonly pad_token_id?: number;
}
type Model = (inputs: Record<string, Tensor>) => Promise<Record<string, unknown>>;

/**
 * The arena makes a model 5 to 8 % faster and keeps the memory of the largest batch for ever: little for a short
 * window, gigabytes for a long one, since attention grows with the square of its length.
 */
const MAX_TOKENS_WITH_ARENA = 1024;

/** @throws PlumblineError `MODEL_INVALID` where transformers.js or onnxruntime refuses the files. */
export async function loadTransformer(files: ModelFiles): Promise<Transformer> {
  env.allowRemoteModels = false;
  // Its cache lies inside node_modules and is asked before the folder: it could answer for an older model.
  env.useFSCache = false;
  env.useBrowserCache = false;
  // It logs the tensors of every failing batch to the console; errors are reported by those who catch them.
  env.logLevel = LogLevel.NONE;
  const slash = files.graph.lastIndexOf('/');
  try {
    const tokenizer = (await AutoTokenizer.from_pretrained(files.folder)) as unknown as Tokenizer;
    const model = (await AutoModel.from_pretrained(files.folder, {
      dtype: files.dtype as 'fp32',
      subfolder: slash < 0 ? '' : files.graph.slice(0, slash),
      session_options: {
        // The pool has a worker per core already; by default each session would take every core.
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        enableCpuMemArena: files.maxTokens <= MAX_TOKENS_WITH_ARENA,
      },
    })) as unknown as Model;
    return wrap(tokenizer, model);
  } catch (error) {
    throw invalid(files, error);
  }
}

function invalid(files: ModelFiles, error: unknown): PlumblineError {
  return new PlumblineError(
    'MODEL_INVALID',
    `the model in ${files.folder} does not load: ${firstLine(error)}`,
    {
      hint: `Its files (${files.graph}, tokenizer.json, config.json) may be damaged; remove the folder and get it again.`,
      cause: error,
    },
  );
}

/** onnxruntime's messages carry a trace of source lines; the first line says what happened. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] ?? message;
}

function wrap(tokenizer: Tokenizer, model: Model): Transformer {
  const padding = tokenizer.pad_token_id ?? 0;
  return {
    encode(text) {
      const { input_ids, token_type_ids } = tokenizer(text, { return_tensor: false });
      return { ids: input_ids, types: token_type_ids ?? null };
    },
    countPlain: (piece) => tokenizer.tokenize(piece, { add_special_tokens: false }).length,
    async run(texts) {
      try {
        return answers(await model(toTensors(texts, padding)));
      } catch (error) {
        throw new PlumblineError('MODEL_RUN_FAILED', firstLine(error), {
          exitCode: EXIT.unexpected,
          cause: error,
        });
      }
    },
  };
}

/**
 * The inputs of one batch. Their memory is used again for the next one, which a thread starts only when this one is done:
 * buffers are garbage that V8 sees too small to collect, and a hundred batches a second would pile up.
 */
function toTensors(texts: readonly Encoded[], padding: number): Record<string, Tensor> {
  const width = Math.max(...texts.map(({ ids }) => ids.length));
  const size = texts.length * width;
  const [ids, mask, types] = inputBuffers(size);
  ids.fill(BigInt(padding));
  texts.forEach((text, row) => {
    text.ids.forEach((id, column) => {
      ids[row * width + column] = BigInt(id);
      mask[row * width + column] = 1n;
    });
    text.types?.forEach((type, column) => {
      types[row * width + column] = BigInt(type);
    });
  });
  const dims = [texts.length, width];
  const inputs = {
    input_ids: new Tensor('int64', ids, dims),
    attention_mask: new Tensor('int64', mask, dims),
  };
  if (texts[0]?.types === null) return inputs;
  return { ...inputs, token_type_ids: new Tensor('int64', types, dims) };
}

let scratch = new BigInt64Array(0);

/** Three zeroed arrays of `size`, side by side in this thread's scratch memory. */
function inputBuffers(
  size: number,
): [BigInt64Array<ArrayBuffer>, BigInt64Array<ArrayBuffer>, BigInt64Array<ArrayBuffer>] {
  if (scratch.length < 3 * size) scratch = new BigInt64Array(3 * size);
  scratch.fill(0n);
  return [scratch.subarray(0, size), scratch.subarray(size, 2 * size), scratch.subarray(2 * size, 3 * size)];
}

/** The tensors among a model's outputs, as f32 (an fp16 graph may answer in half precision). */
function answers(outputs: Record<string, unknown>): Map<string, Answer> {
  const named = new Map<string, Answer>();
  for (const [name, output] of Object.entries(outputs)) {
    if (!(output instanceof Tensor)) continue;
    const { type, dims } = output;
    if (type === 'float32') named.set(name, { data: output.data as Float32Array, dims });
    if (type === 'float16') {
      // Float16Array, or its bits as Uint16Array where the runtime predates that class.
      const { buffer, byteOffset, length } = output.data as Uint16Array<ArrayBuffer>;
      named.set(name, { data: new Float32Array(new Float16Array(buffer, byteOffset, length)), dims });
    }
  }
  return named;
}
