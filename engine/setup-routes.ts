/** The REST routes of `setup-contract.ts`, below the same address as those of the contract. Inputs go as in `routes.ts`. */
import { requestWith, type RestRequest } from './routes.ts';
import type { SetupOperationName } from './setup-contract.ts';

export interface SetupRoute {
  readonly operation: SetupOperationName;
  /** GET takes its input from the query, POST from a JSON body. */
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
}

export const setupRoutes: readonly SetupRoute[] = [
  get('workspaces', '/workspaces', 'The open workspace and recent ones'),
  post('openWorkspace', '/workspaces/open', 'Open a workspace'),
  post('closeWorkspace', '/workspaces/close', 'Close the open workspace'),
  post('forgetWorkspace', '/workspaces/forget', 'Take a workspace off the list of recent ones'),
  post('createWorkspace', '/workspaces/create', 'Make a workspace for a source, and open it'),
  post('createSample', '/workspaces/sample', 'Make the sample shop with its workspace, and open it'),
  post('changeSample', '/workspaces/sample/change', 'Change the sample shop behind its index’s back'),
  get('files', '/files', 'A folder of the machine that the server runs on'),
  post('probeSource', '/source/probe', 'What a source holds'),
  post('previewTemplate', '/source/preview', 'What a template makes of the first rows'),
  post('estimate', '/source/estimate', 'Time and disk that indexing would take'),
  get('models', '/models', 'Models: built in, downloaded, imported, on offer'),
  post('downloadModel', '/models/download', 'Download a model'),
  post('cancelDownload', '/models/cancel', 'Stop a download; it goes on from there the next time'),
  post('importModel', '/models/import', 'Copy a model folder into the workspace'),
  post('removeModel', '/models/remove', 'Remove a model from the workspace'),
  get('settings', '/settings', 'What can be set, and the configuration file'),
  post('changeSettings', '/settings', 'Change settings'),
  post('renewToken', '/token/renew', 'Make a new access token'),
];

function get(operation: SetupOperationName, path: string, summary: string): SetupRoute {
  return { operation, method: 'GET', path, summary };
}

function post(operation: SetupOperationName, path: string, summary: string): SetupRoute {
  return { operation, method: 'POST', path, summary };
}

/** The request for an operation. */
export function setupRequestFor(
  operation: SetupOperationName,
  input: Readonly<Record<string, unknown>>,
): Omit<RestRequest, 'waits'> {
  const route = setupRoutes.find((candidate) => candidate.operation === operation);
  if (route === undefined) throw new RangeError(`${operation} has no route`);
  return requestWith(route.method, route.path, Object.entries(input));
}
