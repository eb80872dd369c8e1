/** What PostgreSQL and its driver report, as the person should read it. Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
import { PlumblineError } from '../../errors.ts';
import {
  busy,
  corrupt,
  forbidden,
  locked,
  loginRefused,
  noSuchDatabase,
  queryFailed,
  tlsRefused,
  unavailable,
  type Whereabouts,
} from '../server/errors.ts';

/** SQLSTATEs of a statement that names something that is not there. */
const MISSING = new Set(['42P01', '42703', '42704', '3F000']);

/** @returns PlumblineError; one that is already is returned as it is. */
export function postgresError(error: unknown, where: Whereabouts): PlumblineError {
  if (error instanceof PlumblineError) return error;
  const { code, message } = parts(error);
  if (/^[0-9A-Z]{5}$/.test(code)) return serverError(code, message, error, where);
  if (/server does not support SSL/i.test(message)) return tlsRefused(where, 'the server offers none', error);
  if (/CERT|ALTNAME|LEAF_SIGNATURE|^ERR_(TLS|SSL)|^EPROTO$/.test(code))
    return tlsRefused(where, message, error);
  if (/SASL|password must be a string/.test(message)) {
    return loginRefused(where, 'it asks for a password, and there is none', error);
  }
  return unavailable(where, message === '' ? code : message, error);
}

function serverError(code: string, message: string, cause: unknown, where: Whereabouts): PlumblineError {
  switch (code) {
    case '28P01':
    case '28000':
      return loginRefused(where, message, cause);
    case '3D000':
      return noSuchDatabase(where, cause);
    case '42501':
      return forbidden(where, message, `GRANT SELECT ON … TO ${where.user}`, cause);
    case '55P03':
      return locked(where, 'SELECT * FROM pg_stat_activity', cause);
    case '57014':
      return busy(
        where,
        `a statement was stopped: ${message}`,
        'Give it more time with `timeout` of the source in plumbline.yaml.',
        cause,
      );
    case '40001':
    case '40P01':
      return busy(where, message, 'It passes by itself: run the same command again.', cause);
    case '53300':
    case '53400':
      return busy(
        where,
        message,
        'The server has no connection free; try again, or raise its max_connections.',
        cause,
      );
    case 'XX001':
    case 'XX002':
      return corrupt(where, message, cause);
    default:
      break;
  }
  // 08P01 is a statement that wants parameters: a filter with `$1`.
  if (/^(08(?!P01)|53|57P|58)/.test(code)) return unavailable(where, message, cause);
  return queryFailed(message, cause, {
    sqlState: code,
    missing: MISSING.has(code),
    unfitValue: code.startsWith('22'),
  });
}

function parts(error: unknown): { code: string; message: string } {
  // Several addresses of one host that all fail come as one error without a message.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { code } = first as { code?: unknown };
  return { code: typeof code === 'string' ? code : '', message: first instanceof Error ? first.message : '' };
}
