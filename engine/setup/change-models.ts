/** Bringing models into the workspace, and taking them out. */
import { copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join, relative, sep } from 'node:path';
import { syncFile, syncFolder } from '../durable-file.ts';
import { hashModelFolder, listModelFolder, readModelFolder } from '../embed/model-folder.ts';
import { PlumblineError } from '../errors.ts';
import { fileError } from '../file-errors.ts';
import { makeFolders } from '../make-folders.ts';
import type { SetupInput, SetupOutput } from '../setup-contract.ts';
import { openEngine, type SetupContext } from './context.ts';
import { importedName, IMPORTED, models, modelsInUse } from './models.ts';
import { folderName } from './new-folder.ts';
import { absolutePath } from './paths.ts';

type Answer = Promise<SetupOutput<'models'>>;

/** @throws PlumblineError `MODEL_NOT_FOUND` for what is no model's name; what goes wrong later `models` tells. */
export async function downloadModel(context: SetupContext, { name }: SetupInput<'downloadModel'>): Answer {
  const { isHere } = await openEngine(context).models.place(name);
  if (!isHere) context.downloads?.start(name);
  return models(context);
}

export function cancelDownload(context: SetupContext, { name }: SetupInput<'cancelDownload'>): Answer {
  context.downloads?.cancel(name);
  return models(context);
}

/**
 * Copies the needed files of a folder, after the model has been loaded and run once from where it is.
 * @throws PlumblineError `FOLDER_NOT_FOUND`, `MODEL_INCOMPLETE`, `MODEL_INVALID`, `MODEL_UNSUPPORTED`; `MODEL_EXISTS` where
 * another one has the name; `DISK_FULL`, `WORKSPACE_UNWRITABLE`.
 */
export async function importModel(
  context: SetupContext,
  input: SetupInput<'importModel'>,
  signal: AbortSignal,
): Answer {
  const { paths, models: registry } = openEngine(context);
  const source = absolutePath(input.folder, context.startFolder);
  if (statSync(source, { throwIfNoEntry: false })?.isDirectory() !== true) throw noFolder(source);
  registry.forget(source);
  const { graph, filesHash } = await registry.info(source);
  const target = join(paths.models, IMPORTED, folderName(basename(source)));
  if (existsSync(target)) {
    const present = await readModelFolder(target, importedName(basename(target)));
    if ((await hashModelFolder(target, present.graph.path, signal)) !== filesHash) throw nameTaken(target);
    return models(context);
  }
  const needed = await listModelFolder(source);
  signal.throwIfAborted();
  copyModel(
    source,
    needed.toSorted((a, b) => Number(a === graph) - Number(b === graph)),
    target,
  );
  registry.forget(importedName(basename(target)));
  return models(context);
}

/** Under another name until it is whole. */
function copyModel(source: string, files: readonly string[], target: string): void {
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}`);
  try {
    for (const file of files) {
      const path = join(temporary, file);
      makeFolders(dirname(path));
      copyFileSync(join(source, file), path);
      syncFile(path);
    }
    renameSync(temporary, target);
    syncFolder(dirname(target));
  } catch (error) {
    throw fileError(error, target);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** @throws PlumblineError `MODEL_IN_USE`; `MODEL_NOT_FOUND`; `MODEL_ELSEWHERE` for what lies outside of the workspace. */
export async function removeModel(context: SetupContext, { name }: SetupInput<'removeModel'>): Answer {
  const engine = openEngine(context);
  if (context.downloads?.isActive(name) === true) throw inDownload(name);
  const { folder, kind } = await engine.models.place(name);
  // One folder may go by several names.
  for (const used of modelsInUse(engine)) {
    const place = await engine.models.place(used).catch(() => null);
    if (place?.folder === folder) throw inUse(name);
  }
  if (kind === 'builtin' || !isModelOf(engine.paths.models, folder)) throw elsewhere(name);
  if (!existsSync(folder)) throw notHere(name);
  const doomed = join(engine.paths.models, `.removed-${randomBytes(6).toString('hex')}`);
  try {
    // Gone at once: half a model must not look like one.
    renameSync(folder, doomed);
    rmSync(doomed, { recursive: true, force: true });
  } catch (error) {
    throw fileError(error, folder);
  }
  engine.models.forget(name);
  return models(context);
}

/** `<models>/<organisation>/<name>`: what lies above or below is no model. */
function isModelOf(modelsFolder: string, folder: string): boolean {
  const parts = relative(modelsFolder, folder).split(sep);
  return parts.length === 2 && !parts.some((part) => part.startsWith('.'));
}

const noFolder = (folder: string): PlumblineError =>
  new PlumblineError('FOLDER_NOT_FOUND', `there is no folder ${folder}`, {
    hint: 'Give the folder of the model: the one with config.json in it.',
  });

const nameTaken = (folder: string): PlumblineError =>
  new PlumblineError('MODEL_EXISTS', `another model has been imported as ${basename(folder)}`, {
    hint: 'Remove that one first, or rename the folder to import.',
  });

const inUse = (name: string): PlumblineError =>
  new PlumblineError('MODEL_IN_USE', `the model ${name} is in use`, {
    hint: 'Choose another model and index anew first: searches need it until then.',
  });

const inDownload = (name: string): PlumblineError =>
  new PlumblineError('MODEL_IN_USE', `the model ${name} is being downloaded`, {
    hint: 'Stop the download first.',
  });

const elsewhere = (name: string): PlumblineError =>
  new PlumblineError('MODEL_ELSEWHERE', `the model ${name} does not lie in this workspace`, {
    hint: 'Only models that were downloaded or imported here can be removed.',
  });

const notHere = (name: string): PlumblineError =>
  new PlumblineError('MODEL_NOT_FOUND', `the model ${name} has not been downloaded`, {
    hint: 'There is nothing to remove.',
  });
