/** Init: makes a workspace for a source. Nothing is written before the source could be read. */
import { existsSync } from 'node:fs';
import { basename, extname, isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCatalogForWriting } from '../catalog/catalog.ts';
import { renderConfig, type InitialType } from '../config-text.ts';
import type { Output } from '../contract.ts';
import { writeFileDurably } from '../durable-file.ts';
import { PlumblineError } from '../errors.ts';
import { fileError } from '../file-errors.ts';
import type { WorkerUrls } from '../engine.ts';
import type { SourceHost } from '../sources/source-host.ts';
import { openThreads } from '../threads.ts';
import { createDataFolder, takeWriteLock, workspacePaths, type WorkspacePaths } from '../workspace.ts';
import { discoverTypes, initialTemplate } from './discover.ts';

export interface InitInput {
  readonly folder: string;
  /** Path of the source, or a `file:` URL. */
  readonly source: string;
  /** Where a relative path starts; default: the process's own folder. */
  readonly from?: string | undefined;
  /** What the source is called; default: its file name. */
  readonly name?: string | undefined;
}

export interface InitOutput {
  readonly workspace: string;
  readonly source: { readonly name: string; readonly kind: string };
  readonly entityTypes: Output<'discover'>['entityTypes'];
}

/**
 * Writes `plumbline.yaml` and an empty catalog.
 * @throws PlumblineError `WORKSPACE_EXISTS`, `WORKSPACE_UNWRITABLE`, `SOURCE_KIND_UNKNOWN`, `SOURCE_EMPTY`, and those of
 * opening the source.
 */
export async function initWorkspace(input: InitInput, workers: WorkerUrls): Promise<InitOutput> {
  const paths = workspacePaths(input.folder);
  if (existsSync(paths.config)) {
    throw new PlumblineError('WORKSPACE_EXISTS', `${paths.config} is there already`, {
      hint: 'Edit it, or choose another folder with -w <folder>. Nothing was changed.',
    });
  }
  const path = resolve(input.from ?? '.', sourcePath(input.source));
  const name = input.name ?? basename(path, extname(path));
  const entityTypes = await readSource(path, name, workers);
  if (entityTypes.length === 0) throw emptySource(path);
  writeWorkspace(paths, { kind: 'sqlite', name, path: pathFrom(paths.root, path) }, entityTypes);
  return { workspace: paths.root, source: { name, kind: 'sqlite' }, entityTypes };
}

/** @throws PlumblineError `USAGE`, `SOURCE_KIND_UNKNOWN`. */
function sourcePath(source: string): string {
  if (source.trim() === '') {
    throw new PlumblineError('USAGE', 'the source has no name', {
      hint: 'For example: --source shop.sqlite',
    });
  }
  if (/^file:\/\//i.test(source)) return fileURLToPath(source);
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(source)?.[1];
  if (scheme === undefined) return source;
  throw new PlumblineError('SOURCE_KIND_UNKNOWN', `sources of the kind "${scheme}" cannot be read`, {
    hint: 'This version reads SQLite database files: give the path of one.',
  });
}

/** SQLite takes an empty file for an empty database; a person who names one has most likely mistaken the path. */
function emptySource(path: string): PlumblineError {
  return new PlumblineError('SOURCE_EMPTY', `${path} has no tables or views`, {
    hint: 'Check the path: SQLite takes an empty file for an empty database. Nothing was written.',
  });
}

async function readSource(path: string, name: string, workers: WorkerUrls) {
  const source = openThreads<SourceHost>({ url: workers.source, count: 1, label: 'source' });
  try {
    await source.call('open', { kind: 'sqlite', name, path });
    return await discoverTypes(source, null);
  } finally {
    await source.call('close').catch(() => {});
    await source.close();
  }
}

function writeWorkspace(
  paths: WorkspacePaths,
  source: { kind: string; name: string; path: string },
  entityTypes: InitOutput['entityTypes'],
): void {
  createDataFolder(paths);
  const lock = takeWriteLock(paths);
  try {
    openCatalogForWriting(paths.catalog).close();
    // Last: a folder with a configuration is a workspace, and only a whole one should be.
    writeFileDurably(paths.config, renderConfig(source, entityTypes.map(toInitial)));
  } catch (error) {
    throw error instanceof PlumblineError ? error : fileError(error, paths.config);
  } finally {
    lock.release();
  }
}

const toInitial = (type: InitOutput['entityTypes'][number]): InitialType => ({
  name: type.name,
  selected: type.selected,
  reason: type.reason,
  keyColumns: type.keyColumns,
  template: type.selected ? initialTemplate(type) : '',
});

/** Relative where the source lies beside or below the workspace, so that both can move together. */
function pathFrom(root: string, path: string): string {
  const candidate = relative(root, path);
  return isAbsolute(candidate) || candidate.startsWith('../..') ? path : candidate;
}
