/**
 * The built-in model as an ONNX graph: from token ids to one unit vector per text.
 *
 *   text vector = normalize( bias + sum over tokens of  weight * (row of the token
 *                                                             + trigram that ends at the next character
 *                                                             + trigram that the previous character begins) )
 *
 * The last two are what makes words cut into pieces look like words of the vocabulary; see `lexical.ts`.
 */
import { OnnxGraph, type Value } from './onnx.ts';
import { BUCKETS, MULTIPLIERS, WORD_END } from './trigrams.ts';

export interface BuiltinWeights {
  readonly dimensions: number;
  /** Rows of the vocabulary, then `BUCKETS` rows of trigrams: int8, each with its scale. */
  readonly table: Int8Array;
  readonly scales: Float32Array;
  /** Number of tokens with rows of their own. Row 0 must be zero: it stands for "nothing to add". */
  readonly rows: number;
  /** Per token id, also of those beyond `rows`. */
  readonly tokens: {
    /** Code of the first, second, last but one and last character; 0 = there is none. */
    readonly codes: Int16Array;
    /** 1 where the token continues a word. */
    readonly continues: Int8Array;
    readonly weights: Float32Array;
  };
  readonly pieceWeight: number;
  /** Added to every sum, so that a text of nothing known still has a direction. */
  readonly bias: Float32Array;
}

const CODES = 4;

/** Builds the graph: `input_ids`, `attention_mask` (int64 [batch, sequence]) to `sentence_embedding` [batch, dimensions]. */
export function builtinGraph(weights: BuiltinWeights): OnnxGraph {
  const graph = new OnnxGraph('plumbline-builtin');
  const ids = graph.input('input_ids', 'int64', ['batch', 'sequence']);
  const mask = graph.input('attention_mask', 'int64', ['batch', 'sequence']);
  const tokens = readTokens(graph, ids, mask, weights);
  const found = graph.node(
    'Concat',
    [ownRows(graph, ids, weights), ...borderTrigrams(graph, tokens, weights)],
    {
      axis: 1,
    },
  );
  const factors = graph.node('Concat', [tokens.weight, tokens.weight, tokens.weight], { axis: 1 });
  const sum = weightedSum(graph, found, factors, weights);
  graph.output(unit(graph, sum), 'sentence_embedding', 'float32', ['batch', weights.dimensions]);
  return graph;
}

/** What the graph knows of each token of a text; all values are [batch, sequence]. */
interface Tokens {
  readonly first: Value;
  readonly second: Value;
  readonly lastButOne: Value;
  readonly last: Value;
  /** Last character of the token before; meaningful where `continues`. */
  readonly previousLast: Value;
  readonly nextFirst: Value;
  readonly continues: Value;
  readonly continued: Value;
  readonly weight: Value;
}

function readTokens(
  graph: OnnxGraph,
  ids: Value,
  mask: Value,
  { tokens, pieceWeight }: BuiltinWeights,
): Tokens {
  const count = tokens.weights.length;
  const codeTable = graph.tensor('codes', 'int16', [count, CODES], tokens.codes);
  const codes = graph.cast(graph.node('Gather', [codeTable, ids]), 'int32');
  const [first, second, lastButOne, last] = graph
    .nodes('Split', [codes], CODES, { axis: 2 })
    .map((code) => graph.node('Squeeze', [code, graph.integers([2])])) as [Value, Value, Value, Value];
  const continuesTable = graph.tensor('continues', 'int8', [count], tokens.continues);
  const flags = graph.cast(graph.node('Gather', [continuesTable, ids]), 'int32');
  const continues = graph.cast(flags, 'bool');
  const continued = graph.cast(shifted(graph, flags, 1), 'bool');
  const own = graph.node('Gather', [graph.tensor('weights', 'float32', [count], tokens.weights), ids]);
  const inWord = graph.node('Or', [continues, continued]);
  const weight = graph.node('Where', [inWord, graph.scalar(pieceWeight), own]);
  return {
    first,
    second,
    lastButOne,
    last,
    continues,
    continued,
    previousLast: shifted(graph, last, -1),
    nextFirst: shifted(graph, first, 1),
    weight: graph.node('Mul', [weight, graph.cast(mask, 'float32')]),
  };
}

/** The value of the neighbour `by` places to the right; 0 beyond the ends. */
function shifted(graph: OnnxGraph, value: Value, by: 1 | -1): Value {
  const padded = graph.node('Pad', [value, graph.integers(by === 1 ? [0, 0, 0, 1] : [0, 1, 0, 0])]);
  const [start, end] = by === 1 ? [1, Number.MAX_SAFE_INTEGER] : [0, -1];
  return graph.node('Slice', [padded, graph.integers([start]), graph.integers([end]), graph.integers([1])]);
}

/** A token's own row, or, for a character that has none, the trigram row that its id falls on. */
function ownRows(graph: OnnxGraph, ids: Value, { rows }: BuiltinWeights): Value {
  const limit = graph.integers([rows]);
  const shared = graph.node('Add', [limit, graph.node('Mod', [ids, graph.integers([BUCKETS])])]);
  return graph.node('Where', [graph.node('Less', [ids, limit]), ids, shared]);
}

/** The rows of the trigrams that reach over a token's borders. */
function borderTrigrams(graph: OnnxGraph, tokens: Tokens, { rows }: BuiltinWeights): [Value, Value] {
  const none = graph.int32(0);
  const single = graph.node('Equal', [tokens.lastButOne, none]);
  const lastButOne = graph.node('Where', [single, tokens.previousLast, tokens.lastButOne]);
  const next = graph.node('Where', [tokens.continued, tokens.nextFirst, graph.int32(WORD_END)]);
  const atEnd = bucketRow(graph, [lastButOne, tokens.last, next], rows);
  const atStart = bucketRow(graph, [tokens.previousLast, tokens.first, tokens.second], rows);
  const long = graph.node('Not', [graph.node('Equal', [tokens.second, none])]);
  const crosses = graph.node('And', [tokens.continues, long]);
  return [atEnd, graph.node('Where', [crosses, atStart, graph.integers([0])])];
}

/** `trigramBucket`, in ONNX. */
function bucketRow(graph: OnnxGraph, codes: readonly [Value, Value, Value], rows: number): Value {
  const terms = codes.map((code, place) =>
    graph.node('Mul', [code, graph.int32(MULTIPLIERS[place] as number)]),
  );
  const sum = graph.node('Add', [
    graph.node('Add', [terms[0] as Value, terms[1] as Value]),
    terms[2] as Value,
  ]);
  const bucket = graph.node('Mod', [sum, graph.int32(BUCKETS)]);
  return graph.cast(graph.node('Add', [bucket, graph.int32(rows)]), 'int64');
}

/** Gathers int8 rows and adds them up in one matrix product per text: [batch, n] to [batch, dimensions]. */
function weightedSum(graph: OnnxGraph, found: Value, factors: Value, weights: BuiltinWeights): Value {
  const { dimensions, scales } = weights;
  const table = graph.tensor('table', 'int8', [scales.length, dimensions], weights.table);
  const rows = graph.cast(graph.node('Gather', [table, found]), 'float32');
  const scale = graph.node('Gather', [graph.tensor('scales', 'float32', [scales.length], scales), found]);
  const line = graph.node('Unsqueeze', [graph.node('Mul', [factors, scale]), graph.integers([1])]);
  const sum = graph.node('Squeeze', [graph.node('MatMul', [line, rows]), graph.integers([1])]);
  return graph.node('Add', [sum, graph.tensor('bias', 'float32', [dimensions], weights.bias)]);
}

function unit(graph: OnnxGraph, vectors: Value): Value {
  const length = graph.node('ReduceL2', [vectors], { axes: [1], keepdims: 1 });
  return graph.node('Div', [vectors, length]);
}
