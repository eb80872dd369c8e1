/** From a name and untrusted input to an operation's output: what every door calls. */
import type { z } from 'zod';
import { catalogError } from '../catalog/database.ts';
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
  if (!parsed.success) throw invalidInput(parsed.error);
  try {
    return await implementations[name](engine, parsed.data as Input<N>, signal);
  } catch (error) {
    // Sources and threads explain their errors themselves: what SQLite says here is about the catalog.
    throw catalogError(error, engine.paths.catalog);
  }
}

/** The first thing wrong with an input, as the person who gave it can put it right. */
export function invalidInput({ issues: [issue] }: z.ZodError): PlumblineError {
  const field = issue?.path.join('.') ?? '';
  return new PlumblineError('INPUT_INVALID', `${field === '' ? 'the input' : field} ${problem(issue)}`);
}

/** As a clause that follows the field's name. */
function problem(issue: z.ZodError['issues'][number] | undefined): string {
  if (issue?.code === 'unrecognized_keys') return `has no field "${issue.keys[0]}"`;
  if (issue?.code === 'too_big') return `must be at most ${issue.maximum}`;
  if (issue?.code !== 'too_small') return `is invalid: ${issue?.message ?? 'unknown'}`;
  return issue.origin === 'string' ? 'must not be empty' : `must be at least ${issue.minimum}`;
}
