/**
 * The built-in model as an ONNX graph: from token ids to one unit vector per text.
 *
 *   text vector = normalize( bias + sum over tokens of  weight * (row of the token + grams that reach over its borders) )
 *
 * The latter make words cut into pieces look like words of the vocabulary; see `grams.ts` and `lexical.ts`.
 */
import { BUCKETS, MULTIPLIERS, WORD_END, WORD_START, type Spelling } from './grams.ts';
import { OnnxGraph, type Value } from './onnx.ts';

export interface BuiltinWeights {
  readonly dimensions: number;
  /** Rows of the vocabulary, then `BUCKETS` rows of grams: int8, each with its scale. */
  readonly table: Int8Array;
  readonly scales: Float32Array;
  /** Number of tokens with rows of their own. Row 0 must be zero: it stands for "nothing to add". */
  readonly rows: number;
  /** Per token id; the last entry is that of all higher ids. */
  readonly tokens: {
    /** Codes of the first three and the last three characters, as `tokenCodes` gives them. */
    readonly codes: Int16Array;
    /** 1 where the token continues a word. */
    readonly continues: Int8Array;
    /** Factor of what the token adds where it is a whole word, and where it is part of one. */
    readonly weights: Float32Array;
    readonly pieceWeights: Float32Array;
  };
  /** Added to every sum, so that a text of nothing known still has a direction. */
  readonly bias: Float32Array;
}

const CODES = 6;
/** The token's own row and five of grams. */
const ROWS_PER_TOKEN = 6;

/**
 * What the graph has to know of a token's spelling: first, second and third character, last but two, last but one and
 * last; 0 where there is none. The end of a short token that starts a word reaches back to the word's start.
 */
export function tokenCodes({ starts, codes }: Spelling): number[] {
  const line = starts ? [WORD_START, ...codes] : codes;
  return [codes[0], codes[1], codes[2], line.at(-3), line.at(-2), line.at(-1)].map((code) => code ?? 0);
}

/** Builds the graph: `input_ids`, `attention_mask` (int64 [batch, sequence]) to `sentence_embedding` [batch, dimensions]. */
export function builtinGraph(weights: BuiltinWeights): OnnxGraph {
  const graph = new OnnxGraph('plumbline-builtin');
  const ids = graph.input('input_ids', 'int64', ['batch', 'sequence']);
  const mask = graph.input('attention_mask', 'int64', ['batch', 'sequence']);
  const tokens = readTokens(graph, ids, mask, weights);
  const found = graph.node('Concat', [ownRows(graph, ids, weights), ...borderGrams(graph, tokens, weights)], {
    axis: 1,
  });
  const factors = graph.node('Concat', Array<Value>(ROWS_PER_TOKEN).fill(tokens.weight), { axis: 1 });
  const sum = weightedSum(graph, found, factors, weights);
  graph.output(unit(graph, sum), 'sentence_embedding', 'float32', ['batch', weights.dimensions]);
  return graph;
}

/** What the graph knows of each token of a text; all values are [batch, sequence]. */
interface Tokens {
  /** First, second and third character. */
  readonly head: readonly [Value, Value, Value];
  /** The last three characters of the word up to here, in order. */
  readonly tail: readonly [Value, Value, Value];
  /** The last two characters of the word before this token; 0 where it starts one. */
  readonly before: readonly [Value, Value];
  /** The character after this token, or the word's end. */
  readonly next: Value;
  readonly weight: Value;
}

function readTokens(graph: OnnxGraph, ids: Value, mask: Value, { tokens }: BuiltinWeights): Tokens {
  const count = tokens.weights.length;
  const entry = graph.node('Min', [ids, graph.integers([count - 1])]);
  const codeTable = graph.tensor('codes', 'int16', [count, CODES], tokens.codes);
  const codes = graph.cast(graph.node('Gather', [codeTable, entry]), 'int32');
  const [first, second, third, ...own] = graph
    .nodes('Split', [codes], CODES, { axis: 2 })
    .map((code) => graph.node('Squeeze', [code, graph.integers([2])])) as Six;
  const continuesTable = graph.tensor('continues', 'int8', [count], tokens.continues);
  const continues = graph.cast(graph.node('Gather', [continuesTable, entry]), 'int32');
  const continued = shifted(graph, continues, 1);
  const { tail, before } = readTail(graph, own, continues);
  const end = graph.int32(WORD_END);
  const inWord = graph.node('Or', [graph.cast(continues, 'bool'), graph.cast(continued, 'bool')]);
  const table = (name: string, data: Float32Array) =>
    graph.node('Gather', [graph.tensor(name, 'float32', [count], data), entry]);
  const asPiece = table('piece_weights', tokens.pieceWeights);
  const weight = graph.node('Where', [inWord, asPiece, table('weights', tokens.weights)]);
  return {
    head: [first, second, third],
    tail,
    before,
    next: graph.node('Where', [graph.cast(continued, 'bool'), shifted(graph, first, 1), end]),
    weight: graph.node('Mul', [weight, graph.cast(mask, 'float32')]),
  };
}

type Six = [Value, Value, Value, Value, Value, Value];

/** Where a token is too short to have three last characters, the tokens before it in the word lend theirs. */
function readTail(
  graph: OnnxGraph,
  [lastButTwo, lastButOne, last]: readonly [Value, Value, Value],
  continues: Value,
): Pick<Tokens, 'tail' | 'before'> {
  const none = graph.int32(0);
  const lent = (value: Value) => graph.node('Mul', [shifted(graph, value, -1), continues]);
  const orElse = (value: Value, other: Value) =>
    graph.node('Where', [graph.node('Equal', [value, none]), other, value]);
  const before1 = lent(last);
  const tail2 = orElse(lastButOne, before1);
  const before2 = lent(tail2);
  const isSingle = graph.node('Equal', [lastButOne, none]);
  const tail3 = orElse(lastButTwo, graph.node('Where', [isSingle, before2, before1]));
  return { tail: [tail3, tail2, last], before: [before2, before1] };
}

/** The value of the neighbour `by` places to the right; 0 beyond the ends. */
function shifted(graph: OnnxGraph, value: Value, by: 1 | -1): Value {
  const padded = graph.node('Pad', [value, graph.integers(by === 1 ? [0, 0, 0, 1] : [0, 1, 0, 0])]);
  const [start, end] = by === 1 ? [1, Number.MAX_SAFE_INTEGER] : [0, -1];
  return graph.node('Slice', [padded, graph.integers([start]), graph.integers([end]), graph.integers([1])]);
}

/** A token's own row, or, for a character that has none, the row of grams that its id falls on. */
function ownRows(graph: OnnxGraph, ids: Value, { rows }: BuiltinWeights): Value {
  const limit = graph.integers([rows]);
  const shared = graph.node('Add', [limit, graph.node('Mod', [ids, graph.integers([BUCKETS])])]);
  return graph.node('Where', [graph.node('Less', [ids, limit]), ids, shared]);
}

/** The rows of the grams that reach over a token's borders: to the next character, or from the ones before. */
function borderGrams(
  graph: OnnxGraph,
  { head, tail, before, next }: Tokens,
  { rows }: BuiltinWeights,
): Value[] {
  const [first, second, third] = head;
  const [tail3, tail2, tail1] = tail;
  const [before2, before1] = before;
  const cubes = new Map<Value, Value>();
  const gram = (...codes: Value[]) => {
    const hash = codes.length === 3 ? trigramSum(graph, codes) : cubeSum(graph, codes, cubes);
    const bucket = graph.node('Mod', [hash, graph.int32(BUCKETS)]);
    const row = graph.node('Add', [bucket, graph.int32(rows)]);
    return graph.cast(graph.node('Mul', [row, allPresent(graph, codes)]), 'int64');
  };
  return [
    gram(tail2, tail1, next),
    gram(tail3, tail2, tail1, next),
    gram(before1, first, second),
    gram(before2, before1, first, second),
    gram(before1, first, second, third),
  ];
}

/** 1 where all the characters exist, else 0, which is the number of the empty row. */
function allPresent(graph: OnnxGraph, codes: readonly Value[]): Value {
  const least = graph.node('Min', codes);
  return graph.node('Min', [least, graph.int32(1)]);
}

/** `trigramBucket`, in ONNX, before the modulus. */
function trigramSum(graph: OnnxGraph, codes: readonly Value[]): Value {
  const terms = codes.map((code, place) =>
    graph.node('Mul', [code, graph.int32(MULTIPLIERS[place] as number)]),
  );
  return terms.reduce((sum, term) => graph.node('Add', [sum, term]));
}

/** `quadBucket`, in ONNX, before the modulus. Characters take part in several: each is cubed once. */
function cubeSum(graph: OnnxGraph, codes: readonly Value[], cubes: Map<Value, Value>): Value {
  const modulus = graph.int32(BUCKETS);
  const cube = (code: Value) => {
    const square = graph.node('Mod', [graph.node('Mul', [code, code]), modulus]);
    return graph.node('Mod', [graph.node('Mul', [square, code]), modulus]);
  };
  for (const code of codes) if (!cubes.has(code)) cubes.set(code, cube(code));
  return codes.map((code) => cubes.get(code) as Value).reduce((sum, term) => graph.node('Add', [sum, term]));
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
