/** Models: built in, offered by a hub, downloaded or imported into the workspace, and named by the configuration. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listModelFolder, readModelFolder } from '../embed/model-folder.ts';
import { BUILTIN_MODEL, type ModelPlace } from '../embed/resolve-model.ts';
import type { ModelInfo } from '../embed/embedder.ts';
import type { Engine } from '../engine.ts';
import { toErrorData, type ErrorData } from '../errors.ts';
import { servingGeneration } from '../jobs/context.ts';
import type { ModelSummary, SetupOutput } from '../setup-contract.ts';
import { loadConfig } from '../workspace.ts';
import { findOffered, offeredModels } from './catalogue.ts';
import type { SetupContext } from './context.ts';

/** Texts of 100 tokens that one core embeds in a second with the built-in model, about. */
const BUILTIN_TEXTS_PER_SECOND = 3000;

/** Below the models folder; a name of the hub is never one of it. */
export const IMPORTED = 'imported';
export const importedName = (folder: string): string => `./.plumbline/models/${IMPORTED}/${folder}`;

export async function models(context: SetupContext): Promise<SetupOutput<'models'>> {
  const { engine } = context;
  const configured = engine === null ? new Set<string>() : configuredModels(engine);
  const names = new Set([
    BUILTIN_MODEL,
    ...configured,
    ...(engine === null ? [] : await downloadedModels(engine.paths.models)),
    ...offeredModels.map(({ name }) => name),
  ]);
  const all = [...names].map((name) => summarise(context, name, configured.has(name)));
  return { models: await Promise.all(all) };
}

/** What `plumbline.yaml` names, as it is now. */
function configuredModels({ paths }: Engine): Set<string> {
  const config = loadConfig(paths);
  return new Set([config.model, ...Object.values(config.entityTypes).flatMap(({ model }) => model ?? [])]);
}

/** Models that the configuration names, or that an index which answers searches was made with. */
export function modelsInUse(engine: Engine): Set<string> {
  const serving = Object.keys(loadConfig(engine.paths).entityTypes).flatMap((type) => {
    const generation = servingGeneration(engine.catalog, type);
    if (generation === null) return [];
    const made = JSON.parse(engine.catalog.generations.modelDefinition(generation.modelId)) as ModelInfo;
    return [made.name];
  });
  return new Set([...configuredModels(engine), ...serving]);
}

/** By the names under which they are used: `organisation/name`, and paths of imported ones. */
async function downloadedModels(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const organisation of await foldersIn(folder))
    for (const name of await foldersIn(join(folder, organisation)))
      names.push(organisation === IMPORTED ? importedName(name) : `${organisation}/${name}`);
  return names;
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name);
}

async function summarise(context: SetupContext, name: string, inUse: boolean): Promise<ModelSummary> {
  const registry = context.engine?.models ?? context.models;
  const offered = findOffered(name);
  try {
    // Asked first: what ends while its files are looked for is loading still, and never neither here nor on its way.
    const wasActive = context.downloads?.isActive(name) === true;
    const place = await registry.place(name);
    const facts = place.isHere ? await factsOf(place, name) : null;
    const progress = place.hub === null ? undefined : registry.downloads.get(place.hub.id);
    const isLoading = !place.isHere && (progress !== undefined || wasActive);
    const failure = context.downloads?.failureOf(name) ?? null;
    return {
      ...textOf(name, place),
      name,
      kind: place.kind,
      state: place.isHere ? 'ready' : isLoading ? 'downloading' : failure === null ? 'absent' : 'failed',
      bytes: facts?.bytes ?? offered?.bytes ?? null,
      dimensions: facts?.dimensions ?? offered?.dimensions ?? null,
      maxTokens: facts?.maxTokens ?? offered?.maxTokens ?? null,
      textsPerSecond: speedOf(context, name, place),
      inUse,
      progress: isLoading
        ? { received: progress?.receivedBytes ?? 0, total: progress?.totalBytes ?? null }
        : null,
      error: place.isHere || isLoading || failure === null ? null : shown(failure),
    };
  } catch (error) {
    // Only the configuration can name what is no model, or a folder that is not there.
    return {
      ...textOf(name, null),
      name,
      kind: 'folder',
      state: 'failed',
      bytes: null,
      dimensions: null,
      maxTokens: null,
      textsPerSecond: null,
      inUse,
      progress: null,
      error: shown(toErrorData(error)),
    };
  }
}

const shown = ({ code, message, hint, retryable }: ErrorData): NonNullable<ModelSummary['error']> => ({
  code,
  message,
  hint,
  retryable,
});

type Text = Pick<ModelSummary, 'title' | 'description' | 'languages' | 'license'>;

function textOf(name: string, place: ModelPlace | null): Text {
  if (place?.kind === 'builtin')
    return {
      title: 'Built in',
      description:
        'Knows words by their spelling, not their meaning. Nothing is downloaded, and nothing is faster.',
      languages: 'any, by spelling; best in English',
      license: 'MIT',
    };
  const offered = findOffered(name);
  if (offered !== undefined) {
    const { title, description, languages, license } = offered;
    return { title, description, languages, license };
  }
  const description = place === null ? 'Cannot be used.' : place.hub === null ? 'A folder.' : 'From the hub.';
  return { title: name.split(/[\\/]/).at(-1) ?? name, description, languages: 'unknown', license: null };
}

function speedOf(context: SetupContext, name: string, { kind, folder }: ModelPlace) {
  const measured = context.speeds.get(folder);
  if (measured !== undefined) return { value: measured, measured: true };
  const value = kind === 'builtin' ? BUILTIN_TEXTS_PER_SECOND : findOffered(name)?.textsPerSecond;
  return value === undefined ? null : { value, measured: false };
}

interface Facts {
  readonly bytes: number;
  readonly dimensions: number | null;
  readonly maxTokens: number;
}

async function factsOf({ folder }: ModelPlace, name: string): Promise<Facts> {
  const files = await listModelFolder(folder);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  const { maxTokens } = await readModelFolder(folder, name);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { bytes, dimensions: await dimensionsOf(folder), maxTokens };
}

/** As its configuration calls them; only running the model would prove it. */
async function dimensionsOf(folder: string): Promise<number | null> {
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>;
  const named = [config['hidden_size'], config['dim'], config['d_model'], config['n_embd']];
  return (
    (named.find((value) => typeof value === 'number' && Number.isInteger(value) && value > 0) as number) ??
    null
  );
}
