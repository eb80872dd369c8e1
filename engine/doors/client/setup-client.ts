/** The operations of the setup contract over fetch, with their types. Runs in browsers, too. */
import { parse } from '../../json.ts';
import {
  setupOperations,
  type SetupInput,
  type SetupOperationName,
  type SetupOutput,
} from '../../setup-contract.ts';
import { setupRequestFor } from '../../setup-routes.ts';
import { sendRequest, type ClientOptions } from './request.ts';

export class SetupClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** @throws PlumblineError what the operation throws; `SERVER_UNREACHABLE`. */
  async call<N extends SetupOperationName>(
    name: N,
    input: SetupInput<N>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<SetupOutput<N>> {
    const { path, method, body } = setupRequestFor(name, input as Readonly<Record<string, unknown>>);
    const response = await sendRequest(this.#options, path, { method, body, signal: options.signal });
    // A newer server may say more.
    return setupOperations[name].output.loose().parse(parse(await response.text())) as SetupOutput<N>;
  }
}
