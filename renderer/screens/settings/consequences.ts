/** What changed settings do to the index, said before they are saved. Pure. */
import type { ChosenType, Settings } from '../../../engine/setup-contract.ts';
import { formatPlural } from '../../format.ts';

/** Entities in the index by entity type; absent where it was never validated. */
export type Indexed = ReadonlyMap<string, number>;

/** One sentence for each; none where nothing that is indexed becomes outdated. */
export function consequencesOf(before: Settings, after: Settings, indexed: Indexed): string[] {
  const all = before.entityTypes.map(({ name }) => name);
  const sentences: string[] = [];
  if (after.model !== before.model)
    sentences.push(
      `With another model ${entities(indexed, all)} become outdated. The next Index embeds everything anew, beside the index that serves searches until then.`,
    );
  if (JSON.stringify(after.chunking) !== JSON.stringify(before.chunking))
    sentences.push(
      `With other chunks ${entities(indexed, all)} become outdated. The next Index cuts them anew and embeds the chunks that are new.`,
    );
  const former = new Map(before.entityTypes.map((type) => [type.name, type]));
  for (const type of after.entityTypes) {
    const was = former.get(type.name);
    sentences.push(...(was === undefined ? [added(type)] : ofType(was, type, indexed)));
  }
  const kept = new Set(after.entityTypes.map(({ name }) => name));
  for (const { name } of before.entityTypes)
    if (!kept.has(name)) sentences.push(`${name} is left out of jobs, reports and searches from then on.`);
  return sentences;
}

const added = ({ name }: ChosenType): string => `${name} is missing from the index until it is indexed.`;

function ofType(was: ChosenType, is: ChosenType, indexed: Indexed): string[] {
  const { name } = is;
  if (was.key.join('\0') !== is.key.join('\0'))
    return [`With another key everything indexed of ${name} is orphaned, and all its rows are missing.`];
  const sentences: string[] = [];
  if (was.template !== is.template)
    sentences.push(
      `With another template ${entities(indexed, [name])} of ${name} become outdated. The next Index embeds those whose text differs.`,
    );
  if ((was.filter ?? '') !== (is.filter ?? ''))
    sentences.push(
      `With another condition, rows of ${name} that no longer meet it become orphaned, and those that now do are missing.`,
    );
  return sentences;
}

/** `all 1,204 entities`: only where every type's number is known. */
function entities(indexed: Indexed, names: readonly string[]): string {
  const counts = names.map((name) => indexed.get(name));
  if (counts.length === 0 || counts.includes(undefined)) return 'all indexed entities';
  const sum = counts.reduce<number>((total, count) => total + (count ?? 0), 0);
  return `all ${formatPlural(sum, 'entity', 'entities')}`;
}
