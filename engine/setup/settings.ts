/** `plumbline.yaml` as settings: read, and changed without touching what a person has written beside them. */
import { readFileSync, realpathSync } from 'node:fs';
import { editConfig } from '../config-edit.ts';
import type { Config } from '../config.ts';
import { writeFileDurably } from '../durable-file.ts';
import { hasCode, PlumblineError } from '../errors.ts';
import { fileError } from '../file-errors.ts';
import { withSource } from '../operations/with-source.ts';
import type { ChosenType, Settings, SetupInput, SetupOutput } from '../setup-contract.ts';
import { compileTemplate } from '../template.ts';
import { loadConfig, parseWorkspaceConfig, sourceConfig, type WorkspacePaths } from '../workspace.ts';
import { checkNames } from './chosen-types.ts';
import { openEngine, type SetupContext } from './context.ts';
import { openChosen } from './source.ts';
import { withoutPasswords } from './without-passwords.ts';

/** @throws PlumblineError `WORKSPACE_NOT_FOUND`, `CONFIG_UNREADABLE`, `CONFIG_INVALID`. */
export function settings(context: SetupContext): SetupOutput<'settings'> {
  const { paths } = openEngine(context);
  const { config, text } = read(paths);
  return { settings: toSettings(config), file: paths.config, text: withoutPasswords(text) };
}

/**
 * @throws PlumblineError `CONFIG_CHANGED`; `CONFIG_INVALID` for what the file would then hold; `MODEL_NOT_FOUND`;
 * `TEMPLATE_INVALID` and what else of an entity type does not fit the source. Nothing is written then.
 */
export async function changeSettings(
  context: SetupContext,
  input: SetupInput<'changeSettings'>,
): Promise<SetupOutput<'changeSettings'>> {
  const { basedOn, ...change } = input;
  const engine = openEngine(context);
  const { paths } = engine;
  const current = loadConfig(paths);
  checkNames(change.entityTypes ?? []);
  if (change.model !== undefined && change.model !== current.model) await engine.models.place(change.model);
  await proveTypes(context, paths, current, change.entityTypes ?? []);
  // From here on nothing waits: what is read is what is replaced.
  const { config, text } = read(paths);
  if (basedOn !== undefined && basedOn !== withoutPasswords(text)) throw configChanged(paths.config);
  const next = editConfig(text, config, change);
  parseWorkspaceConfig(paths, next);
  if (next !== text) write(paths, next);
  return settings(context);
}

function read(paths: WorkspacePaths): { config: Config; text: string } {
  // Says what is wrong where the file is gone or cannot be read.
  const config = loadConfig(paths);
  return { config, text: readFileSync(paths.config, 'utf8') };
}

function write(paths: WorkspacePaths, text: string): void {
  try {
    // A link stays one.
    writeFileDurably(realpathSync(paths.config), text);
  } catch (error) {
    throw fileError(error, paths.config);
  }
}

function toSettings(config: Config): Settings {
  const { model, maxDeletePercent, chunking } = config;
  return {
    model,
    maxDeletePercent,
    failOn: config.failOn ?? null,
    workers: config.workers ?? null,
    chunking: { maxTokens: chunking.maxTokens ?? null, overlapTokens: chunking.overlapTokens ?? null },
    entityTypes: Object.entries(config.entityTypes).map(([name, { key, template, filter }]) => ({
      name,
      key,
      template,
      ...(filter === undefined ? {} : { filter }),
    })),
  };
}

/** What jobs would refuse: errors that are about an entity type, and not about a source that is away just now. */
const ABOUT_TYPES = ['ENTITY_TYPE_UNKNOWN', 'COLUMN_UNKNOWN', 'KEY_MISSING', 'FILTER_INVALID'];

async function proveTypes(
  context: SetupContext,
  paths: WorkspacePaths,
  current: Config,
  types: readonly ChosenType[],
): Promise<void> {
  const changed = types.filter((type) => !isConfigured(current, type));
  for (const { template } of changed) compileTemplate(template);
  if (changed.length === 0) return;
  try {
    await withSource(sourceConfig(paths, current), context.workers, async (thread) => {
      for (const type of changed) await openChosen(thread, type);
    });
  } catch (error) {
    if (hasCode(error, ...ABOUT_TYPES)) throw error;
  }
}

function isConfigured({ entityTypes }: Config, { name, key, template, filter }: ChosenType): boolean {
  const found = Object.hasOwn(entityTypes, name) ? entityTypes[name] : undefined;
  return (
    found !== undefined &&
    found.template === template &&
    found.filter === filter &&
    JSON.stringify(found.key) === JSON.stringify(key)
  );
}

const configChanged = (file: string): PlumblineError =>
  new PlumblineError('CONFIG_CHANGED', `${file} has changed since it was read`, {
    hint: 'Read the settings anew and make the change again. Nothing was written.',
  });
