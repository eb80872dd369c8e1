/**
 * Learns the built-in model from the corpora and writes it to models/builtin (or the folder named as first argument).
 * Deterministic: the same corpora give the same bytes. Takes about a minute: `node scripts/model/builtin.ts`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtinGraph, tokenCodes, type BuiltinWeights } from './builtin-graph.ts';
import { spellingOf, type Spelling } from './grams.ts';
import { learnLexical, type LexicalModel } from './lexical.ts';
import { randomSigns } from './random.ts';
import { buildVocabulary, countWords, type Vocabulary } from './vocabulary.ts';
import { SPECIAL_TOKENS, wordPieceFiles } from './wordpiece-files.ts';

const DIMENSIONS = 256;
/** Static models have no window; this bounds the work for one text. */
const MAX_TOKENS = 512;
/** Share of a rare word's length: enough for a direction, too little to change a ranking. */
const BIAS = 0.002;
/** All that there is to know of a character that is always alone: it has no neighbours to share grams with. */
const LONER: Spelling = { starts: true, codes: [] };
/** Weight of what the tokenizer does not know, and of a lone character without a row, against that of a rare word. */
const UNKNOWN = 0.3;

function assemble(vocabulary: Vocabulary, lexical: LexicalModel): BuiltinWeights {
  const tokens = [...vocabulary.rows, ...vocabulary.letters];
  const spellings = [...tokens.map(spellingOf), LONER];
  const all = new Float32Array(lexical.rows.length + lexical.buckets.length);
  all.set(lexical.rows);
  all.set(lexical.buckets, lexical.rows.length);
  const unknown = vocabulary.rows.indexOf('[UNK]');
  all.set(randomSigns('[UNK]', DIMENSIONS), unknown * DIMENSIONS);
  const pieceWeights = Float32Array.from([...tokens, ''], lexical.pieceWeight);
  const weights = Float32Array.from(pieceWeights);
  weights.set(lexical.weights);
  weights[unknown] = UNKNOWN * lexical.pieceWeight('');
  const codes = Int16Array.from(spellings.flatMap(tokenCodes));
  return {
    dimensions: DIMENSIONS,
    ...quantize(all, DIMENSIONS),
    rows: vocabulary.rows.length,
    tokens: {
      codes,
      continues: Int8Array.from(spellings, ({ starts }) => (starts ? 0 : 1)),
      weights,
      pieceWeights,
    },
    bias: randomSigns('bias', DIMENSIONS).map((sign) => sign * BIAS),
  };
}

/** Each row as int8 times one scale, its largest value at 127. */
function quantize(rows: Float32Array, width: number): { table: Int8Array; scales: Float32Array } {
  const table = new Int8Array(rows.length);
  const scales = new Float32Array(rows.length / width);
  for (let row = 0; row < scales.length; row++) {
    const values = rows.subarray(row * width, (row + 1) * width);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    scales[row] = largest / 127;
    if (largest > 0)
      table.set(
        values.map((value) => Math.round((value / largest) * 127)),
        row * width,
      );
  }
  return { table, scales };
}

function files(vocabulary: readonly string[]): Record<string, unknown> {
  return {
    ...wordPieceFiles({ vocabulary, maxTokens: MAX_TOKENS, style: 'bag' }),
    'config.json': { model_type: 'bert', hidden_size: DIMENSIONS, max_position_embeddings: MAX_TOKENS },
    // No pooling is named: the graph's output `sentence_embedding` is the vector.
    'plumbline.json': { queryPrefix: '', documentPrefix: '', maxTokens: MAX_TOKENS },
  };
}

async function main(folder: string): Promise<void> {
  const frequencies = await countWords();
  const vocabulary = buildVocabulary(SPECIAL_TOKENS, frequencies);
  const lexical = learnLexical(vocabulary, frequencies, SPECIAL_TOKENS.length, DIMENSIONS);
  const graph = builtinGraph(assemble(vocabulary, lexical));
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  for (const [name, content] of Object.entries(
    files([...vocabulary.rows, ...vocabulary.letters, ...vocabulary.loners]),
  ))
    writeFileSync(join(folder, name), JSON.stringify(content));
  writeFileSync(join(folder, 'onnx', 'model_quantized.onnx'), graph.encode());
}

await main(process.argv[2] ?? join(import.meta.dirname, '../../models/builtin'));
