/** Errors that all database servers have in common, in the words that people read. Never with a secret. */
import { hasCode, PlumblineError } from '../../errors.ts';
import { schemaChanged } from '../spec-check.ts';

/** Code of a statement that the server refused. `details.unfitValue`: because of a value that does not fit a type. */
export const QUERY_FAILED = 'SOURCE_QUERY_FAILED';

/** Whom and where an error speaks of. */
export interface Whereabouts {
  /** `shop on db.example:5432`. */
  readonly label: string;
  readonly database: string;
  readonly user: string;
}

export const unavailable = ({ label }: Whereabouts, detail: string, cause: unknown): PlumblineError =>
  new PlumblineError('SOURCE_UNAVAILABLE', `${label} does not answer: ${detail}`, {
    hint: 'Check host, port and network, and that the server is running; jobs go on with `plumbline resume`.',
    retryable: true,
    cause,
  });

export const loginRefused = ({ label, user }: Whereabouts, detail: string, cause: unknown): PlumblineError =>
  new PlumblineError('SOURCE_LOGIN_REFUSED', `${label} does not let ${user} in: ${detail}`, {
    hint: 'Check user and password of the source in plumbline.yaml, and where the password comes from; see docs/sources.md.',
    cause,
  });

export const noSuchDatabase = ({ label, database }: Whereabouts, cause: unknown): PlumblineError =>
  new PlumblineError('SOURCE_NOT_FOUND', `there is no database "${database}" (${label})`, {
    hint: 'Check the name of the database in the source.',
    cause,
  });

export const tlsRefused = ({ label }: Whereabouts, detail: string, cause: unknown): PlumblineError =>
  new PlumblineError('SOURCE_TLS_REFUSED', `no encrypted connection to ${label}: ${detail}`, {
    hint: 'Set tls of the source to what the server offers, and tlsCa to the certificate that signed its own; see docs/sources.md.',
    cause,
  });

export const forbidden = (
  { user }: Whereabouts,
  detail: string,
  grant: string,
  cause: unknown,
): PlumblineError =>
  new PlumblineError('SOURCE_FORBIDDEN', `${user} may not read it: ${detail}`, {
    hint: `Let somebody who may grant it: ${grant}`,
    cause,
  });

export const busy = ({ label }: Whereabouts, detail: string, hint: string, cause: unknown): PlumblineError =>
  new PlumblineError('SOURCE_BUSY', `${label}: ${detail}`, { hint, retryable: true, cause });

/** A wait for a lock was given up. `processes` is the server's own list of who is at work. */
export const locked = (where: Whereabouts, processes: string, cause: unknown): PlumblineError =>
  busy(
    where,
    'another transaction holds a lock on what is read',
    `Try again when it is done, jobs with \`plumbline resume\`; \`${processes}\` shows who.`,
    cause,
  );

export const corrupt = ({ label }: Whereabouts, detail: string, cause: unknown): PlumblineError =>
  new PlumblineError('SOURCE_CORRUPT', `${label} is damaged: ${detail}`, {
    hint: 'The server found damage in its own files: its log says more.',
    cause,
  });

export function queryFailed(
  detail: string,
  cause: unknown,
  details: Record<string, unknown>,
): PlumblineError {
  return new PlumblineError(QUERY_FAILED, detail, {
    hint: 'Check the view, filter or generated column that the statement uses.',
    cause,
    details,
  });
}

/**
 * What a statement of a reader failed with. One that was valid when its reader was opened and now names something that is
 * gone (`details.missing`): the schema changed.
 */
export function readingError(error: unknown, entityType: string): unknown {
  if (!(error instanceof PlumblineError) || error.details?.['missing'] !== true)
    return namingType(error, entityType);
  return schemaChanged(entityType, 'A table or column', error);
}

/** The server speaks of its sessions where something is busy, and not of what they wanted to read. */
export function namingType(error: unknown, entityType: string): unknown {
  if (!hasCode(error, 'SOURCE_BUSY')) return error;
  const { message, hint, retryable } = error;
  return new PlumblineError('SOURCE_BUSY', `"${entityType}" was not read: ${message}`, {
    ...(hint === null ? {} : { hint }),
    retryable,
    cause: error,
    details: { entityType },
  });
}
