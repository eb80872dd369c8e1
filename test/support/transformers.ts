/** A model folder loaded through transformers.js alone: what its files say, without the embedder in between. */
import {
  AutoModel,
  AutoTokenizer,
  env,
  type PreTrainedTokenizer,
  type Tensor,
} from '@huggingface/transformers';

export interface LoadedModel {
  readonly tokenizer: PreTrainedTokenizer;
  /** The tensor that the graph answers under `output`, for texts padded to the longest. */
  run(texts: readonly string[], output: 'sentence_embedding' | 'last_hidden_state'): Promise<Tensor>;
}

export async function loadModel(folder: string, dtype: 'q8' | 'fp32'): Promise<LoadedModel> {
  env.allowRemoteModels = false;
  // The cache lies in node_modules and would answer for an older model of the same path.
  env.useFSCache = false;
  const tokenizer = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
  const options = { local_files_only: true, dtype, device: 'cpu' } as const;
  const model = await AutoModel.from_pretrained(folder, {
    ...options,
    session_options: { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 },
  });
  return {
    tokenizer,
    async run(texts, output) {
      const answer = (await model(tokenizer([...texts], { padding: true, truncation: true }))) as Record<
        string,
        Tensor
      >;
      const tensor = answer[output];
      if (tensor === undefined) throw new Error(`${folder} has no output ${output}`);
      return tensor;
    },
  };
}

/** The rows of a tensor of rank 2. */
export function rowsOf(tensor: Tensor): Float32Array[] {
  const width = tensor.dims.at(-1) as number;
  const data = tensor.data as Float32Array;
  return Array.from({ length: data.length / width }, (_, row) => data.slice(row * width, (row + 1) * width));
}

export function dot(left: Float32Array, right: Float32Array): number {
  return left.reduce((sum, value, index) => sum + value * (right[index] as number), 0);
}
