/** Init: makes a workspace for a source. Nothing is written before the source could be read. */
import { existsSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { openCatalogForWriting } from '../catalog/catalog.ts';
import { renderConfig, type InitialType } from '../config-text.ts';
import type { Output } from '../contract.ts';
import { writeFileDurably } from '../durable-file.ts';
import type { WorkerUrls } from '../engine.ts';
import { PlumblineError } from '../errors.ts';
import { fileError } from '../file-errors.ts';
import type { SourceThread } from '../jobs/context.ts';
import { writeSecrets, type Secrets } from '../secrets.ts';
import { sourceLabel, withoutSecrets, withPath, type SourceConfig } from '../source-config.ts';
import { parseSource } from '../sources/parse-source.ts';
import { compileTemplate } from '../template.ts';
import { createDataFolder, takeWriteLock, workspacePaths, type WorkspacePaths } from '../workspace.ts';
import { discoverTypes, initialTemplate } from './discover.ts';
import { withSource } from './with-source.ts';

/** An entity type as the person has set it up. */
export interface ChosenType {
  readonly name: string;
  readonly key: readonly string[];
  readonly template: string;
  readonly filter?: string | undefined;
}

export interface InitInput {
  readonly folder: string;
  /** See {@link parseSource}. */
  readonly source: string;
  /** Where a relative path starts; default: the process's own folder. */
  readonly from?: string | undefined;
  /** What the source is called; default: its file name. */
  readonly name?: string | undefined;
  /** Default: the built-in one. */
  readonly model?: string | undefined;
  /** Default: every type that discovery selects, with its suggested template. */
  readonly entityTypes?: readonly ChosenType[] | undefined;
}

export interface InitOutput {
  readonly workspace: string;
  readonly source: { readonly name: string; readonly kind: string };
  readonly entityTypes: Output<'discover'>['entityTypes'];
}

/**
 * Writes `plumbline.yaml` and an empty catalog.
 * @throws PlumblineError `WORKSPACE_EXISTS`, `WORKSPACE_UNWRITABLE`, `SOURCE_KIND_UNKNOWN`, `SOURCE_EMPTY`, those of opening
 * the source, and for chosen types those of their templates, keys, columns and filters.
 */
export async function initWorkspace(input: InitInput, workers: WorkerUrls): Promise<InitOutput> {
  const paths = workspacePaths(input.folder);
  checkIsNew(paths);
  const source = parseSource(input.source, { from: input.from ?? '.', name: input.name });
  const { name, kind } = source;
  const entityTypes = await withSource(source, workers, async (thread) => {
    const found = await discoverTypes(thread, null);
    for (const type of input.entityTypes ?? []) await proveType(thread, type);
    return found;
  });
  if (entityTypes.length === 0) throw emptySource(source);
  const initial = entityTypes.map((type) => toInitial(type, input.entityTypes));
  const { source: written, secrets } = withoutSecrets(portable(source, paths.root));
  writeWorkspace(paths, renderConfig(written, initial, input.model), secrets);
  return { workspace: paths.root, source: { name, kind }, entityTypes };
}

function checkIsNew({ config }: WorkspacePaths): void {
  if (!existsSync(config)) return;
  throw new PlumblineError('WORKSPACE_EXISTS', `${config} is there already`, {
    hint: 'Edit it, or choose another folder with -w <folder>. Nothing was changed.',
  });
}

/** Before anything is written: jobs would refuse it later, each in its turn. */
async function proveType(thread: SourceThread, type: ChosenType): Promise<void> {
  const { name, key, template, filter = null } = type;
  const { columns } = compileTemplate(template);
  await thread.call('openType', { entityType: name, keyColumns: [...key], columns, filter, template });
  await thread.call('closeType', name);
}

/** SQLite takes an empty file for an empty database; a person who names one has most likely mistaken the path. */
export function emptySource(source: SourceConfig): PlumblineError {
  const what = source.kind === 'documents' ? 'documents' : 'tables or views';
  return new PlumblineError('SOURCE_EMPTY', `${sourceLabel(source)} has no ${what}`, {
    hint: `${emptyHint(source)} Nothing was written.`,
  });
}

function emptyHint(source: SourceConfig): string {
  switch (source.kind) {
    case 'sqlite':
      return 'Check the path: SQLite takes an empty file for an empty database.';
    case 'documents':
      return 'Documents are .md, .txt, .html, .ttl and .nt that .gitignore does not leave out; name data files by a glob, "folder/*.csv".';
    default:
      return 'Check the name, and what this user may see of it.';
  }
}

/** Its path relative where it lies beside or below the workspace, so that both can move together. */
function portable(source: SourceConfig, root: string): SourceConfig {
  return withPath(source, (path) => {
    const candidate = relative(root, path);
    return isAbsolute(candidate) || candidate.startsWith('../..') ? path : candidate;
  });
}

function writeWorkspace(paths: WorkspacePaths, text: string, secrets: Secrets): void {
  createDataFolder(paths);
  const lock = takeWriteLock(paths);
  try {
    // Somebody may have been faster while the source was read.
    checkIsNew(paths);
    openCatalogForWriting(paths.catalog).close();
    writeSecrets(paths.data, secrets);
    // Last: a folder with a configuration is a workspace, and only a whole one should be.
    writeFileDurably(paths.config, text);
  } catch (error) {
    throw error instanceof PlumblineError ? error : fileError(error, paths.config);
  } finally {
    lock.release();
  }
}

function toInitial(
  type: InitOutput['entityTypes'][number],
  chosen: readonly ChosenType[] | undefined,
): InitialType {
  const { name, keyColumns } = type;
  if (chosen === undefined) {
    const { selected, reason } = type;
    return { name, selected, reason, keyColumns, template: selected ? initialTemplate(type) : '' };
  }
  const choice = chosen.find((candidate) => candidate.name === name);
  if (choice === undefined) {
    const reason = type.selected ? 'left out when the workspace was made' : type.reason;
    return { name, selected: false, reason, keyColumns, template: '' };
  }
  const { key, template, filter } = choice;
  return { name, selected: true, reason: '', keyColumns: key, template, filter };
}
