/** Workspaces as a person sees them: the open one, recent ones, and going from one to another. */
import { existsSync } from 'node:fs';
import type { SetupInput, Workspaces } from '../setup-contract.ts';
import { workspacePaths } from '../workspace.ts';
import type { SetupContext } from './context.ts';
import { absolutePath, realPath } from './paths.ts';
import { forgetWorkspace as forget, readRecent } from './recent.ts';
import { sampleOf } from './sample-file.ts';

export function workspaces({ home, engine, isPinned }: SetupContext): Workspaces {
  return {
    open:
      engine === null
        ? null
        : {
            folder: engine.paths.root,
            name: engine.config.source.name,
            sample: sampleOf(engine) !== null,
          },
    pinned: isPinned,
    recent: readRecent(home).map((recent) => ({
      ...recent,
      exists: existsSync(workspacePaths(recent.folder).config),
    })),
    defaultFolder: home.workspaces,
  };
}

export async function openWorkspace(
  context: SetupContext,
  { folder, interrupt = false }: SetupInput<'openWorkspace'>,
): Promise<Workspaces> {
  await context.open(absolutePath(folder, context.startFolder), interrupt);
  return workspaces(context);
}

export async function closeWorkspace(
  context: SetupContext,
  { interrupt = false }: SetupInput<'closeWorkspace'>,
): Promise<Workspaces> {
  await context.close(interrupt);
  return workspaces(context);
}

export function forgetWorkspace(
  context: SetupContext,
  { folder }: SetupInput<'forgetWorkspace'>,
): Workspaces {
  // As it was listed first: what is gone has no real path any more.
  forget(context.home, folder);
  forget(context.home, realPath(absolutePath(folder, context.startFolder)));
  return workspaces(context);
}
