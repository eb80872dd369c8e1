/** A workspace over a database server, made by `init` as a person makes it, with the engine over real threads. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { operations, type OperationName, type Output, type ProgressEvent } from '../../engine/contract.ts';
import { dispatch } from '../../engine/doors/dispatch.ts';
import { Engine } from '../../engine/engine.ts';
import { initWorkspace } from '../../engine/operations/init.ts';
import { workerUrls } from '../../workers/urls.ts';
import { builtinModel, expectSoundCatalog, temporaryFolder } from './workspace.ts';

export interface ServerWorkspace {
  readonly folder: string;
  /** Opens the engine, runs one operation, closes it: what one call of the command line does. */
  run<N extends OperationName>(
    name: N,
    input?: unknown,
    onProgress?: (event: ProgressEvent) => void,
  ): Promise<Output<N>>;
}

export async function makeServerWorkspace(url: string, workers = workerUrls): Promise<ServerWorkspace> {
  const folder = join(temporaryFolder(), 'workspace');
  await initWorkspace({ folder, source: url, name: 'source' }, workerUrls);
  onTestFinished(() => expectSoundCatalog(folder));
  return {
    folder,
    async run(name, input = {}, onProgress = () => {}) {
      const access = operations[name].writes ? 'write' : 'read';
      const engine = new Engine({ folder, workers, builtinModel, access, onProgress });
      try {
        return await dispatch(engine, name, input, new AbortController().signal);
      } finally {
        await engine.close();
      }
    },
  };
}
