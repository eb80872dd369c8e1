/** From a name and untrusted input to an operation's output: what every door calls. */
import { operations, type Input, type OperationName, type Output } from '../contract.ts';
import type { Engine } from '../engine.ts';
import { PlumblineError } from '../errors.ts';
import { implementations } from '../operations/index.ts';

/**
 * Validates the input and runs the operation.
 * @throws PlumblineError `INPUT_INVALID`, naming the field, and those of the operation.
 */
export async function dispatch<N extends OperationName>(
  engine: Engine,
  name: N,
  input: unknown,
  signal: AbortSignal,
): Promise<Output<N>> {
  const parsed = operations[name].input.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') ?? '';
    throw new PlumblineError(
      'INPUT_INVALID',
      `${field === '' ? '' : `${field}: `}${issue?.message ?? 'invalid'}`,
      {
        hint: `See \`plumbline ${name} --help\`.`,
      },
    );
  }
  return implementations[name](engine, parsed.data as Input<N>, signal);
}
