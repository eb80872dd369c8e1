/**
 * Writes a model of MiniLM's shape with random weights: what all-MiniLM-L6-v2 costs, without a download. Its vectors mean
 * nothing. `node scripts/model/minilm.ts FOLDER [q8|fp32]`, or `writeMiniLm` from a benchmark.
 *
 * The operators are those that onnxruntime's dynamic quantisation of such a model has (MatMulInteger after
 * DynamicQuantizeLinear, weights in int8 per tensor, layer norm and softmax in float), so the time per token is, too.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OnnxGraph, type Value } from './onnx.ts';
import { randomNumbers } from './random.ts';
import { SPECIAL_TOKENS, wordPieceFiles } from './wordpiece-files.ts';

const LAYERS = 6;
const WIDTH = 384;
const HEADS = 12;
const HEAD_WIDTH = WIDTH / HEADS;
const INNER = 1536;
const VOCABULARY = 30_522;
const POSITIONS = 512;
/** What all-MiniLM-L6-v2 sets, though it has more positions. */
const MAX_TOKENS = 256;
/** BERT's standard deviation of fresh weights. */
const SPREAD = 0.02;

export type MiniLmDtype = 'q8' | 'fp32';

/** Writes the folder (mean pooling, `onnx/model_quantized.onnx` or `onnx/model.onnx`); takes about a second. */
export function writeMiniLm(folder: string, dtype: MiniLmDtype = 'q8'): void {
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  mkdirSync(join(folder, '1_Pooling'), { recursive: true });
  const files: Record<string, unknown> = {
    ...wordPieceFiles({ vocabulary: paddedVocabulary(), maxTokens: MAX_TOKENS, style: 'bert' }),
    'config.json': { model_type: 'bert', hidden_size: WIDTH, max_position_embeddings: POSITIONS },
    '1_Pooling/config.json': { word_embedding_dimension: WIDTH, pooling_mode_mean_tokens: true },
  };
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), JSON.stringify(content));
  const name = dtype === 'q8' ? 'model_quantized.onnx' : 'model.onnx';
  writeFileSync(join(folder, 'onnx', name), new MiniLm(dtype).encode());
}

/** The built-in model's words and pieces, and invented tokens up to the size of BERT's vocabulary. */
function paddedVocabulary(): string[] {
  const path = join(import.meta.dirname, '../../models/builtin/tokenizer.json');
  const { model } = JSON.parse(readFileSync(path, 'utf8')) as { model: { vocab: Record<string, number> } };
  const known = Object.entries(model.vocab).sort(([, left], [, right]) => left - right);
  const tokens = new Set([...SPECIAL_TOKENS, ...known.map(([token]) => token)].slice(0, VOCABULARY));
  for (let unused = 0; tokens.size < VOCABULARY; unused++) tokens.add(`[unused${unused}]`);
  return [...tokens];
}

/** The graph under construction: BERT's encoder, layer by layer. */
class MiniLm {
  readonly #graph = new OnnxGraph('minilm-shaped');
  readonly #random = randomNumbers(1);
  readonly #quantized: boolean;
  #names = 0;

  constructor(dtype: MiniLmDtype) {
    this.#quantized = dtype === 'q8';
  }

  encode(): Uint8Array {
    const graph = this.#graph;
    const shape = ['batch', 'sequence'];
    const ids = graph.input('input_ids', 'int64', shape);
    const mask = graph.input('attention_mask', 'int64', shape);
    const types = graph.input('token_type_ids', 'int64', shape);
    const penalty = this.#penalty(mask);
    let hidden = this.#embed(ids, types);
    for (let layer = 0; layer < LAYERS; layer++) {
      const attended = this.#dense(this.#attention(hidden, penalty), WIDTH, WIDTH);
      hidden = this.#norm(graph.node('Add', [attended, hidden]));
      const inner = this.#gelu(this.#dense(hidden, WIDTH, INNER));
      hidden = this.#norm(graph.node('Add', [this.#dense(inner, INNER, WIDTH), hidden]));
    }
    graph.output(hidden, 'last_hidden_state', 'float32', [...shape, WIDTH]);
    return graph.encode();
  }

  /** 0 where a token may be attended to, a large negative number where it is padding: [batch, 1, 1, sequence]. */
  #penalty(mask: Value): Value {
    const graph = this.#graph;
    const wide = graph.cast(graph.node('Unsqueeze', [mask, graph.integers([1, 2])]), 'float32');
    const absent = graph.node('Sub', [graph.scalar(1), wide]);
    return graph.node('Mul', [absent, graph.scalar(-10_000)]);
  }

  #embed(ids: Value, types: Value): Value {
    const graph = this.#graph;
    const length = graph.node('Gather', [graph.node('Shape', [ids]), graph.integers([1])]);
    const axis = graph.integers([0]);
    const positions = this.#lookUp(POSITIONS, (table) => graph.node('Slice', [table, axis, length, axis]));
    const word = this.#lookUp(VOCABULARY, (table) => graph.node('Gather', [table, ids]));
    const type = this.#lookUp(2, (table) => graph.node('Gather', [table, types]));
    return this.#norm(graph.node('Add', [graph.node('Add', [word, type]), positions]));
  }

  #attention(hidden: Value, penalty: Value): Value {
    const graph = this.#graph;
    const [query, key, value] = [0, 1, 2].map(() => this.#heads(this.#dense(hidden, WIDTH, WIDTH))) as [
      Value,
      Value,
      Value,
    ];
    const keys = graph.node('Transpose', [key], { perm: [0, 1, 3, 2] });
    const scale = graph.scalar(1 / Math.sqrt(HEAD_WIDTH));
    const scores = graph.node('Mul', [graph.node('MatMul', [query, keys]), scale]);
    const shares = graph.node('Softmax', [graph.node('Add', [scores, penalty])], { axis: -1 });
    const mixed = graph.node('Transpose', [graph.node('MatMul', [shares, value])], { perm: [0, 2, 1, 3] });
    return graph.node('Reshape', [mixed, graph.integers([0, 0, WIDTH])]);
  }

  /** [batch, sequence, width] to [batch, heads, sequence, head width]. */
  #heads(value: Value): Value {
    const graph = this.#graph;
    const split = graph.node('Reshape', [value, graph.integers([0, 0, HEADS, HEAD_WIDTH])]);
    return graph.node('Transpose', [split], { perm: [0, 2, 1, 3] });
  }

  #dense(value: Value, from: number, to: number): Value {
    const graph = this.#graph;
    const product = this.#quantized
      ? this.#integerProduct(value, from, to)
      : graph.node('MatMul', [value, this.#floats([from, to])]);
    return graph.node('Add', [product, this.#floats([to])]);
  }

  /** x * w with x quantised on the fly and w in int8 around zero. */
  #integerProduct(value: Value, from: number, to: number): Value {
    const graph = this.#graph;
    const weights = this.#bytes([from, to]);
    const zero = this.#constant('int8', [], new Int8Array(1));
    const [quantized, scale, offset] = graph.nodes('DynamicQuantizeLinear', [value], 3) as [
      Value,
      Value,
      Value,
    ];
    const sum = graph.cast(graph.node('MatMulInteger', [quantized, weights, offset, zero]), 'float32');
    return graph.node('Mul', [sum, graph.node('Mul', [scale, graph.scalar(byteScale())])]);
  }

  /** Rows of a table of embeddings; where it is int8, only those that were picked become floats. */
  #lookUp(rows: number, pick: (table: Value) => Value): Value {
    if (!this.#quantized) return pick(this.#floats([rows, WIDTH]));
    const scale = this.#graph.scalar(byteScale());
    return this.#graph.node('DequantizeLinear', [pick(this.#bytes([rows, WIDTH])), scale]);
  }

  #gelu(value: Value): Value {
    const graph = this.#graph;
    const error = graph.node('Erf', [graph.node('Div', [value, graph.scalar(Math.SQRT2)])]);
    const gate = graph.node('Mul', [graph.node('Add', [error, graph.scalar(1)]), graph.scalar(0.5)]);
    return graph.node('Mul', [value, gate]);
  }

  #norm(value: Value): Value {
    const scale = this.#constant('float32', [WIDTH], new Float32Array(WIDTH).fill(1));
    const bias = this.#floats([WIDTH]);
    return this.#graph.node('LayerNormalization', [value, scale, bias], {
      axis: -1,
      epsilon: { float: 1e-12 },
    });
  }

  /** Uniform weights of the spread wanted. */
  #floats(dims: readonly number[]): Value {
    const size = dims.reduce((product, dim) => product * dim, 1);
    const reach = SPREAD * Math.sqrt(3);
    const data = Float32Array.from({ length: size }, () => (2 * this.#random() - 1) * reach);
    return this.#constant('float32', dims, data);
  }

  #bytes(dims: readonly number[]): Value {
    const size = dims.reduce((product, dim) => product * dim, 1);
    const data = Int8Array.from({ length: size }, () => Math.round((2 * this.#random() - 1) * 127));
    return this.#constant('int8', dims, data);
  }

  #constant(type: 'float32' | 'int8', dims: readonly number[], data: Float32Array | Int8Array): Value {
    return this.#graph.tensor(`weight_${this.#names++}`, type, dims, data);
  }
}

/** What one step of an int8 weight is worth. */
function byteScale(): number {
  return (SPREAD * Math.sqrt(3)) / 127;
}

if (import.meta.main) {
  const [folder, dtype = 'q8'] = process.argv.slice(2);
  if (folder === undefined || (dtype !== 'q8' && dtype !== 'fp32')) {
    console.error('usage: node scripts/model/minilm.ts FOLDER [q8|fp32]');
    process.exitCode = 2;
  } else writeMiniLm(folder, dtype);
}
