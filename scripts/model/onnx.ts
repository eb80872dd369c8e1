/**
 * Writes ONNX graphs: names the values, collects nodes and constants, encodes the protobuf. Knows only the part of
 * onnx.proto that such graphs need (field numbers from https://github.com/onnx/onnx/blob/main/onnx/onnx.proto); it
 * checks nothing that onnxruntime checks better when it loads the file.
 */
import protobuf from 'protobufjs/light.js';

/** Element types, by their number in `TensorProto.DataType`. */
const ELEMENT_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
} as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

/** A number is a fixed size, a string names one that each call decides (`batch`, `sequence`). */
export type Dimension = number | string;

/** The name of a value inside the graph: what one node gives and others take. */
export type Value = string;

/** Integers and lists of integers are written as ints, `{float}` as a float; no operator used here needs more. */
export type Attribute = number | readonly number[] | { readonly float: number };

/** The only bytes ONNX takes are little-endian ones, and these arrays hold the machine's own order. */
type TensorData =
  Float32Array | Float16Array | Int8Array | Uint8Array | Int16Array | Int32Array | BigInt64Array;

/** Operator set 17 and IR 8: the oldest that have every operator used here, so that older runtimes load the file. */
const OPSET_VERSION = 17;
const IR_VERSION = 8;

const ATTRIBUTE_TYPES = { float: 1, int: 2, ints: 7 } as const;

const field = (id: number, type: string): protobuf.IField => ({ id, type });
const repeated = (id: number, type: string): protobuf.IField => ({ id, type, rule: 'repeated' });

const schema = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: field(1, 'int64'),
        producerName: field(2, 'string'),
        graph: field(7, 'Graph'),
        opsetImport: repeated(8, 'OperatorSet'),
      },
    },
    OperatorSet: { fields: { domain: field(1, 'string'), version: field(2, 'int64') } },
    Graph: {
      fields: {
        node: repeated(1, 'Node'),
        name: field(2, 'string'),
        initializer: repeated(5, 'Tensor'),
        input: repeated(11, 'ValueInfo'),
        output: repeated(12, 'ValueInfo'),
      },
    },
    Node: {
      fields: {
        input: repeated(1, 'string'),
        output: repeated(2, 'string'),
        name: field(3, 'string'),
        opType: field(4, 'string'),
        attribute: repeated(5, 'Attribute'),
      },
    },
    Attribute: {
      fields: {
        name: field(1, 'string'),
        f: field(2, 'float'),
        i: field(3, 'int64'),
        ints: repeated(8, 'int64'),
        type: field(20, 'int32'),
      },
    },
    Tensor: {
      fields: {
        dims: repeated(1, 'int64'),
        dataType: field(2, 'int32'),
        name: field(8, 'string'),
        rawData: field(9, 'bytes'),
      },
    },
    ValueInfo: { fields: { name: field(1, 'string'), type: field(2, 'Type') } },
    Type: { fields: { tensorType: field(1, 'TensorType') } },
    TensorType: { fields: { elemType: field(1, 'int32'), shape: field(2, 'Shape') } },
    Shape: { fields: { dim: repeated(1, 'Dim') } },
    Dim: { fields: { dimValue: field(1, 'int64'), dimParam: field(2, 'string') } },
  },
});

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function attributeOf(name: string, value: Attribute): object {
  if (typeof value === 'number') return { name, type: ATTRIBUTE_TYPES.int, i: value };
  if ('float' in value) return { name, type: ATTRIBUTE_TYPES.float, f: value.float };
  return { name, type: ATTRIBUTE_TYPES.ints, ints: value };
}

function valueInfo(name: string, type: ElementType, shape: readonly Dimension[]): object {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape: { dim } } } };
}

/** A graph under construction. Values are made in the order of use, as ONNX wants its nodes sorted. */
export class OnnxGraph {
  readonly #name: string;
  readonly #nodes: object[] = [];
  readonly #initializers: object[] = [];
  readonly #inputs: object[] = [];
  readonly #outputs: object[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  input(name: string, type: ElementType, shape: readonly Dimension[]): Value {
    this.#inputs.push(valueInfo(name, type, shape));
    return name;
  }

  /** A weight. `data` is not copied before `encode`. */
  tensor(name: string, type: ElementType, dims: readonly number[], data: TensorData): Value {
    const size = dims.reduce((product, dim) => product * dim, 1);
    if (size !== data.length) throw new RangeError(`${name}: ${dims.join('x')} is not ${data.length} values`);
    this.#initializers.push({ name, dataType: ELEMENT_TYPES[type], dims, rawData: bytesOf(data) });
    return name;
  }

  /** A list of integers such as axes or a shape. */
  integers(values: readonly number[]): Value {
    const data = BigInt64Array.from(values, BigInt);
    return this.tensor(this.#fresh('integers'), 'int64', [values.length], data);
  }

  /** A single float, of rank 0. */
  scalar(value: number): Value {
    return this.tensor(this.#fresh('scalar'), 'float32', [], Float32Array.of(value));
  }

  /** A single integer of 32 bits, of rank 0. */
  int32(value: number): Value {
    return this.tensor(this.#fresh('int32'), 'int32', [], Int32Array.of(value));
  }

  /** Adds an operator with one result. */
  node(operator: string, inputs: readonly Value[], attributes: Record<string, Attribute> = {}): Value {
    return this.nodes(operator, inputs, 1, attributes)[0] as Value;
  }

  /** Adds an operator with several results. */
  nodes(
    operator: string,
    inputs: readonly Value[],
    results: number,
    attributes: Record<string, Attribute> = {},
  ): Value[] {
    const name = this.#fresh(operator);
    const output = Array.from({ length: results }, (_, index) => `${name}_${index}`);
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.#nodes.push({ name, opType: operator, input: inputs, output, attribute });
    return output;
  }

  /** Turns elements into another type. */
  cast(value: Value, to: ElementType): Value {
    return this.node('Cast', [value], { to: ELEMENT_TYPES[to] });
  }

  /** Gives a value out of the graph under `name`. */
  output(value: Value, name: string, type: ElementType, shape: readonly Dimension[]): void {
    this.#nodes.push({ name, opType: 'Identity', input: [value], output: [name], attribute: [] });
    this.#outputs.push(valueInfo(name, type, shape));
  }

  /** The bytes of the `.onnx` file. */
  encode(): Uint8Array {
    const graph = {
      name: this.#name,
      node: this.#nodes,
      initializer: this.#initializers,
      input: this.#inputs,
      output: this.#outputs,
    };
    const model = {
      irVersion: IR_VERSION,
      producerName: 'plumbline',
      opsetImport: [{ domain: '', version: OPSET_VERSION }],
      graph,
    };
    return schema.lookupType('Model').encode(model).finish();
  }

  #fresh(stem: string): string {
    return `${stem}_${this.#nodes.length + this.#initializers.length}`;
  }
}
