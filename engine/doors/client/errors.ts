/** Answers that are errors, as the errors that they were. */
import { errorSchema } from '../../contract.ts';
import { EXIT, PlumblineError, type ExitCode } from '../../errors.ts';
import { EXIT_CODE_HEADER } from '../../routes.ts';

/** The error that a failed answer holds. */
export function errorOf(response: Response, body: unknown): PlumblineError {
  const parsed = errorSchema.safeParse((body as { error?: unknown } | null)?.error);
  if (!parsed.success)
    return new PlumblineError(
      'SERVER_ODD',
      `the server answered ${response.status} and not in its own words`,
      {
        exitCode: EXIT.unexpected,
      },
    );
  const { code, message, hint, retryable } = parsed.data;
  const exitCode = exitCodeOf(response);
  return new PlumblineError(code, message, { retryable, exitCode, ...(hint === null ? {} : { hint }) });
}

function exitCodeOf(response: Response): ExitCode {
  const given = Number(response.headers.get(EXIT_CODE_HEADER) ?? NaN);
  const known = Object.values(EXIT).find((code) => code === given);
  return known ?? (response.status >= 500 ? EXIT.unexpected : EXIT.usage);
}

/** No answer at all. */
export function unreachable(cause: unknown): PlumblineError {
  return new PlumblineError('SERVER_UNREACHABLE', 'the server of this workspace does not answer any more', {
    hint: 'Jobs that it was running are interrupted: `plumbline jobs --state interrupted` lists them.',
    retryable: true,
    exitCode: EXIT.interrupted,
    cause,
  });
}
