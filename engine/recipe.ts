/**
 * What a vector was made from, reduced to two hashes. The model fingerprint identifies a vector space: vectors of
 * different fingerprints must never meet in one index. The recipe fingerprint says whether an entity would be embedded
 * the same way today; when it differs, the entity is `outdated`.
 */
import { hash } from 'node:crypto';

/** How token vectors become one vector. `none`: the graph's own output is the sentence embedding. */
export type Pooling = 'mean' | 'cls' | 'last_token' | 'none';

/** Everything about a model that changes its vectors; its hash is the model fingerprint. */
export interface ModelIdentity {
  /** As configured: `builtin`, a hub id such as `Xenova/all-MiniLM-L6-v2`, or a folder. Not part of the fingerprint. */
  readonly name: string;
  /** sha256 (hex) over the names and hashes of the files that decide vectors: graph, tokenizer, configs. */
  readonly filesHash: string;
  readonly dtype: string;
  readonly pooling: Pooling;
  readonly queryPrefix: string;
  readonly documentPrefix: string;
  /** Tokens that fit, special tokens included. */
  readonly maxTokens: number;
}

/** Chunking settings, in tokens of the model. */
export interface Chunking {
  /** Upper bound for a chunk, special tokens and prefix included; null = what the model takes. */
  readonly maxTokens: number | null;
  /** Tokens that a chunk shares with the one before, at most. */
  readonly overlapTokens: number;
}

/** How an entity becomes vectors. */
export interface RecipeDefinition {
  readonly template: string;
  readonly chunking: Chunking;
  readonly modelFingerprint: string;
}

/**
 * sha256 (hex) of a model's identity without its name, so that a copied or renamed folder keeps its vectors.
 * The fields are written out one by one: a field added to the type must not silently enter, or miss, stored hashes.
 */
export function modelFingerprint(identity: Omit<ModelIdentity, 'name'>): string {
  return hashOf([
    'model-1',
    identity.filesHash,
    identity.dtype,
    identity.pooling,
    identity.queryPrefix,
    identity.documentPrefix,
    identity.maxTokens,
  ]);
}

/** sha256 (hex) of a recipe. */
export function recipeFingerprint(recipe: RecipeDefinition): string {
  const { template, chunking, modelFingerprint: model } = recipe;
  return hashOf(['recipe-1', template, chunking.maxTokens, chunking.overlapTokens, model]);
}

/** A JSON array has one form only: no key order, no optional whitespace. The first entry is the version of the list. */
function hashOf(values: readonly (string | number | null)[]): string {
  return hash('sha256', JSON.stringify(values), 'hex');
}
