/** What a recipe of the catalog is, as the contract tells it. */
import type { ReadableCatalog } from '../catalog/catalog.ts';
import type { Entity } from '../contract.ts';
import type { RecipeDefinition } from '../recipe.ts';

export type MadeWith = Pick<NonNullable<Entity['indexed']>, 'model' | 'recipe'>;

export function madeWith({ generations }: ReadableCatalog, recipeId: number): MadeWith {
  const { fingerprint, definition, model } = generations.recipe(recipeId);
  const { template, chunking } = JSON.parse(definition) as RecipeDefinition;
  return { model, recipe: { fingerprint, template, chunking } };
}
