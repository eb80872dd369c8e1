/** One request to the REST door, and what a failed answer means. */
import type { PlumblineError } from '../../errors.ts';
import { parse, stringify } from '../../json.ts';
import { API } from '../../routes.ts';
import { errorOf, unreachable } from './errors.ts';

export interface ClientOptions {
  /** `http://127.0.0.1:8080`, without a path; empty for the page's own server. */
  readonly url: string;
  readonly token: string;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
}

export interface ClientRequest {
  readonly method: string;
  readonly body: object | null;
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * @param path below {@link API}.
 * @throws PlumblineError what a failed answer holds; `SERVER_UNREACHABLE`; the signal's reason on abort.
 */
export async function sendRequest(
  options: ClientOptions,
  path: string,
  { method, body, signal, headers }: ClientRequest,
): Promise<Response> {
  const { url, token, fetch: send = fetch } = options;
  let response: Response;
  try {
    response = await send(`${url}${API}${path}`, {
      method,
      redirect: 'error',
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === null ? {} : { body: stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    throw unreachable(error);
  }
  if (!response.ok) throw await failure(response);
  return response;
}

async function failure(response: Response): Promise<PlumblineError> {
  const text = await response.text();
  try {
    return errorOf(response, parse(text));
  } catch {
    return errorOf(response, null);
  }
}
