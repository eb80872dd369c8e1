/**
 * A real, small embedding model for tests: written in milliseconds, loaded by transformers.js like any other, run by
 * the real onnxruntime. It can be told to fail for one word, or to answer NaN for another.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OnnxGraph } from '../../scripts/model/onnx.ts';
import { SPECIAL_TOKENS, wordPieceFiles } from '../../scripts/model/wordpiece-files.ts';

export interface TinyModelOptions {
  /** Default 32. */
  readonly dimensions?: number;
  /** Models of different seeds give different vectors. Default 1. */
  readonly seed?: number;
  /** Written as the tokenizer's `model_max_length`, special tokens (`[CLS]`, `[SEP]`) included. Default 64. */
  readonly maxTokens?: number;
  /** A lower-case word whose token lies outside the embedding table: onnxruntime refuses every batch with it. */
  readonly poison?: string;
  /** A lower-case word whose embedding is NaN: onnxruntime answers, but the vector is useless. */
  readonly notFinite?: string;
}

/** Whole words, for texts of realistic token counts; any other ASCII text falls apart into single characters. */
const WORDS =
  'the a of and to in is for with on by from at this that one two red green blue black white small large new old ' +
  'book film music river city house garden mountain coffee tea bread apple train ship horse dog cat bird tree shoe ' +
  'shirt lamp table chair phone cable battery order customer product price name address email note text row key';

/** Writes the model's folder: tokenizer, configs and `onnx/model.onnx` (dtype fp32, mean pooling). */
export function writeTinyModel(folder: string, options: TinyModelOptions = {}): void {
  const { dimensions = 32, seed = 1, maxTokens = 64, poison, notFinite } = options;
  // The poison comes last: its id is the first one that the table has no row for.
  const words = [...WORDS.split(' '), ...(notFinite === undefined ? [] : [notFinite])];
  const known = [...new Set([...SPECIAL_TOKENS, ...asciiTokens(), ...words])].filter(
    (token) => token !== poison,
  );
  const table = randomTable(known.length, dimensions, seed);
  if (notFinite !== undefined) {
    const row = known.indexOf(notFinite) * dimensions;
    table.fill(Number.NaN, row, row + dimensions);
  }
  const vocabulary = poison === undefined ? known : [...known, poison];
  const files: Record<string, unknown> = {
    'config.json': { model_type: 'bert', hidden_size: dimensions, max_position_embeddings: maxTokens },
    ...wordPieceFiles({ vocabulary, maxTokens, style: 'bert' }),
    '1_Pooling/config.json': { word_embedding_dimension: dimensions, pooling_mode_mean_tokens: true },
  };
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  mkdirSync(join(folder, '1_Pooling'), { recursive: true });
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), JSON.stringify(content));
  writeFileSync(join(folder, 'onnx', 'model.onnx'), lookupGraph(table, dimensions));
}

/** Every printable ASCII character, as a word of its own and as the continuation of one. */
function asciiTokens(): string[] {
  const characters = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
  return characters.flatMap((character) => [character, `##${character}`]);
}

/** Uniform in [-1, 1) from a linear congruential generator (Numerical Recipes' constants): same seed, same model. */
function randomTable(rows: number, dimensions: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: rows * dimensions }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** `last_hidden_state` = the tokens' rows of the table; the attention mask is taken, as every such model does. */
function lookupGraph(table: Float32Array, dimensions: number): Uint8Array {
  const graph = new OnnxGraph('tiny');
  const ids = graph.input('input_ids', 'int64', ['batch', 'sequence']);
  const mask = graph.input('attention_mask', 'int64', ['batch', 'sequence']);
  const rows = graph.tensor('table', 'float32', [table.length / dimensions, dimensions], table);
  const column = graph.node('Unsqueeze', [graph.cast(mask, 'float32'), graph.integers([2])]);
  const hidden = graph.node('Mul', [graph.node('Gather', [rows, ids]), column]);
  graph.output(hidden, 'last_hidden_state', 'float32', ['batch', 'sequence', dimensions]);
  return graph.encode();
}
