import { statSync } from 'node:fs';
import { EXIT, PlumblineError, type ErrorOptions } from '../../errors.ts';
import { schemaChanged } from '../spec-check.ts';

/** Code of an SQL statement that SQLite refused: a bad filter, a broken view, or a schema that changed under a scan. */
export const QUERY_FAILED = 'SOURCE_QUERY_FAILED';

/**
 * What SQLite reported, as the person should read it. Errors that do not come from SQLite are returned as they are.
 * Only the primary result code decides (`SQLITE_BUSY_SNAPSHOT` is a `SQLITE_BUSY`); the original stays as `cause`.
 */
export function sqliteError(error: unknown, path: string): unknown {
  const code = sqliteCode(error);
  if (code === null) return error;
  const detail = (error as Error).message;
  const fail = (ours: string, message: string, options: ErrorOptions) =>
    new PlumblineError(ours, message, { cause: error, details: { path, sqlite: code }, ...options });
  switch (/^SQLITE_[A-Z]+/.exec(code)?.[0]) {
    case 'SQLITE_NOTADB':
      return fail('SOURCE_NOT_A_DATABASE', `${path} is not an SQLite database`, {
        hint: 'It may be encrypted (SQLCipher) or another kind of file; give the path of a plain SQLite database.',
      });
    case 'SQLITE_CORRUPT':
      return fail('SOURCE_CORRUPT', `${path} is damaged: ${detail}`, {
        hint: 'Run `sqlite3 FILE "PRAGMA integrity_check"`, then restore a backup or use `sqlite3 FILE .recover`.',
      });
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return fail('SOURCE_BUSY', `${path} is locked by another program: ${detail}`, {
        hint: 'Another program is writing to it; try again when it is done, or switch the database to WAL mode.',
        retryable: true,
      });
    case 'SQLITE_FULL':
      // Nothing is ever written to the source itself, so it is the temporary copy of a view or an unindexed key.
      return fail('DISK_FULL', `no room for temporary data while reading ${path}`, {
        hint: 'Free space in the temporary folder, or name a larger one in the environment variable SQLITE_TMPDIR.',
        retryable: true,
        exitCode: EXIT.interrupted,
      });
    case 'SQLITE_IOERR':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
    case 'SQLITE_PERM':
    case 'SQLITE_AUTH':
      return fail('SOURCE_UNREADABLE', `${path} cannot be read: ${detail} (${code})`, {
        hint: 'Check that the file and its folder can be read and that the disk is connected and healthy.',
        retryable: code.startsWith('SQLITE_IOERR'),
      });
    default:
      return fail(QUERY_FAILED, detail, {
        hint: 'Check the view, filter or generated column that the statement uses.',
      });
  }
}

/** SQLite's result code of an error thrown by the driver, e.g. `SQLITE_BUSY_SNAPSHOT`; null for other errors. */
export function sqliteCode(error: unknown): string | null {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : null;
}

/** To SQLite a file of no bytes is a database without tables; that it was another one a moment ago is for us to know. */
function isEmptied(path: string): boolean {
  try {
    return statSync(path).size === 0;
  } catch {
    return false;
  }
}

function emptied(path: string, cause: unknown): PlumblineError {
  return new PlumblineError('SOURCE_CORRUPT', `${path} is empty: it was cut off while it was read`, {
    hint: 'Restore it, for instance from a backup, then go on with `plumbline resume`.',
    cause,
    details: { path },
  });
}

/**
 * A statement that was valid when its reader was opened and now names something that is gone: the schema changed. Other
 * failures (a filter that overflows on one row) are returned as they are.
 */
export function asSchemaChange(error: unknown, entityType: string): unknown {
  const gone = /no such (table|view|column|index)|no query solution|has no column|ambiguous column|misuse of/;
  if (!(error instanceof PlumblineError) || error.code !== QUERY_FAILED || !gone.test(error.message))
    return error;
  const path = String(error.details?.['path'] ?? '');
  if (isEmptied(path)) return emptied(path, error);
  return schemaChanged(entityType, 'A table, column or index', error);
}
