/** A read spec against the names that there are, and what is said where they have changed since. */
import { PlumblineError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { shellWord } from '../shell-word.ts';
import type { ReadSpec } from './source.ts';

/** @param where the source, for the message */
export function typeUnknown(where: string, name: string, names: readonly string[]): PlumblineError {
  const near = nearest(name, names);
  return new PlumblineError('ENTITY_TYPE_UNKNOWN', `${where} has no table or view "${name}"`, {
    hint: near === null ? 'Run `plumbline discover` to see what there is.' : `Did you mean "${near}"?`,
    details: { entityType: name, nearest: near },
  });
}

/** @throws PlumblineError `KEY_MISSING`, `COLUMN_UNKNOWN`. */
export function checkColumns(spec: ReadSpec, names: readonly string[]): void {
  const { entityType } = spec;
  if (spec.keyColumns.length === 0) {
    throw new PlumblineError(
      'KEY_MISSING',
      `"${entityType}" has no key that its rows could be told apart by`,
      {
        hint: `Declare one in plumbline.yaml, e.g. key: [${names[0] ?? 'column'}]. Its columns: ${names.join(', ')}.`,
        details: { entityType },
      },
    );
  }
  const unknown = [...spec.keyColumns, ...spec.columns].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new PlumblineError('COLUMN_UNKNOWN', `"${entityType}" has no column "${unknown}"`, {
    hint: columnHint(unknown, names),
    details: { entityType, column: unknown, nearest: nearest(unknown, names) },
  });
}

/**
 * @param unknownColumn the column that the filter names and the table lacks, where that is what is wrong
 * @param dialect whose conditions these are, e.g. `SQLite`
 */
export function filterInvalid(
  spec: ReadSpec,
  names: readonly string[],
  problem: { message: string; unknownColumn: string | undefined; dialect: string; cause: unknown },
): PlumblineError {
  const { message, unknownColumn, dialect, cause } = problem;
  return new PlumblineError('FILTER_INVALID', `the filter of "${spec.entityType}" is not valid: ${message}`, {
    hint:
      unknownColumn === undefined
        ? `Write what may follow WHERE in ${dialect}, e.g. filter: ${names[0] ?? 'column'} IS NOT NULL.`
        : columnHint(unknownColumn, names),
    cause,
    details: { entityType: spec.entityType, filter: spec.filter },
  });
}

/**
 * A table or column that was there when its reader was opened is gone.
 * @param what can have gone, e.g. `A table or column`
 */
export function schemaChanged(entityType: string, what: string, cause: PlumblineError): PlumblineError {
  return new PlumblineError('SOURCE_CHANGED', `"${entityType}" changed while it was read: ${cause.message}`, {
    hint:
      `${what} was renamed or dropped. Put it back and run \`plumbline resume\`, or run \`plumbline discover\`, ` +
      'correct plumbline.yaml and run again.',
    cause,
    details: { entityType },
  });
}

/** A scan was to go on after a key that no row can have any more. `other`: what its key has now. */
export function keyChanged(entityType: string, other: string): PlumblineError {
  return new PlumblineError(
    'KEY_CHANGED',
    `"${entityType}" changed while it was read: its key has ${other} now`,
    {
      hint: `Run \`plumbline index ${shellWord(entityType)}\`: it reads from the start.`,
      details: { entityType },
    },
  );
}

function columnHint(unknown: string, names: readonly string[]): string {
  const near = nearest(unknown, names);
  return near === null ? `Its columns: ${names.join(', ')}.` : `Did you mean "${near}"?`;
}
