/** An operation's input as the command line takes it. */
import type { OperationName } from '../../engine/contract.ts';

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Fields that stand behind the verb, in order. */
const ARGUMENTS: Partial<Record<OperationName, readonly string[]>> = {
  search: ['entityType', 'query'],
  entity: ['entityType', 'key'],
  status: ['job'],
  retry: ['target'],
};
const ANY_ARGUMENTS = ['entityTypes', 'entityType', 'job'];
const FLAGS: Readonly<Record<string, string>> = {
  keys: '--key',
  states: '--state',
  classes: '--class',
  maxDeletePercent: '--max-delete',
  k: '-k',
};

/** `['index', 'note', '--dry-run']`. */
export function commandLine(operation: OperationName, input: Readonly<Record<string, unknown>>): string[] {
  const isType = operation === 'jobs';
  const behind = isType ? [] : (ARGUMENTS[operation] ?? ANY_ARGUMENTS);
  const args = behind.flatMap((field) => [input[field] ?? []].flat().map(String));
  const options = Object.entries(input)
    .filter(([field]) => !behind.includes(field))
    .flatMap(([field, value]) => {
      const flag = FLAGS[field] ?? (field === 'entityType' ? '--type' : `--${kebab(field)}`);
      if (value === true) return [flag];
      return [value].flat().flatMap((item) => [flag, String(item)]);
    });
  return [kebab(operation), ...args, ...options];
}
