/** From the configuration's entity types to targets, and from targets to recipes in the catalog. */
import type { ReadableCatalog, WritableCatalog } from '../catalog/catalog.ts';
import { DEFAULT_OVERLAP_TOKENS, type Config } from '../config.ts';
import { PlumblineError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { recipeFingerprint, type RecipeDefinition } from '../recipe.ts';
import { compileTemplate } from '../template.ts';
import type { Models, RecipeTarget, Target } from './context.ts';

/**
 * The targets of these names, all of them when none are named.
 * @throws PlumblineError `ENTITY_TYPE_UNKNOWN` with the nearest name, `NOTHING_SELECTED`, `TEMPLATE_INVALID`.
 */
export function selectTargets(config: Config, names: readonly string[] | undefined): Target[] {
  const known = Object.keys(config.entityTypes);
  if (known.length === 0) {
    throw new PlumblineError('NOTHING_SELECTED', 'plumbline.yaml selects no entity type', {
      hint: 'Add one under `entityTypes:` with its key and template; `plumbline discover` lists what there is.',
    });
  }
  return (names === undefined || names.length === 0 ? known : [...new Set(names)]).map((name) =>
    toTarget(config, name),
  );
}

function toTarget(config: Config, name: string): Target {
  const type = Object.hasOwn(config.entityTypes, name) ? config.entityTypes[name] : undefined;
  if (type === undefined) throw unknownType(config, name);
  const chunking = { ...config.chunking, ...type.chunking };
  return {
    name,
    spec: {
      entityType: name,
      keyColumns: type.key,
      columns: compileTemplate(type.template).columns,
      filter: type.filter ?? null,
      template: type.template,
    },
    chunking: {
      maxTokens: chunking.maxTokens ?? null,
      overlapTokens: chunking.overlapTokens ?? DEFAULT_OVERLAP_TOKENS,
    },
    model: type.model ?? config.model,
    maxDeletePercent: type.maxDeletePercent ?? config.maxDeletePercent,
  };
}

/** Names listed in a hint. */
const MAX_NAMES = 12;

/** The error for a name that no entity type has, with the nearest one. */
export function unknownType(config: Config, name: string): PlumblineError {
  const known = Object.keys(config.entityTypes);
  const meant = nearest(name, known);
  const names = `${known.slice(0, MAX_NAMES).join(', ')}${known.length > MAX_NAMES ? ', …' : ''}`;
  const hints = [
    meant === null ? null : `Did you mean "${meant}"?`,
    known.length === 0 ? 'plumbline.yaml selects none yet.' : `Selected are ${names}.`,
    '`plumbline discover` lists what the source has.',
  ];
  return new PlumblineError('ENTITY_TYPE_UNKNOWN', `"${name}" is not an entity type of this workspace`, {
    hint: hints.filter((hint) => hint !== null).join(' '),
  });
}

/** Ids of the target's model and recipe; null where they were never used. Writes nothing. */
export async function findRecipe(
  catalog: ReadableCatalog,
  models: Models,
  target: Target,
): Promise<{ modelId: number | null; recipeId: number | null }> {
  const { fingerprint } = await models.info(target.model);
  return {
    modelId: catalog.generations.modelId(fingerprint),
    recipeId: catalog.generations.recipeId(recipeFingerprint(definitionOf(target, fingerprint))),
  };
}

function definitionOf(target: Target, modelFingerprint: string): RecipeDefinition {
  return { template: target.spec.template, chunking: target.chunking, modelFingerprint };
}

/** Resolves the target's model and registers type, model and recipe. */
export async function registerRecipe(
  catalog: WritableCatalog,
  models: Models,
  target: Target,
): Promise<RecipeTarget> {
  const modelInfo = await models.info(target.model);
  const definition = definitionOf(target, modelInfo.fingerprint);
  return catalog.transaction(() => {
    const modelId = catalog.generations.ensureModel({
      fingerprint: modelInfo.fingerprint,
      name: target.model,
      dimensions: modelInfo.dimensions,
      definition: JSON.stringify(modelInfo),
    });
    const recipeId = catalog.generations.ensureRecipe({
      fingerprint: recipeFingerprint(definition),
      modelId,
      definition: JSON.stringify(definition),
    });
    return {
      ...target,
      entityTypeId: catalog.generations.ensureType(target.name),
      recipeId,
      modelId,
      modelInfo,
    };
  });
}
