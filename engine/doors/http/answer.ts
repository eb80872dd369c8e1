/** Answers of the REST door: JSON with 64-bit integers in full, and errors in the contract's shape. */
import { PlumblineError, toErrorData } from '../../errors.ts';
import { stringify } from '../../json.ts';
import { EXIT_CODE_HEADER } from '../../routes.ts';
import { retryAfter, statusOf } from './status-codes.ts';

export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(stringify(value), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  });
}

/** Of an error that nobody foresaw only the message is told, never the stack. */
export function errorAnswer(error: unknown): Response {
  const { code, message, hint, retryable, exitCode } = toErrorData(error);
  const status = statusOf({ code, retryable, exitCode });
  const after = retryAfter(status, code);
  return json({ error: { code, message, hint, retryable } }, status, {
    [EXIT_CODE_HEADER]: String(exitCode),
    ...(after === null ? {} : { 'retry-after': String(after) }),
    ...(status === 401 ? { 'www-authenticate': 'Bearer realm="plumbline"' } : {}),
    ...(error instanceof MethodError ? { allow: error.allowed.join(', ') } : {}),
  });
}

/** A path that is there, asked in another way. */
export class MethodError extends PlumblineError {
  readonly allowed: readonly string[];

  constructor(path: string, method: string, allowed: readonly string[]) {
    super('METHOD_UNKNOWN', `${path} does not know ${method}`, { hint: `It answers ${allowed.join(', ')}.` });
    this.allowed = allowed;
  }
}
