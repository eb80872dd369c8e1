/** Every operation of the setup contract by its name. */
import type { SetupInput, SetupOperationName, SetupOutput } from '../setup-contract.ts';
import { cancelDownload, downloadModel, importModel, removeModel } from './change-models.ts';
import type { SetupContext } from './context.ts';
import { createWorkspace } from './create-workspace.ts';
import { estimate } from './estimate.ts';
import { files } from './files.ts';
import { models } from './models.ts';
import { previewTemplate } from './preview-template.ts';
import { changeSample, createSample } from './sample.ts';
import { changeSettings, settings } from './settings.ts';
import { probeSource } from './source.ts';
import { closeWorkspace, forgetWorkspace, openWorkspace, workspaces } from './workspaces.ts';

type Implementations = {
  readonly [N in SetupOperationName]: (
    context: SetupContext,
    input: SetupInput<N>,
    signal: AbortSignal,
  ) => Promise<SetupOutput<N>> | SetupOutput<N>;
};

export const setupImplementations: Implementations = {
  workspaces,
  openWorkspace,
  closeWorkspace,
  forgetWorkspace,
  createWorkspace,
  createSample,
  changeSample,
  files,
  probeSource,
  previewTemplate,
  estimate,
  models,
  downloadModel,
  cancelDownload,
  importModel,
  removeModel,
  settings,
  changeSettings,
  renewToken: (context) => ({ token: context.renewToken() }),
};
