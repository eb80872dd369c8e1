/** A new workspace for a source, opened at once. */
import { PlumblineError } from '../errors.ts';
import { initWorkspace } from '../operations/init.ts';
import type { SetupInput, Workspaces } from '../setup-contract.ts';
import { parseSource } from '../sources/parse-source.ts';
import { checkNames } from './chosen-types.ts';
import type { SetupContext } from './context.ts';
import { inNamedFolder, inNewFolder } from './new-folder.ts';
import { absolutePath } from './paths.ts';
import { sourceText } from './source.ts';
import { workspaces } from './workspaces.ts';

/** @throws PlumblineError as `initWorkspace`, `SetupContext.open` and a model's name say; then nothing was written. */
export async function createWorkspace(
  context: SetupContext,
  input: SetupInput<'createWorkspace'>,
): Promise<Workspaces> {
  const { interrupt = false, model, entityTypes } = input;
  const { home, workers, startFolder: from } = context;
  context.checkCanLeave(interrupt);
  const source = sourceText(input.source);
  checkNames(entityTypes ?? []);
  const name = input.name?.trim();
  if (name === '') throw emptyName();
  if (model !== undefined) await context.models.place(model);
  const create = async (folder: string): Promise<void> => {
    await initWorkspace({ folder, source, from, name, model, entityTypes }, workers);
    await context.open(folder, interrupt);
  };
  if (input.folder === undefined)
    await inNewFolder(home.workspaces, name ?? parseSource(source, { from }).name, create);
  else await inNamedFolder(absolutePath(input.folder, from), create);
  return workspaces(context);
}

const emptyName = (): PlumblineError =>
  new PlumblineError('INPUT_INVALID', 'name must not be empty', {
    hint: 'Leave it out to name the workspace after its source.',
  });
