/** Entity types by name, with an answer for names that the source has and the configuration does not. */
import type { Engine } from '../engine.ts';
import { PlumblineError } from '../errors.ts';
import type { Target } from '../jobs/context.ts';
import { selectTargets, unknownType } from '../jobs/targets.ts';

/**
 * The targets of these names; all selected ones when none are named.
 * @throws PlumblineError `ENTITY_TYPE_NOT_SELECTED` with the reason and the lines to add; `ENTITY_TYPE_UNKNOWN`.
 */
export async function selectKnownTargets(
  engine: Engine,
  names: readonly string[] | undefined,
): Promise<Target[]> {
  for (const name of names ?? []) {
    if (!Object.hasOwn(engine.config.entityTypes, name)) await explainUnselected(engine, name);
  }
  return selectTargets(engine.config, names);
}

async function explainUnselected(engine: Engine, name: string): Promise<void> {
  const { thread } = await engine.source();
  const type = (await thread.call('discover')).find((found) => found.name === name);
  if (type === undefined) throw unknownType(engine.config, name);
  const key = type.keyColumns.length > 0 ? type.keyColumns : ['<columns that identify a row>'];
  const text = type.textColumns.map((column) => `{{${column}}}`).join(' ') || '{{<column>}}';
  const lines = `${JSON.stringify(name)}: { key: ${JSON.stringify(key)}, template: ${JSON.stringify(text)} }`;
  throw new PlumblineError('ENTITY_TYPE_NOT_SELECTED', `"${name}" is not selected: ${type.reason}`, {
    hint: `To opt in, add under entityTypes: in ${engine.paths.config}:  ${lines}`,
  });
}

/**
 * A type that is configured, or that the catalog still knows.
 * @throws PlumblineError `ENTITY_TYPE_UNKNOWN` with the nearest name.
 */
export function checkType(engine: Engine, name: string): void {
  if (Object.hasOwn(engine.config.entityTypes, name) || engine.catalog.generations.typeId(name) !== null)
    return;
  throw unknownType(engine.config, name);
}
