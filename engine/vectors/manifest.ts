/**
 * The manifest says which snapshot file counts and what it must look like. It carries a checksum of itself, because a
 * flipped bit in its sequence would let the op log be replayed from the wrong place.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import * as z from 'zod';
import { writeFileDurably } from '../durable-file.ts';
import type { GenerationSpec } from './vectors.ts';

export const MANIFEST_NAME = 'manifest.json';

/** Counts up when older snapshots must not be read any more. */
const FORMAT = 1;

const whole = z.int().nonnegative();
const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  /** For people who look into the folder; the file's own header decides whether it can be read. */
  library: z.string(),
  generation: whole,
  sequence: whole,
  nonce: z.string(),
  live: whole,
  tombstones: whole,
  dimensions: whole,
  parameters: z.strictObject({ m: whole, efConstruction: whole }),
  file: z.string().regex(/^[\w-]+\.hnsw$/),
  bytes: whole,
  crc32: whole,
});
const sealedSchema = z.strictObject({ manifest: manifestSchema, checksum: whole });

export type Manifest = z.infer<typeof manifestSchema>;

/** Null where there is none. @throws where it cannot be read or is not what was written. */
export function readManifest(folder: string): Manifest | null {
  let text: string;
  try {
    text = readFileSync(join(folder, MANIFEST_NAME), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const parsed = sealedSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error('it has not the expected fields');
  const { manifest, checksum } = parsed.data;
  if (checksum !== checksumOf(manifest)) throw new Error('its checksum is wrong');
  return manifest;
}

/**
 * The manifest of a snapshot that a look at names and sizes finds nothing wrong with; null where there is none. Reading the
 * snapshot whole may find more.
 */
export function presentManifest(folder: string): Manifest | null {
  try {
    const manifest = readManifest(folder);
    if (manifest === null) return null;
    return statSync(join(folder, manifest.file)).size === manifest.bytes ? manifest : null;
  } catch {
    return null;
  }
}

/** Whether anything says that there is a snapshot, sound or not. */
export function hasManifest(folder: string): boolean {
  return existsSync(join(folder, MANIFEST_NAME));
}

/** Makes `manifest` the one that counts. The file it names must be on disk, flushed, already. */
export function writeManifest(folder: string, manifest: Manifest): void {
  const sealed = { manifest, checksum: checksumOf(manifest) };
  writeFileDurably(join(folder, MANIFEST_NAME), `${JSON.stringify(sealed, null, 2)}\n`);
}

/** The parts that do not come from the state of the graph. */
export function manifestOf(
  spec: GenerationSpec,
): Pick<Manifest, 'format' | 'library' | 'generation' | 'dimensions' | 'parameters'> {
  const { m, efConstruction } = spec.parameters;
  return {
    format: FORMAT,
    library: LIBRARY,
    generation: spec.generationId,
    dimensions: spec.dimensions,
    parameters: { m, efConstruction },
  };
}

/** What in `manifest` belongs to another generation than `spec`, null where it is the same. */
export function foreignPart(manifest: Manifest, spec: GenerationSpec): string | null {
  const pairs = [
    ['generation', manifest.generation, spec.generationId],
    ['dimensions', manifest.dimensions, spec.dimensions],
    ['m', manifest.parameters.m, spec.parameters.m],
    ['efConstruction', manifest.parameters.efConstruction, spec.parameters.efConstruction],
  ] as const;
  const other = pairs.find(([, found, wanted]) => found !== wanted);
  return other === undefined ? null : `${other[0]} is ${other[1]}, not ${other[2]}`;
}

/** Over the schema's own key order: parsed and unparsed manifests give the same text. */
function checksumOf(manifest: Manifest): number {
  return crc32(JSON.stringify(manifestSchema.parse(manifest)));
}

const { version } = createRequire(import.meta.url)('hnswlib-node/package.json') as { version: string };
const LIBRARY = `hnswlib-node ${version}`;
