/** Entity types by name, with an answer for names that the source has and the configuration does not. */
import type { Engine } from '../engine.ts';
import { PlumblineError } from '../errors.ts';
import type { Target } from '../jobs/context.ts';
import { selectTargets } from '../jobs/targets.ts';
import { nearest } from '../nearest.ts';

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
  if (type === undefined) throw unknownType(engine, name);
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
  throw unknownType(engine, name);
}

/** Names listed in a hint. */
const MAX_NAMES = 12;

function unknownType(engine: Engine, name: string): PlumblineError {
  const known = Object.keys(engine.config.entityTypes);
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
