/** From a name and untrusted input to the output of an operation of the setup contract. */
import { catalogError } from '../catalog/database.ts';
import { noWorkspace, type SetupContext } from '../setup/context.ts';
import { setupImplementations } from '../setup/index.ts';
import {
  setupOperations,
  type SetupInput,
  type SetupOperationName,
  type SetupOutput,
} from '../setup-contract.ts';
import { invalidInput } from './dispatch.ts';

/**
 * Validates the input and runs the operation.
 * @throws PlumblineError `INPUT_INVALID`, naming the field; `NO_WORKSPACE`; those of the operation.
 */
export async function dispatchSetup<N extends SetupOperationName>(
  context: SetupContext,
  name: N,
  input: unknown,
  signal: AbortSignal,
): Promise<SetupOutput<N>> {
  const operation = setupOperations[name];
  const parsed = operation.input.safeParse(input);
  if (!parsed.success) throw invalidInput(parsed.error);
  const { engine } = context;
  if (operation.workspace && engine === null) throw noWorkspace();
  try {
    return await setupImplementations[name](context, parsed.data as SetupInput<N>, signal);
  } catch (error) {
    throw engine === null ? error : catalogError(error, engine.paths.catalog);
  }
}
