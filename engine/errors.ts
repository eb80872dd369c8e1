/**
 * One error type for the whole product: what happened (`message`), what to do next (`hint`), whether trying
 * again helps (`retryable`), and which exit code it maps to. Errors cross threads and processes as plain data
 * (`toErrorData` / `fromErrorData`), because structured clone drops the fields of custom errors.
 */

/** Exit codes of the command line; fixed by the contract. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  drift: 3,
  deadLetters: 4,
  interrupted: 5,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error as it travels between threads, over REST and in `--json`. */
export interface ErrorData {
  code: string;
  message: string;
  hint: string | null;
  retryable: boolean;
  exitCode: ExitCode;
  details?: Record<string, unknown>;
}

export interface ErrorOptions {
  hint?: string;
  retryable?: boolean;
  /** Default 2: something the person or the calling program can put right. */
  exitCode?: ExitCode;
  cause?: unknown;
  /** Extra facts for programs: paths, keys, numbers. Never secrets. */
  details?: Record<string, unknown>;
}

export class PlumblineError extends Error {
  readonly code: string;
  readonly hint: string | null;
  readonly retryable: boolean;
  readonly exitCode: ExitCode;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PlumblineError';
    this.code = code;
    this.hint = options.hint ?? null;
    this.retryable = options.retryable ?? false;
    this.exitCode = options.exitCode ?? EXIT.usage;
    this.details = options.details;
  }
}

/** Whether an error is one of ours with one of these codes. */
export const hasCode = (error: unknown, ...codes: string[]): error is PlumblineError =>
  error instanceof PlumblineError && codes.includes(error.code);

/** Any thrown value as data. Unknown errors become `UNEXPECTED` (exit code 1) with their own message. */
export function toErrorData(error: unknown): ErrorData {
  if (error instanceof PlumblineError) {
    return {
      code: error.code,
      message: error.message,
      hint: error.hint,
      retryable: error.retryable,
      exitCode: error.exitCode,
      ...(error.details === undefined ? {} : { details: error.details }),
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'UNEXPECTED', message, hint: null, retryable: false, exitCode: EXIT.unexpected };
}

/** What callers are told of an error. */
export type PublicError = Pick<ErrorData, 'code' | 'message' | 'hint' | 'retryable'>;

/** An error without what only the process that met it needs. */
export const publicError = ({ code, message, hint, retryable }: PublicError): PublicError => ({
  code,
  message,
  hint,
  retryable,
});

/** The inverse of {@link toErrorData}. */
export function fromErrorData(data: ErrorData): PlumblineError {
  return new PlumblineError(data.code, data.message, {
    retryable: data.retryable,
    exitCode: data.exitCode,
    ...(data.hint === null ? {} : { hint: data.hint }),
    ...(data.details === undefined ? {} : { details: data.details }),
  });
}
