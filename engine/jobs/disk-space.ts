/** What a rebuild needs on disk beside what is there, and whether it is free. */
import { statfsSync } from 'node:fs';
import { formatBytes } from '../bytes.ts';
import type { Generation } from '../catalog/generations.ts';
import { PlumblineError } from '../errors.ts';

/** An entity's row, key and index entries, beside its text. */
const ENTITY_BYTES = 320;
/** Text is stored once and indexed once; the full-text index of ordinary prose takes about as much again. */
const TEXT_FACTOR = 2.2;
/** A chunk, a label and their index entries. */
const CHUNK_BYTES = 120;
/** An embedding's row and index entries, beside its vector. */
const EMBEDDING_BYTES = 90;
/** In the graph's file: level-0 links, label and the upper levels' share, beside the vector. */
const NODE_BYTES = 180;
/** Mean size of a document where nothing is indexed yet to tell. */
const UNKNOWN_DOCUMENT_BYTES = 1000;
/** For the write-ahead log, and for estimates being estimates. */
const MARGIN = 1.25;

export interface RebuildSize {
  readonly rows: number;
  /** What serves now, to measure texts and chunks on; null where nothing does. */
  readonly serving: Pick<Generation, 'entities' | 'labels'> | null;
  /** Mean size of its documents in bytes. */
  readonly documentBytes: number;
  readonly dimensions: number;
  /** Vectors are stored anew, because the model is another one. */
  readonly newVectors: boolean;
}

export interface DiskSpace {
  readonly neededBytes: number;
  readonly freeBytes: number;
}

/** Estimated bytes of a new generation: rows in the catalog, and the graph's file. Pure. */
export function estimateRebuildBytes(size: RebuildSize): number {
  const { rows, serving, dimensions } = size;
  const perEntity = serving === null || serving.entities === 0 ? 1 : serving.labels / serving.entities;
  const labels = rows * Math.max(perEntity, 0.01);
  const document = size.documentBytes > 0 ? size.documentBytes : UNKNOWN_DOCUMENT_BYTES;
  const catalog = rows * (ENTITY_BYTES + TEXT_FACTOR * document) + labels * CHUNK_BYTES;
  const vectors = size.newVectors ? labels * (EMBEDDING_BYTES + 2 * dimensions) : 0;
  const graph = labels * (NODE_BYTES + 4 * dimensions);
  return Math.ceil(MARGIN * (catalog + vectors + graph));
}

/** Bytes that this user may still write where `folder` is. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** @throws PlumblineError `DISK_SPACE_LOW` before anything is written. */
export function checkDiskSpace(entityType: string, folder: string, disk: DiskSpace): void {
  if (disk.neededBytes <= disk.freeBytes) return;
  throw new PlumblineError(
    'DISK_SPACE_LOW',
    `rebuilding ${entityType} needs about ${formatBytes(disk.neededBytes)} beside the index that serves meanwhile; ${formatBytes(disk.freeBytes)} are free in ${folder}`,
    {
      hint: 'Free space, or see with `plumbline compact --dry-run` what can go. Nothing was changed.',
      details: { ...disk },
    },
  );
}
