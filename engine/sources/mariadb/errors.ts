/** What MariaDB, MySQL and the driver report, as the person should read it. Numbers: https://mariadb.com/kb/en/mariadb-error-codes/ */
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

const LOGIN = new Set([1045, 1044, 1698, 1862, 1820]);
const RIGHTS = new Set([1142, 1143, 1227, 1345, 1370]);
const MISSING = new Set([1146, 1054]);
const CRASHED = new Set([1034, 1035, 1194, 1195, 126, 127, 144, 145]);
const SHUT_DOWN = new Set([1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2006, 2013]);

/** @returns PlumblineError; one that is already is returned as it is. The driver's own message would quote statements. */
export function mariadbError(error: unknown, where: Whereabouts): PlumblineError {
  if (error instanceof PlumblineError) return error;
  const { number, code, message, isFatal } = parts(error);
  if (LOGIN.has(number)) return loginRefused(where, message, error);
  if (number === 1049) return noSuchDatabase(where, error);
  if (RIGHTS.has(number)) {
    return forbidden(where, message, `GRANT SELECT ON … TO ${where.user}`, error);
  }
  if (number === 1205) return locked(where, 'SHOW PROCESSLIST', error);
  if (number === 1213) return busy(where, message, 'It passes by itself: run the same command again.', error);
  if (number === 1969 || number === 3024 || number === 1317) {
    return busy(
      where,
      `a statement was stopped: ${message}`,
      'Give it more time with `timeout` of the source in plumbline.yaml.',
      error,
    );
  }
  if (number === 1040 || number === 1203 || number === 1226) {
    return busy(
      where,
      message,
      'The server has no connection free; try again, or raise its max_connections.',
      error,
    );
  }
  if (CRASHED.has(number)) return corrupt(where, message, error);
  if (code === 'ER_SERVER_SSL_DISABLED') return tlsRefused(where, 'the server offers none', error);
  if (/CERT|ALTNAME|LEAF_SIGNATURE|^ERR_(TLS|SSL)|^EPROTO$|SSL/.test(code))
    return tlsRefused(where, message, error);
  if (isFatal || SHUT_DOWN.has(number)) return unavailable(where, message === '' ? code : message, error);
  return queryFailed(message, error, { number, missing: MISSING.has(number), unfitValue: false });
}

function parts(error: unknown): { number: number; code: string; message: string; isFatal: boolean } {
  const { errno, code, sqlMessage, fatal, cause } = error as {
    errno?: unknown;
    code?: unknown;
    sqlMessage?: unknown;
    fatal?: unknown;
    cause?: { code?: unknown };
  };
  const message = typeof sqlMessage === 'string' ? sqlMessage : error instanceof Error ? error.message : '';
  const inner = cause?.code;
  return {
    number: typeof errno === 'number' ? errno : 0,
    code: [code, inner].filter((name) => typeof name === 'string').join(' '),
    message,
    // What is no error of the server's own is one of the connection.
    isFatal: fatal === true || typeof errno !== 'number' || errno < 0,
  };
}
