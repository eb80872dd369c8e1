/** What a pipeline decides about each key before anything is written: values that a test can read. */
import type { IndexedState } from '../catalog/entities.ts';
import type { DeadLetter } from '../contract.ts';
import type { ChunkSpan, EmbedOutcome } from '../embed/embedder.ts';

export interface PreparedChunk extends ChunkSpan {
  readonly hash: Buffer;
  /** The hash in hex, as a map key. */
  readonly id: string;
  readonly text: string;
}

/** An entity on its way to the catalog. */
export interface Prepared {
  readonly key: Uint8Array;
  readonly before: IndexedState | null;
  readonly checksum: Uint8Array;
  readonly text: string;
  readonly hash: Buffer;
  readonly chunks: readonly PreparedChunk[];
}

/** What is to be committed for one key. */
export type Step =
  | {
      readonly kind: 'write';
      readonly entity: Prepared;
      readonly outcomes: ReadonlyMap<string, EmbedOutcome>;
    }
  | {
      readonly kind: 'touch';
      readonly key: Uint8Array;
      readonly before: IndexedState;
      readonly checksum: Uint8Array;
    }
  | { readonly kind: 'gone'; readonly key: Uint8Array }
  | { readonly kind: 'fail'; readonly key: Uint8Array; readonly letter: Failure };

/** What a dead letter will say. */
export type Failure = Pick<DeadLetter, 'stage' | 'code' | 'message' | 'attempts' | 'text'>;
