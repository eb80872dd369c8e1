/** A server without a workspace, in this process, with a home of its own. */
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { SetupClient } from '../../engine/doors/client/setup-client.ts';
import { openHost, type Hosting, type HostingOptions } from '../../engine/doors/http/hosting.ts';
import { PlumblineError } from '../../engine/errors.ts';
import { workerUrls } from '../../workers/urls.ts';
import { restOf, type Rest } from './served.ts';
import { builtinModel, temporaryFolder } from './workspace.ts';

export interface TestHost extends Rest {
  readonly hosting: Hosting;
  readonly setup: SetupClient;
  readonly home: string;
  readonly notices: string[];
}

/** Ends with the test. */
export async function hostHere(options: Partial<HostingOptions> = {}): Promise<TestHost> {
  const home = options.home ?? join(temporaryFolder(), 'home');
  const notices: string[] = [];
  const hosting = await openHost({
    home,
    workers: workerUrls,
    builtinModel,
    port: 0,
    version: '0.0.0-test',
    page: null,
    onNotice: (line) => notices.push(line),
    ...options,
  });
  onTestFinished(async () => {
    await hosting.stop();
  });
  const { url, token } = hosting;
  return { ...restOf({ url, token }), hosting, setup: new SetupClient({ url, token }), home, notices };
}

/** The error that a call ends with. */
export async function errorOf(work: Promise<unknown>): Promise<PlumblineError> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(PlumblineError);
  return error as PlumblineError;
}

/** The code of the error that a call ends with. */
export const codeOf = async (work: Promise<unknown>): Promise<string> => (await errorOf(work)).code;
